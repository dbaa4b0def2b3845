"""Settings of the maps: which keys each takes, job files that the dry run prints, fits that fail."""
import unittest

import h5py
import numpy as np

import support
from fitting import FittingTest, flat, others
from maps import MAPS, of_map
from refusals import Case, RefusalTest


class EveryMap(FittingTest):
    def setUp(self):
        super().setUp()
        members = support.animals(3, 7, 8, 5)
        members["rat_a"][2, 3] = np.nan
        self.settings = {"data.dataset": self.dataset({"1.0": members}), "splits.num_splits": 3,
                         "splits.train_frac": 0.5}

    def test_the_dry_run_prints_a_job_file_that_does_the_same(self):
        dry = {}
        for name, keys in MAPS.items():
            output = self.folder / f"{name}_again.h5"
            given = {**self.settings, **of_map(keys), "run.output": output}
            result = support.run(["fit", self.config, "--dry-run",
                                  *(f"{key}={value}" for key, value in given.items())])
            self.assert_done(result)
            self.assertFalse(output.exists())
            dry[name] = self.folder / f"{name}.ini"
            dry[name].write_text(result.out[:result.out.index("tasks:")])
        paths = self.fit_all({name: {**self.settings, **of_map(keys)}
                              for name, keys in MAPS.items()})
        for name, path in paths.items():
            with self.subTest(name):
                self.assert_done(support.run(["fit", dry[name]]))
                self.assert_same(self.folder / f"{name}_again.h5", support.arrays(path))

    def test_the_same_bytes_on_any_number_of_ranks(self):
        paths = {ranks: self.fit_all({f"{name}_{ranks}": {**self.settings, **of_map(keys)}
                                      for name, keys in MAPS.items() if name != "ridge"},
                                     ranks) for ranks in (1, 2, 3)}
        for name in MAPS:
            if name != "ridge":
                expected = support.arrays(paths[1][f"{name}_1"])
                for ranks in (2, 3):
                    self.assert_same(paths[ranks][f"{name}_{ranks}"], expected)

    def test_an_absurd_value_fails_fits_not_the_run(self):
        members = support.animals(3, 6, 7, 4)
        members["rat_a"][2, 3, 0] = 1e200
        dataset = self.dataset({"1.0": members}, "absurd")
        for name, keys in MAPS.items():
            with self.subTest(name):
                path = self.folder / f"{name}.h5"
                settings = {**self.settings, "data.dataset": dataset, **of_map(keys)}
                result = support.run(["fit", self.config, f"run.output={path}",
                                      *(f"{key}={value}" for key, value in settings.items())])
                self.assertIn(result.code, (0, 3), result.err)
                with h5py.File(path) as run:
                    animals = run["/fits/1.0"].values()
                    status = np.concatenate([animal["status"][:] for animal in animals])
                    scores = np.concatenate([animal["corr_per_split"][:] for animal in animals])
                self.assertTrue(np.isin(status, (1, 2, 3)).all(), status)
                self.assertTrue(np.isnan(scores[status > 1]).all(), scores)
                self.assertEqual(result.code, 3 if (status > 1).any() else 0)

    def test_a_key_that_the_map_lacks_may_have_its_default(self):
        plain = {**self.settings, "map.regression_type": "LinearRegression"}
        paths = self.fit_all({
            "plain": plain,
            "told": {**plain, "map.alpha": "1", "map.l1_ratio": "0.5", "map.tol": "auto",
                     "map.percentile": "100"}})
        self.assert_same_scores(paths["told"], paths["plain"])

    def test_what_changes_nothing_is_understood(self):
        plain = {**self.settings, "map.regression_type": "MultiTaskLasso", "map.alpha": "0.1"}
        paths = self.fit_all({"plain": plain, "other": {**plain, "map.warm_start": "yes",
                                                        "map.selection": "random"}})
        self.assert_same_scores(paths["other"], paths["plain"])


class FailedFits(FittingTest):
    def setUp(self):
        super().setUp()
        self.members = support.animals(3, 5, 6, 4)
        self.settings = {"data.dataset": self.dataset({"1.0": self.members}),
                         "splits.num_splits": 2}

    def check_failed(self, name, settings, status):
        """Exit 3, said once, the same when asked again; returns the groups of the animals."""
        output = self.folder / f"{name}.h5"
        first = self.attempt(name, settings, 2)
        self.assertEqual(first.code, 3, first.err)
        self.assertIn("fits failed", self.one_line_of_failure(first.err))
        self.assert_no_leftovers(output)
        before = output.read_bytes()
        for ranks in (None, 2):
            again = self.attempt(name, settings, ranks)
            self.assertEqual(again.code, 3, again.err)
            self.assertEqual(again.out, first.out)
            self.assertEqual(output.read_bytes(), before)
        shown = support.run(["show", "--status", output])
        self.assertEqual(shown.code, 3, shown.err)
        with h5py.File(output) as file:
            self.assertEqual(int(file["status"][0]), 3)
        return [support.fit(output, "1.0", animal) for animal in self.members]

    def check_nan(self, found, failed):
        for score in ("corr", "r2", "mse"):
            np.testing.assert_array_equal(np.isnan(found[f"{score}_per_split"]), failed)

    def test_more_components_than_train_states(self):
        """6 train states have 5 dimensions."""
        for found in self.check_failed("pls", {**self.settings, "map.type": "pls",
                                               "map.n_components": "7"}, 3):
            self.assertTrue((found["status"] == 3).all())
            self.check_nan(found, np.ones((len(found["cell"]), 2), bool))

    def test_some_cells_alone(self):
        cells = self.folder / "cells.csv"
        cells.write_text("cell_id,split,n_components\nrat_b_1,1,9\n")
        for found in self.check_failed("cells", {**self.settings, "map.type": "pls",
                                                 "map.n_components": "2",
                                                 "map.per_cell": cells}, 3):
            failed = found["status"] == 3
            self.assertEqual(failed.sum(), b"rat_b_1" in found["cell_ids"])
            self.assertTrue((found["status"][~failed] == 1).all())
            self.check_nan(found, failed)

    def test_a_gap_that_no_solver_reaches(self):
        for regression in ("MultiTaskLasso", "ElasticNet"):
            groups = self.check_failed(regression, {**self.settings, "map.alpha": "0.01",
                                                    "map.regression_type": regression,
                                                    "map.tol": "1e-300"}, 2)
            self.assertTrue(any((found["status"] == 2).any() for found in groups))
            for found in groups:
                failed = found["status"] == 2
                self.assertTrue((found["relative_gap"][failed] > 1e-300).all())
                self.assertTrue((found["relative_gap"] < 1e-9).all())
                self.check_nan(found, failed)

    def test_folds_without_states(self):
        """6 train states cannot make 9 folds."""
        for found in self.check_failed("folds", {**self.settings, "map.cv": "9",
                                                 "map.regression_type": "LassoCV"}, 3):
            self.assertTrue((found["status"] == 3).all())
            self.check_nan(found, np.ones((len(found["cell"]), 2), bool))

    def test_a_list_of_l1_ratios_chooses_one(self):
        """Each cell's best of a list is one of those that are alone in it."""
        settings = {**self.settings, "splits.train_frac": 0.7, "map.cv": "3",
                    "map.regression_type": "ElasticNetCV", "map.n_alphas": "6"}
        paths = self.fit_all({ratio: {**settings, "map.l1_ratio": ratio}
                              for ratio in ("0.1", "0.9", "0.1, 0.9")})
        chosen = {"0.1": 0, "0.9": 0}
        for animal in self.members:
            found = {ratio: support.fit(path, "1.0", animal)["mse_per_split"]
                     for ratio, path in paths.items()}
            near = {ratio: np.abs(found[ratio] - found["0.1, 0.9"]) < 1e-9 for ratio in chosen}
            self.assertTrue((near["0.1"] | near["0.9"]).all())
            for ratio in chosen:
                chosen[ratio] += near[ratio].sum()
        self.assertGreater(min(chosen.values()), 0)

    def test_gaps_are_told_relative_to_the_target(self):
        """Of MultiTaskLasso, from the definition: at alpha beyond the largest all weights are 0,
        and the gap is 0."""
        path = self.fit("zero", {**self.settings, "map.regression_type": "MultiTaskLasso",
                                 "map.alpha": "1e6"})
        for animal in self.members:
            found = support.fit(path, "1.0", animal)
            self.assertTrue((found["relative_gap"] <= 1e-12).all())
            self.assertTrue(np.isnan(found["corr_per_split"]).all())  # a constant prediction
            y, n = flat(self.members[animal]), 30
            for split in range(2):
                train, test = support.split(n, 0.2, split)
                expected = ((y[test] - y[train].mean(axis=0)) ** 2).mean(axis=0)
                self.assert_close(found["mse_per_split"][:, split], expected, 1e-9, animal)

    def test_identity_is_the_source_column_by_column(self):
        members = {"rat_a": support.responses(1, 5, 6, 4), "rat_b": support.responses(2, 5, 6, 4),
                   "rat_c": support.responses(3, 5, 6, 8)}
        path = self.fit("identity", {**self.settings, "splits.train_frac": 0,
                                     "data.dataset": self.dataset({"1.0": members}, "i.h5"),
                                     "map.regression_type": "identity"})
        found = support.fit(path, "1.0", "rat_c")
        x, y = others(members, "rat_c"), flat(members["rat_c"])
        expected = [np.corrcoef(a, b)[0, 1] for a, b in zip(x.T, y.T)]
        self.assert_close(found["corr_per_split"][:, 0], np.array(expected), 1e-12)
        self.assertTrue(np.isnan(support.fit(path, "1.0", "rat_a")["corr"]).all())


# ---- what is refused ----

GOOD = "[run]\noutput = out.h5\n[data]\ndataset = good.h5\n[map]\n"


def refused(name, lines, *says, arguments=()):
    """`lines` of [map], from line 6 of fit.ini."""
    def prepare(folder):
        support.write_dataset(folder / "good.h5", {"1.0": support.animals()})
        (folder / "fit.ini").write_text(GOOD + lines)
    return Case(name, ["fit", "fit.ini", *arguments], says, prepare)


REFUSED = [
    refused("alpha of LinearRegression", "regression_type = LinearRegression\nalpha = 2\n",
            "fit.ini:7: ", "[map] alpha", "LinearRegression has no such parameter",
            "accepted: fit_intercept"),
    refused("l1_ratio of Ridge", "l1_ratio = 0.1\n", "fit.ini:6: ", "[map] l1_ratio",
            "Ridge has no such parameter", "accepted: alpha fit_intercept"),
    refused("positive of MultiTaskLasso", "regression_type = MultiTaskLasso\npositive = yes\n",
            "fit.ini:7: ", "[map] positive", "MultiTaskLasso"),
    refused("n_components of Ridge", "n_components = 3\n", "fit.ini:6: ", "[map] n_components"),
    refused("alpha of pls", "type = pls\nn_components = 2\nalpha = 2\n", "fit.ini:8: ",
            "type = pls has no such parameter", "accepted: n_components scale"),
    refused("alpha of corr", "type = corr\nalpha = 2\n", "fit.ini:7: ",
            "type = corr has no such parameter", "accepted: percentile identity"),
    refused("tol of corr with Ridge", "type = corr\nidentity = no\ntol = 0.1\n", "fit.ini:8: ",
            "[map] tol", "accepted: percentile identity alpha"),
    refused("any of identity", "regression_type = identity\nfit_intercept = no\n", "fit.ini:7: ",
            "identity has no such parameter", "accepted: none"),
    refused("pls without components", "type = pls\n", "[map]", "needs n_components",
            "accepted: 1 or more"),
    refused("pls with a regression", "type = pls\nn_components = 2\nregression_type = RidgeCV\n",
            "fit.ini:8: ", "[map] regression_type", "type = pls"),
    refused("a list for one l1_ratio",
            "regression_type = MultiTaskElasticNet\nl1_ratio = 0.1, 0.2\n", "l1_ratio", "2 values",
            "MultiTaskElasticNet", "ElasticNetCV"),
    refused("an l1_ratio above 1", "regression_type = MultiTaskElasticNet\nl1_ratio = 1.5\n",
            "fit.ini:7: ", "[map] l1_ratio", 'found "1.5"'),
    refused("alphas that are none", "regression_type = RidgeCV\nalphas = 1, x\n", "fit.ini:7: ",
            "[map] alphas", 'found "1, x"'),
    refused("an alpha of 0 among alphas", "regression_type = RidgeCV\nalphas = 0, 1\n",
            "fit.ini:7: ", "[map] alphas", 'found "0, 1"'),
    refused("an l1_ratio of 0 without alphas",
            "regression_type = ElasticNetCV\nl1_ratio = 0, 0.5\n", "l1_ratio = 0",
            "alphas given"),
    refused("tol of LassoLars", "regression_type = LassoLars\ntol = 0.1\n", "fit.ini:7: ",
            "LassoLars has no such parameter", "accepted: alpha fit_intercept positive"),
    refused("no train states for Ridge", "", "train_frac = 0", "Ridge", "identity",
            arguments=["splits.train_frac=0"]),
    refused("no train states for pls", "type = pls\nn_components = 2\n", "train_frac = 0",
            "type = pls", arguments=["splits.train_frac=0"]),
    refused("no train states for corr", "type = corr\n", "train_frac = 0", "type = corr",
            arguments=["splits.train_frac=0"]),
    refused("a type that is none", "type = plsr\n", "fit.ini:6: ", "[map] type", "nearest: pls"),
]

SPLITS = [
    refused("no square and no shape", "", "72 states", "no square", "shape_2d",
            arguments=["splits.train_frac=quad"]),
    refused("a shape that does not fit", "", "shape_2d", '"7 x 9"', "72 states",
            arguments=["splits.train_frac=quad", "splits.shape_2d=7 x 9"]),
    refused("a shape that is none", "", "shape_2d", '"8 by 9"',
            arguments=["splits.train_frac=quad", "splits.shape_2d=8 by 9"]),
    refused("neg_emd without bins", "", "72 states", "neg_emd", "shape_2d",
            arguments=["fit.scores=neg_emd"]),
    refused("train_frac beside stored splits", "", "[splits] train_frac", "file",
            arguments=["splits.file=lists.csv", "splits.train_frac=0.3"]),
    refused("stored splits that are not there", "", "lists.csv", "No such file",
            arguments=["splits.file=lists.csv"]),
]
SPLITS = [case._replace(prepare=lambda folder: (
    support.write_dataset(folder / "good.h5", {"1.0": {
        animal: flat(resp) for animal, resp in support.animals().items()}}),
    (folder / "fit.ini").write_text(GOOD))) for case in SPLITS]


def lists(name, text, *says):
    """A file lists.csv of this text."""
    def prepare(folder):
        support.write_dataset(folder / "good.h5", {"1.0": support.animals()})
        (folder / "fit.ini").write_text(GOOD)
        (folder / "lists.csv").write_text(text)
    return Case(name, ["fit", "fit.ini", "splits.file=lists.csv"], ["lists.csv", *says], prepare)


LISTS = [
    lists("empty", "", "empty"),
    lists("no rows", "split,state,set\n", "no row"),
    lists("another column", "split,state,sets\n0,1,train\n", "lists.csv:1: ", '"sets"'),
    lists("a set that is none", "split,state,set\n0,1,both\n", "lists.csv:2: ", '"both"'),
    lists("a state beyond", "split,state,set\n0,1,train\n0,72,test\n", "state 72", "0 to 71"),
    lists("a state twice", "split,state,set\n0,1,train\n0,2,test\n0,1,test\n", "state 1 stands"),
    lists("a split is missing", "split,state,set\n0,1,train\n0,2,test\n2,1,train\n2,2,test\n",
          "split 2", "split 1"),
    lists("no test state", "split,state,set\n0,1,train\n", "split 0", "no test state"),
    lists("no train state", "split,state,set\n0,1,test\n", "split 0", "no train state"),
    lists("only another animal's", "animal,split,state,set\nrat_z,0,1,train\nrat_z,0,2,test\n",
          "animal rat_a", "no lists"),
]


class Refused(RefusalTest):
    ranks = (3,)

    def test_keys_and_values_that_a_map_does_not_take(self):
        self.check(REFUSED)

    def test_splits_that_cannot_be_made(self):
        self.check(SPLITS)

    def test_malformed_lists(self):
        self.check(LISTS)


if __name__ == "__main__":
    unittest.main()
