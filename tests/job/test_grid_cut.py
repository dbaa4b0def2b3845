"""mec grid where the search of every cell is cut: the same results within what the certificate
allows, the same bytes on any number of ranks, the same lists, and runs that go on in either wave."""
import subprocess
import unittest

import h5py
import numpy as np

import support
from fitting import with_gaps_of_cells
from resuming import ResumeTest
from test_grid import DONE, N_LISTED, GridTest, grid

N_ALPHA, N_L1_RATIO = 19, 13
RANGES = {"grid.alpha": f"geomspace(1e-3, 1e3, {N_ALPHA})",
          "grid.l1_ratio": f"1e-16, linspace(0.1, 1, {N_L1_RATIO - 1})"}
PARTS = 4
# Whose searches take a while, and leave some megabytes.
FINE = {"grid.alpha": "geomspace(1e-3, 1e3, 187)", "grid.l1_ratio": "linspace(0.1, 1, 187)"}


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
                         "grid.keep_scores": "yes", "grid.parts": PARTS, **RANGES}

    def names(self, path):
        with h5py.File(path) as file:
            return support.texts(file["tasks/name"][()])

    def check_like_uncut(self, name, settings, within):
        """Scores are within a tolerance of those of whole searches; returns both files."""
        cut = self.search(f"{name}_cut", settings, ranks=2)
        whole = self.search(f"{name}_whole", {**settings, "grid.parts": 1})
        self.assertEqual(parts(whole), {})
        for animal in self.members:
            ours, theirs = grid(cut, "1.0", animal), grid(whole, "1.0", animal)
            self.assert_close(ours["cv_score"], theirs["cv_score"], within)
            self.assertTrue((ours["status"] == DONE).all())
            np.testing.assert_array_equal(ours["ridge_test_corr"], theirs["ridge_test_corr"])
        return cut, whole

    def test_it_finds_what_an_uncut_search_finds(self):
        cut, whole = self.check_like_uncut("exact", self.settings, 1e-11)
        self.assertEqual(parts(cut)["score"].shape, (10, 2, N_L1_RATIO, N_ALPHA))
        names = self.names(cut)
        self.assertEqual(sum(name.endswith(", part 1 of 4") for name in names), 10)
        self.assertEqual(sum(name.endswith(", joined") for name in names), 10)
        self.assertEqual(len(names), 50)
        self.assertEqual(self.check_choices(cut), 10)
        for animal in self.members:
            ours, theirs = grid(cut, "1.0", animal), grid(whole, "1.0", animal)
            self.assert_close(ours["test_corr"], theirs["test_corr"], 1e-11)
            for name in ("best_alpha", "best_l1_ratio", "n_within_one_se", "on_edge"):
                np.testing.assert_array_equal(ours[name], theirs[name])
        self.assertTrue(np.isnan(grid(cut, "1.0", "rat_b")["best_alpha"][2]).all())

    def test_weights_that_stand_for_others_keep_the_tolerance(self):
        """A gap of 1e-10 ||y||^2 moves predictions by some 1e-5 ||y|| at most."""
        self.check_like_uncut("sklearn", {**self.settings, "grid.certificate": "sklearn",
                                          "grid.tol": "1e-10"}, 1e-4)

    def test_any_number_of_parts(self):
        """As many of every fold; no more than it has l1_ratios."""
        expected = grid(self.search("whole", {**self.settings, "grid.parts": 1}), "1.0", "rat_a")
        for wanted, made in ((2, 2), (3, 4), (10**6, 2 * N_L1_RATIO)):
            path = self.search(f"in_{wanted}", {**self.settings, "grid.parts": wanted})
            self.assertEqual(len(self.names(path)), 10 * (made + 1))
            self.assert_close(grid(path, "1.0", "rat_a")["cv_score"], expected["cv_score"], 1e-11)

    def dry(self, ranks, settings):
        """What a dry run tells below the settings."""
        result = support.run(["grid", self.config, "--dry-run",
                              *[f"{key}={value}" for key, value in settings.items()]], ranks)
        self.assert_done(result)
        return result.out.split("\ntasks:")[1]

    def test_only_searches_of_seconds_are_cut_unasked(self):
        """By folds first, and then as few parts as take no longer than that by the estimate."""
        for n, tasks in ((850, 10), (1000, 10 * 3), (1600, 10 * 5)):
            # Penalties of which every solution is zero: the estimate does not know.
            settings = {**self.settings, "grid.parts": "auto",
                        "grid.alpha": f"geomspace(1e5, 1e6, {n})",
                        "grid.l1_ratio": f"linspace(0.9, 1, {n})"}
            self.assertEqual(self.dry(1, settings).split()[0], str(tasks), n)

    def test_a_dry_run_tells_where_parts_would_help(self):
        fine = {**self.settings, **FINE, "grid.parts": "auto"}
        few = "ranks:   up to 2 have 4 tasks or more each"
        self.assertIn(f"{few}\n", self.dry(2, fine))
        self.assertIn(f"{few}; with [grid] parts = 2, up to 5\n", self.dry(3, fine))
        self.assertIn("up to 7 have 4 tasks or more each\n", self.dry(3, {**fine, "grid.parts": 2}))
        # Where the tasks are as small as they get, it would not.
        self.assertIn("up to 1 have 4 tasks or more each\n",
                      self.dry(3, {**self.settings, "grid.parts": "auto"}))

    def test_the_disk_gets_back_what_parts_have_left(self):
        path = self.search("whole", {**self.settings, **FINE, "grid.keep_scores": "no"})
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
        result = self.attempt("rejected", {**self.settings, "grid.certificate": "sklearn",
                                           "grid.tol": "1e-300"}, 2, job="grid")
        self.assertEqual(result.code, 3, result.err)
        left = parts(self.folder / "rejected.h5")
        joined = [name for name in self.names(self.folder / "rejected.h5")
                  if name.endswith(", joined")]  # in the order of the parts' rows
        n_longer = 0
        for animal in self.members:
            found = grid(self.folder / "rejected.h5", "1.0", animal)
            for split, cell in np.ndindex(found["status"].shape[::-1]):
                at = joined.index(f"1.0/{animal} split {split}, cell {animal}_{cell}, joined")
                self.assertEqual(left["n_rejected"][at].sum(), found["n_rejected"][cell, split])
                listed = left["rejected"][at][left["rejected"][at] >= 0]
                fold, rest = np.divmod(listed, N_ALPHA * N_L1_RATIO)
                order = np.lexsort((-(rest % N_L1_RATIO), -(rest // N_L1_RATIO), fold))
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
        self.check_killed(f"grid.parts={PARTS}", *[f"{key}={value}" for key, value in FINE.items()],
                          kill_on=2, go_on_on=3)


if __name__ == "__main__":
    unittest.main()
