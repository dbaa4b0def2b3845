"""Scores of populations and of maps as distributions, against plain definitions; any of them, in any
company."""
import itertools
import unittest

import h5py
import numpy as np

import support
from fitting import FittingTest, finite, flat, others, unvisit

try:
    from scipy.optimize import linprog
except ImportError:
    linprog = None

NAMES = ["corr", "r2", "mse", "neg_emd", "rsa"]


def dissimilarities(patterns):
    """1 - Pearson between all states (rows)."""
    with np.errstate(invalid="ignore"):
        return 1 - np.corrcoef(patterns)


def rsa(one, two):
    """Correlation of the upper triangles of two matrices, without states that have no pattern."""
    keep = (np.ptp(one, axis=1) > 0) & (np.ptp(two, axis=1) > 0)
    upper = np.triu_indices(int(keep.sum()), 1)
    return np.corrcoef(dissimilarities(one[keep])[upper], dissimilarities(two[keep])[upper])[0, 1]


def as_distribution(rates):
    rates = np.maximum(rates, 0)
    return rates / rates.sum()


def emd_on_a_line(one, two, places):
    """The area between the cumulative distributions."""
    order = np.argsort(places)
    difference = np.cumsum((as_distribution(one) - as_distribution(two))[order])
    return np.sum(np.abs(difference[:-1]) * np.diff(places[order]))


def emd_by_linear_program(one, two, distances):
    n = len(one)
    rows = np.kron(np.eye(n), np.ones(n))
    columns = np.kron(np.ones(n), np.eye(n))
    totals = np.concatenate([as_distribution(one), as_distribution(two)])
    solved = linprog(distances.ravel(), A_eq=np.vstack([rows, columns])[:-1], b_eq=totals[:-1])
    assert solved.status == 0, solved.message
    return solved.fun


class ScoresTest(FittingTest):
    def predictions(self, x, y, split, train_frac=0.4):
        """Of ridge: prediction and response on the test states, and which these are."""
        keep = np.flatnonzero(finite(x, y))
        train, test = (keep[part] for part in support.split(len(keep), train_frac, split))
        centred, mean = support.ridge(x[train], y[train], x[test])
        return centred + mean, y[test], test


class Rsa(ScoresTest):
    def setUp(self):
        super().setUp()
        self.members = unvisit(support.animals(3, 7, 8, 5))
        self.members["rat_b"][2, 3] = 4.0  # a state without a pattern
        self.settings = {"data.dataset": self.dataset({"1.0": self.members}), "fit.scores": "rsa",
                         "splits.num_splits": 3}

    def test_a_fitted_map(self):
        paths = self.fit_all({mode: {**self.settings, "splits.train_frac": 0.4,
                                     "source.mode": mode} for mode in ("holdout", "pairwise")})
        for animal, resp in self.members.items():
            y = flat(resp)
            found = support.fit(paths["holdout"], "1.0", animal)["rsa_per_split"]
            expected = [rsa(*self.predictions(others(self.members, animal), y, split)[:2])
                        for split in range(3)]
            self.assert_close(found, np.array(expected), 1e-9, animal)
            found = support.fit(paths["pairwise"], "1.0", animal)
            sources = [flat(r) for name, r in self.members.items() if name != animal]
            expected = np.array([[rsa(*self.predictions(x, y, split)[:2]) for x in sources]
                                 for split in range(3)])
            self.assert_close(found["rsa_per_split"], expected, 1e-9, animal)
            self.assert_close(found["rsa"], expected.mean(axis=0).mean(), 1e-9, animal)

    def test_a_source_as_it_is_on_all_states(self):
        path = self.fit("identity", {**self.settings, "map.regression_type": "identity",
                                     "splits.train_frac": 0, "splits.num_splits": 2})
        for animal, resp in self.members.items():
            x, y = others(self.members, animal), flat(resp)
            keep = finite(x, y)
            found = support.fit(path, "1.0", animal)
            self.assert_close(found["rsa_per_split"], np.full(2, rsa(x[keep], y[keep])), 1e-9,
                              animal)
            self.assertTrue((found["n_train"] == 0).all())
            self.assertTrue((found["n_states"] == keep.sum()).all())

    def test_a_population_without_patterns_is_nan(self):
        members = support.animals(3, 5, 6, 4)
        members["rat_a"][...] = 2.0
        path = self.fit("flat", {"data.dataset": self.dataset({"1.0": members}, "constant.h5"),
                                 "fit.scores": "rsa, corr"})
        self.assertTrue(np.isnan(support.fit(path, "1.0", "rat_a")["rsa"]).all())
        self.assertTrue(np.isfinite(support.fit(path, "1.0", "rat_b")["rsa"]).all())


class NegEmd(ScoresTest):
    def check(self, path, members, distance):
        """`distance(prediction, response, test states)` of a cell."""
        for animal, resp in members.items():
            found = support.fit(path, "1.0", animal)["neg_emd_per_split"]
            for split in range(2):
                predicted, y, test = self.predictions(others(members, animal), flat(resp), split)
                for cell in range(y.shape[1]):
                    expected = -distance(predicted[:, cell], y[:, cell], test)
                    self.assertAlmostEqual(found[cell, split], expected, 9, f"{animal} {cell}")

    def settings(self, members, **more):
        return {"data.dataset": self.dataset({"1.0": members}, **more), "splits.num_splits": 2,
                "splits.train_frac": 0.4, "fit.scores": "neg_emd"}

    def test_on_a_line(self):
        """Of 1 m in 40 bins, as a row and as a column of bins; 40 bins where their size is not
        known."""
        rows = {name: np.maximum(flat(resp), 0)
                for name, resp in support.animals(3, 5, 8, 4).items()}
        known = self.settings(rows)
        unknown = {**known, "data.dataset": self.dataset({"box": rows}, "unknown.h5")}
        paths = self.fit_all({"row": {**known, "splits.shape_2d": "1 x 40"},
                              "column": {**known, "splits.shape_2d": "40x1"},
                              "bins": {**unknown, "splits.shape_2d": "1x40"}})
        for path in (paths["row"], paths["column"]):
            self.check(path, rows, lambda p, y, test: emd_on_a_line(p, y, test / 40))
        with h5py.File(paths["row"]) as metres, h5py.File(paths["bins"]) as bins:
            for animal in rows:
                one = metres[f"fits/1.0/{animal}/neg_emd"]
                two = bins[f"fits/box/{animal}/neg_emd"]
                self.assertEqual((one.attrs["units"], two.attrs["units"]), (b"m", b"bins"))
                self.assert_close(40 * one[()], two[()], 1e-9, animal)

    @unittest.skipUnless(linprog, "scipy is not there")
    def test_in_a_box(self):
        members = {name: np.maximum(resp, 0) for name, resp in support.animals(3, 5, 6, 3).items()}

        def distance(predicted, y, test):
            places = np.stack([test // 6 / 5, test % 6 / 6], axis=1)  # 1 m in 5 and in 6 bins
            apart = np.linalg.norm(places[:, None] - places[None], axis=2)
            return emd_by_linear_program(predicted, y, apart)

        self.check(self.fit("box", self.settings(members)), members, distance)

    def test_what_is_no_distribution_is_nan(self):
        members = support.animals(3, 5, 6, 4)
        members["rat_a"][..., 1] = 0
        members["rat_a"][..., 2] = -1
        path = self.fit("silent", self.settings(members))
        found = support.fit(path, "1.0", "rat_a")["neg_emd"]
        self.assertEqual(np.isnan(found).tolist(), [False, True, True, False])


class AnyScores(ScoresTest):
    def test_none_depends_on_which_others_are_asked_for(self):
        members = unvisit(support.animals(3, 5, 6, 4))
        settings = {"data.dataset": self.dataset({"1.0": members}), "splits.num_splits": 2}
        subsets = [[name] for name in NAMES] + [NAMES[::-1], ["rsa", "corr"], ["mse", "neg_emd"]]
        paths = self.fit_all({"+".join(names): {**settings, "fit.scores": ", ".join(names)}
                              for names in subsets})
        every = paths["+".join(NAMES[::-1])]
        for names in subsets:
            for animal in members:
                found = support.fit(paths["+".join(names)], "1.0", animal)
                expected = support.fit(every, "1.0", animal)
                there = [name for name in NAMES if name in found]
                self.assertEqual(there, [name for name in NAMES if name in names])
                for name, tail in itertools.product(names, ("", "_per_split")):
                    np.testing.assert_array_equal(found[name + tail], expected[name + tail])


if __name__ == "__main__":
    unittest.main()
