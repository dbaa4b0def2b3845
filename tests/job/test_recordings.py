"""mec fit on recordings of real animals against a plain NumPy implementation of the same fits.

The recordings are no part of the project. MEC_TEST_DATA names their folder; the tests of files that
are not there are skipped by name.
"""
import os
import unittest
from pathlib import Path

import h5py

import support
from support import JobTest

DATA = Path(os.environ.get("MEC_TEST_DATA", support.PROJECT.parent / "shared" / "data"))


class Recordings(JobTest):
    def check(self, name, arenas=None, mode="holdout", tolerance=1e-9):
        """Every score of every cell and split; returns how many of corr are NaN, of how many."""
        data = DATA / name
        if not data.exists():
            self.skipTest(f"{name} is not in {DATA}")
        with h5py.File(data) as file:
            arenas = arenas or list(file)
            recorded = {arena: {animal: group["resp"][()] for animal, group in file[arena].items()}
                        for arena in arenas}
        output = self.folder / "run.h5"
        config = support.write_config(self.folder / "fit.ini", output, data, source_mode=mode,
                                      data_arenas=", ".join(arenas))
        self.assert_done(support.run(["fit", config], ranks=2))
        n_nan = n = 0
        for arena, members in recorded.items():
            for animal, by_score in support.consistency(members, mode).items():
                found = support.fit(output, arena, animal)
                for score, values in by_score.items():
                    # mse is in Hz^2, with values far above 1
                    scale = max(1.0, values.max(initial=0)) if score == "mse" else 1.0
                    self.assert_close(found[f"{score}_per_split"] / scale, values / scale,
                                      tolerance, f"{name} {mode} {arena} {animal} {score}")
                n_nan += (by_score["corr"] != by_score["corr"]).sum()
                n += by_score["corr"].size
        return n_nan, n

    def test_ca1_holdout(self):
        self.check("ca1_five_rats.h5")

    def test_ca1_pairwise(self):
        self.check("ca1_five_rats.h5", mode="pairwise")

    def test_open_field_with_unvisited_bins_holdout(self):
        self.check("open_field.h5")

    def test_open_field_with_unvisited_bins_pairwise(self):
        self.check("open_field.h5", mode="pairwise")

    def test_few_cells_holdout(self):
        self.check("mec_few_cells.h5")

    def test_few_cells_pairwise(self):
        self.check("mec_few_cells.h5", mode="pairwise")

    def test_a_room_with_many_silent_cells_holdout(self):
        n_nan, n = self.check("ca3_rooms.h5", ["novel3"])
        self.assertGreater(n_nan, n / 10)
        self.assertLess(n_nan, n)

    def test_a_room_with_many_silent_cells_pairwise(self):
        self.check("ca3_rooms.h5", ["novel5"], mode="pairwise")


if __name__ == "__main__":
    unittest.main()
