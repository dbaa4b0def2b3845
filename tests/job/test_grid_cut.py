"""mec grid where cells and splits are so few that the search of each is cut: the same results, bytes
and lists, and runs that go on in either wave."""
import subprocess
import unittest

import h5py
import numpy as np

import support
from fitting import with_gaps_of_cells
from resuming import ResumeTest
from test_grid import DONE, N_LISTED, GridTest, grid

# Few cells and a large grid; every 31st value is in a grid that is too small to be cut.
FINE = {"grid.alpha": "geomspace(1e-3, 1e3, 187)", "grid.l1_ratio": "linspace(0.1, 1, 187)"}
COARSE = {"grid.alpha": "geomspace(1e-3, 1e3, 7)", "grid.l1_ratio": "linspace(0.1, 1, 7)"}
STEP = 31
# By scikit-learn's rule a point takes a third of the time, and a grid is cut where it is larger.
N_FINER = 373
FINER = {"grid.alpha": f"geomspace(1e-3, 1e3, {N_FINER})",
         "grid.l1_ratio": f"linspace(0.1, 1, {N_FINER})"}


def parts(path):
    """{name: array} of what parts have left in a run file."""
    with h5py.File(path) as file:
        return {name: item[()] for name, item in file["parts"].items()} if "parts" in file else {}


class Cut(GridTest):
    def setUp(self):
        super().setUp()
        self.members = support.animals(2, 7, 8, 2)
        self.members["rat_b"][2, 3, 1] = np.nan
        self.members["rat_b"][..., 2] = 3
        self.settings = {"data.dataset": self.dataset({"1.0": self.members}),
                         "splits.num_splits": 2, "splits.train_frac": "0.6", "grid.tol": "1e-9",
                         "grid.keep_scores": "yes", **FINE}

    def test_it_finds_what_an_uncut_search_finds(self):
        fine = self.search("fine", self.settings, ranks=2)
        coarse = self.search("coarse", {**self.settings, **COARSE})
        self.assertEqual(parts(coarse), {})
        self.assertEqual(parts(fine)["score"].shape, (10, 2, 187, 187))
        with h5py.File(fine) as file:
            names = support.texts(file["tasks/name"][()])
        self.assertEqual(sum(name.endswith(", part 1 of 4") for name in names), 10)
        self.assertEqual(sum(name.endswith(", joined") for name in names), 10)
        self.assertEqual(len(names), 50)
        self.assertEqual(self.check_choices(fine), 10)
        for animal in self.members:
            ours, theirs = grid(fine, "1.0", animal), grid(coarse, "1.0", animal)
            self.assert_close(ours["cv_score"][:, :, ::STEP, ::STEP], theirs["cv_score"], 1e-11)
            np.testing.assert_array_equal(ours["ridge_test_corr"], theirs["ridge_test_corr"])
            self.assertTrue((ours["status"] == DONE).all())
        self.assertTrue(np.isnan(grid(fine, "1.0", "rat_b")["best_alpha"][2]).all())

    def test_the_disk_gets_back_what_parts_have_left(self):
        path = self.search("whole", {**self.settings, "grid.keep_scores": "no"})
        apart = self.folder / "apart"  # whether the file system can
        apart.write_bytes(b"1" * 2**20)
        subprocess.run(["fallocate", "-p", "-o", "0", "-l", str(2**20), apart], check=False)
        if apart.stat().st_blocks == 0:
            self.assertLess(512 * path.stat().st_blocks, path.stat().st_size / 4)
            self.assertFalse(parts(path)["score"].any())

    def test_a_fit_with_what_was_chosen_has_the_same_scores(self):
        path = self.search("grid", self.settings)
        fit = self.fit("fit", {"data.dataset": self.settings["data.dataset"],
                               "splits.num_splits": 2, "splits.train_frac": "0.6",
                               "map.per_cell": path})
        for animal in self.members:
            np.testing.assert_array_equal(grid(path, "1.0", animal)["test_corr"],
                                          support.fit(fit, "1.0", animal)["corr_per_split"])

    def test_the_same_bytes_on_any_number_of_ranks(self):
        settings = {**self.settings, "source.mode": "pairwise", "grid.folds": 3}
        expected = support.arrays(self.search("one", settings))
        for ranks in (2, 3):
            self.assert_same(self.search(f"on_{ranks}", settings, ranks), expected)

    def test_points_that_are_not_accepted(self):
        result = self.attempt("rejected", {**self.settings, **FINER, "grid.certificate": "sklearn",
                                           "grid.tol": "1e-300"}, 2, job="grid")
        self.assertEqual(result.code, 3, result.err)
        left = parts(self.folder / "rejected.h5")
        with h5py.File(self.folder / "rejected.h5") as file:
            joined = [name for name in support.texts(file["tasks/name"][()])
                      if name.endswith(", joined")]  # in the order of the parts' rows
        n_longer = 0
        for animal in self.members:
            found = grid(self.folder / "rejected.h5", "1.0", animal)
            for split, cell in np.ndindex(found["status"].shape[::-1]):
                at = joined.index(f"1.0/{animal} split {split}, cell {animal}_{cell}, joined")
                self.assertEqual(left["n_rejected"][at].sum(), found["n_rejected"][cell, split])
                listed = left["rejected"][at][left["rejected"][at] >= 0]
                fold, rest = np.divmod(listed, N_FINER**2)
                order = np.lexsort((-(rest % N_FINER), -(rest // N_FINER), fold))
                np.testing.assert_array_equal(
                    found["rejected"][cell, split][:len(listed)], listed[order][:N_LISTED])
                n_longer += len(listed) > N_LISTED
        self.assertGreater(n_longer, 4)

    def test_going_on_in_the_second_wave(self):
        """A task that joins parts fails; what was joined before and all parts are there."""
        expected = support.arrays(self.search("whole", self.settings))
        name = ["grid", self.config, f"run.output={self.folder}/again.h5",
                *[f"{key}={value}" for key, value in self.settings.items()]]
        failed = support.run(name, env={"MEC_FAULT": "run_file_fetch:0:12"})
        self.assertEqual(failed.code, 1, failed.err)
        with h5py.File(self.folder / "again.h5") as file:
            self.assertEqual(int(file["tasks/done"][()].sum()), 40 + 2)
        result = support.run(name, 2)
        self.assert_done(result)
        self.assertIn("goes on, 42 of 50 tasks are done", result.err)
        self.assert_same(self.folder / "again.h5", expected)


class Killed(ResumeTest):
    job = "grid"

    @classmethod
    def make_reference(cls, folder):
        """The test has its own."""
        cls.data = support.write_dataset(folder / "gaps.h5", {"1.0": with_gaps_of_cells(9, 9, 4)})

    @classmethod
    def write_config(cls, path, output):
        return support.write_config(path, output, cls.data, splits_train_frac=0.5,
                                    splits_num_splits=3, run_flush_seconds=0.02,
                                    run_log_seconds=0.02)

    def test_in_the_first_wave(self):
        self.check_killed(*[f"{key}={value}" for key, value in FINE.items()],
                          kill_on=2, go_on_on=3)


if __name__ == "__main__":
    unittest.main()
