"""mec fit on recordings of real animals against a plain NumPy implementation of the same fits.

The recordings are no part of the project. MEC_TEST_DATA names their folder; the tests of files that
are not there are skipped by name.
"""
import os
import unittest
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import h5py
import numpy as np

import support
from fitting import flat, pearson
from maps import MAPS, of_map
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

    def require(self, *names):
        paths = [DATA / name for name in names]
        for path in paths:
            if not path.exists():
                self.skipTest(f"{path.name} is not in {DATA}")
        return paths

    def test_every_map_runs_to_the_end_on_ca1(self):
        """Without a failed fit, at two splits."""
        data, = self.require("ca1_five_rats.h5")
        config = support.write_config(self.folder / "fit.ini", "", data, splits_num_splits=2)

        def run(name):
            given = [f"{key}={value}" for key, value in of_map(MAPS[name]).items()]
            return support.run(["fit", config, f"run.output={self.folder}/{name}.h5", *given], 2)

        with ThreadPoolExecutor(max_workers=2) as pool:
            results = dict(zip(MAPS, pool.map(run, MAPS)))
        for name, result in results.items():
            with self.subTest(name):
                self.assert_done(result)
                with h5py.File(self.folder / f"{name}.h5") as file:
                    for rat in file["fits/1.0"].values():
                        self.assertTrue((rat["status"][()] == 1).all())
                        self.assertTrue(np.isfinite(rat["mse_per_split"][()]).all())

    def check_halves(self, name, arenas):
        data, *paths = self.require(f"{name}.h5", f"{name}_half1.h5", f"{name}_half2.h5")
        config = support.write_config(self.folder / "fit.ini", self.folder / "run.h5", data,
                                      data_half1=paths[0], data_half2=paths[1],
                                      data_arenas=arenas, splits_num_splits=2)
        self.assert_done(support.run(["fit", config], 2))
        with h5py.File(paths[0]) as half1, h5py.File(paths[1]) as half2, \
                h5py.File(self.folder / "run.h5") as run:
            for arena in run["fits"]:
                for animal, found in run[f"fits/{arena}"].items():
                    maps = [dict(zip(half[f"{arena}/{animal}/cell_ids"].asstr()[()],
                                     flat(half[f"{arena}/{animal}/resp"][()]).T))
                            for half in (half1, half2)]
                    r = np.array([pearson(maps[0][cell], maps[1][cell])
                                  for cell in support.texts(found["cell_ids"][()])])
                    self.assert_close(found["split_half_r"][()], r, 1e-12, animal)
                    with np.errstate(all="ignore"):
                        reliability = 2 * r / (1 + r)
                        corrected = found["corr"][()] / np.sqrt(reliability)
                    corrected[~(reliability > 0)] = np.nan
                    self.assert_close(found["corr_noise_corrected"][()], corrected, 1e-10, animal)

    def test_halves_of_ca1(self):
        self.check_halves("ca1_five_rats", "")

    def test_halves_of_open_field(self):
        self.check_halves("open_field", "")

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
