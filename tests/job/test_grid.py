"""mec grid: surfaces against exact ones, what is chosen from them against a plain implementation,
the same bytes on any number of ranks and after a kill, what is refused and what fails."""
import csv
import unittest
from typing import NamedTuple

import h5py
import numpy as np
import xarray

import support
from fitting import FittingTest, finite, flat, others, with_gaps_of_cells
from refusals import Case, RefusalTest
from resuming import ResumeTest
from support import GOLDEN

GOLDEN_GRID = GOLDEN.with_name("grid.h5")
TIE = 1e-9  # scores that differ by no more are equal
DONE, GAP_ABOVE_TOL, NO_STATES = 1, 2, 4  # values of status
N_LISTED = 8

# [grid] of a search that takes no time.
SMALL = {"grid.alpha": "geomspace(1e-2, 1e2, 5), 3", "grid.l1_ratio": "1, linspace(0, 0.5, 3)",
         "grid.keep_scores": "yes"}
ALPHAS = np.array([1e-2, 1e-1, 1, 10, 100, 3])
L1_RATIOS = np.array([1, 0, 0.25, 0.5])


# ---- the same computed here, plainly ----

class Choice(NamedTuple):
    alpha: float
    l1_ratio: float
    score: float
    on_edge: bool


def strongest(allowed, alphas, l1_ratios):
    """Of the pairs in the mask (alphas, l1_ratios) that with the largest alpha, then l1_ratio."""
    return max(np.argwhere(allowed), key=lambda at: (alphas[at[0]], l1_ratios[at[1]]))


def choose(surface, alphas, l1_ratios, sign=1):
    if np.isnan(surface).all():
        return Choice(np.nan, np.nan, np.nan, False)
    i, k = strongest(sign * surface >= np.nanmax(sign * surface) - TIE, alphas, l1_ratios)
    edge = i in (0, len(alphas) - 1) or k in (0, len(l1_ratios) - 1)
    return Choice(alphas[i], l1_ratios[k], surface[i, k], edge)


def solve_net(x, y, alpha, l1_ratio):
    """Weights of an elastic net on centred data, by coordinate descent to the last bits."""
    n, p = x.shape
    gram, product = x.T @ x, x.T @ y
    lam1, lam2 = n * alpha * l1_ratio, n * alpha * (1 - l1_ratio)
    w = np.zeros(p)
    if np.abs(product).max() <= lam1:
        return w
    square = gram.diagonal().tolist()
    for _ in range(100000):
        largest = 0
        for j in range(p):
            if square[j] == 0:
                continue
            pull = product[j] - gram[j] @ w + square[j] * w[j]
            new = np.sign(pull) * max(abs(pull) - lam1, 0) / (square[j] + lam2)
            largest = max(largest, abs(new - w[j]))
            w[j] = new
        if largest <= 1e-14 * np.abs(w).max():
            return w
    raise AssertionError("no convergence")


def score_net(x, y, train, test, alpha, l1_ratio):
    """{score: number} of a fit on some states, on other ones."""
    mean_x, mean_y = x[train].mean(axis=0), y[train].mean()
    w = solve_net(x[train] - mean_x, y[train] - mean_y, alpha, l1_ratio)
    predicted = ((x[test] - mean_x) @ w)[:, None]
    return {name: values[0]
            for name, values in support.scores(y[test][:, None], predicted, mean_y).items()}


def blocks(states, n_fold):
    """[(train, test)]: every contiguous part against the rest, the first ones larger by one."""
    parts = np.array_split(states, n_fold)
    return [(np.concatenate(parts[:k] + parts[k + 1:]), part) for k, part in enumerate(parts)]


def fold_scores(x, y, train, n_fold, name):
    """(folds, alphas, l1_ratios)"""
    return np.array([[[score_net(x, y, fitted, held, alpha, l1_ratio)[name]
                       for l1_ratio in L1_RATIOS] for alpha in ALPHAS]
                     for fitted, held in blocks(train, n_fold)])


# ---- what a run found ----

def grid(path, arena, animal):
    """{name: array} of one target of a run file."""
    with h5py.File(path) as file:
        return {name: item[()] for name, item in file[f"grid/{arena}/{animal}"].items()}


def targets(path):
    with h5py.File(path) as file:
        return [(arena, animal) for arena, members in file["grid"].items()
                if isinstance(members, h5py.Group) for animal in members]


def ranges(path):
    with h5py.File(path) as file:
        return file["grid/alpha"][()], file["grid/l1_ratio"][()]


class GridTest(FittingTest):
    def search(self, name, overrides, ranks=None):
        """The path of the run file NAME.h5."""
        self.assert_done(self.attempt(name, overrides, ranks, job="grid"))
        return self.folder / f"{name}.h5"

    def check_choices(self, path, sign=1):
        """What was chosen follows from the surfaces in the file; returns how many choices."""
        alphas, l1_ratios = ranges(path)
        count = 0
        for arena, animal in targets(path):
            found = grid(path, arena, animal)
            for at in np.ndindex(found["best_alpha"].shape):
                cell, split, *source = at
                surface = found["cv_score"][(cell, split, slice(None), slice(None), *source)]
                one = {name: values[at] for name, values in found.items()
                       if values.shape == found["best_alpha"].shape}
                self.check_best(one, surface, alphas, l1_ratios, sign)
                self.check_one_se(one, surface, alphas, l1_ratios, sign)
                count += 1
        return count

    def check_best(self, one, surface, alphas, l1_ratios, sign):
        best = choose(surface, alphas, l1_ratios, sign)
        np.testing.assert_array_equal(
            [one["best_alpha"], one["best_l1_ratio"], one["best_cv_score"], one["on_edge"]],
            list(best))

    def check_one_se(self, one, surface, alphas, l1_ratios, sign):
        """The choice is the strongest of as many of the best points as are counted."""
        n = one["n_within_one_se"]
        pair = [one["one_se_alpha"], one["one_se_l1_ratio"]]
        if n == 0:
            self.assertTrue(np.isnan(pair).all())
            return
        least = np.sort((sign * surface)[np.isfinite(surface)])[-n]
        within = sign * surface >= least
        self.assertEqual(within.sum(), n)
        self.assertLessEqual(least, sign * one["best_cv_score"])
        i, k = strongest(within, alphas, l1_ratios)
        self.assertEqual(pair, [alphas[i], l1_ratios[k]])


class Golden(GridTest):
    def test_surfaces_are_the_exact_ones(self):
        path = self.search("golden", {
            "data.dataset": f"{GOLDEN}:/dataset", "data.arenas": "1.0", "grid.tol": "1e-9",
            "grid.alpha": "geomspace(1e-9, 1e9, 9)", "grid.keep_scores": "yes",
            "grid.l1_ratio": "1e-16, linspace(0.01, 1.0, 9)"}, ranks=2)
        off, same = [], []
        with h5py.File(GOLDEN_GRID) as file:
            np.testing.assert_allclose(ranges(path)[0], file["alpha"], rtol=1e-14)
            np.testing.assert_allclose(ranges(path)[1], file["l1_ratio"], rtol=1e-14)
            for animal, wanted in file["1.0"].items():
                found = grid(path, "1.0", animal)
                self.assert_close(found["cv_score"], wanted["cv_score"][()], 1e-6, animal)
                off.append(np.abs(found["cv_score"] - wanted["cv_score"][()]).ravel())
                self.assert_close(found["best_cv_score"], wanted["best_cv_score"][()], 1e-6)
                self.assertLessEqual(found["largest_relative_gap"].max(), 1e-9)
                self.assertTrue((found["status"] == DONE).all())
                self.assertTrue((found["n_rejected"] == 0).all())
                self.assertTrue((found["rejected"] == -1).all())
                alike = np.isclose(found["best_alpha"], wanted["best"][..., 0], rtol=1e-9) \
                    & np.isclose(found["best_l1_ratio"], wanted["best"][..., 1], rtol=1e-9)
                self.assert_close(found["test_corr"][alike], wanted["test_corr"][()][alike], 1e-6)
                self.assert_close(found["corr"], support.nanmean(found["test_corr"], 1), 1e-15)
                same.append(alike.ravel())
        off, same = np.concatenate(off), np.concatenate(same)
        self.assertGreater((off[np.isfinite(off)] <= 1e-8).mean(), 0.9)
        self.assertGreater(same.mean(), 0.9)  # elsewhere a stronger penalty has an equal score
        self.assertEqual(self.check_choices(path), same.size)


# ---- small searches ----

def members_with_a_constant():
    members = with_gaps_of_cells(7, 8, 3)
    members["rat_b"][..., 1] = 3  # as a source and as a target
    return members


class SmallTest(GridTest):
    """Cells that lack different bins."""

    def setUp(self):
        super().setUp()
        self.members = members_with_a_constant()
        self.settings = {"data.dataset": self.dataset({"1.0": self.members}),
                         "splits.num_splits": 2, "splits.train_frac": "0.6",
                         "grid.tol": "1e-11", **SMALL}

    def kinds(self):
        """{kind of source: settings}"""
        response = self.folder / "response.h5"
        with h5py.File(response, "w") as file:
            file["units"] = support.responses(801, 7, 8, 6)
        return {"holdout": {}, "pairwise": {"source.mode": "pairwise"},
                "response": {"source.kind": "response", "source.response": f"{response}:/units"}}


class Small(SmallTest):
    def check_against_plain(self, name, n_fold, animal, cells):
        sign = -1 if name == "mse" else 1
        path = self.search(name, {**self.settings, "grid.cv_score": name, "grid.folds": n_fold})
        np.testing.assert_allclose(ranges(path)[0], ALPHAS, rtol=1e-14)
        np.testing.assert_array_equal(ranges(path)[1], L1_RATIOS)
        self.check_choices(path, sign)
        found = grid(path, "1.0", animal)
        x = others(self.members, animal)
        for cell in cells:
            y = flat(self.members[animal])[:, cell]
            keep = finite(x, y[:, None])
            for split in range(2):
                train, test = support.split(int(keep.sum()), 0.6, split)
                one = {key: values[cell, split] for key, values in found.items()
                       if values.shape[:2] == found["status"].shape}
                scores = fold_scores(x[keep], y[keep], train, n_fold, name)
                self.check_plain(one, scores, sign)
                self.check_refit(one, x[keep], y[keep], train, test)

    def check_plain(self, one, scores, sign):
        surface = support.nanmean(scores, 0)
        self.assert_close(one["cv_score"], surface, 1e-7)
        i = int(np.argmin(np.abs(ALPHAS - one["best_alpha"])))
        k = int(np.argmin(np.abs(L1_RATIOS - one["best_l1_ratio"])))
        of_best = scores[:, i, k][np.isfinite(scores[:, i, k])]
        if len(of_best) < 2:
            self.assertEqual(one["n_within_one_se"], 0)
            return
        se = of_best.std(ddof=1) / np.sqrt(len(of_best))
        above = sign * surface - (sign * surface[i, k] - se)
        self.assertGreater(np.nanmin(np.abs(above)), 1e-6)  # so that rounding decides nothing
        self.assertEqual(one["n_within_one_se"], (above >= 0).sum())

    def check_refit(self, one, x, y, train, test):
        wanted = score_net(x, y, train, test, one["best_alpha"], one["best_l1_ratio"])
        self.assert_close(one["test_corr"], wanted["corr"], 1e-7)

    def test_correlation_against_a_plain_search(self):
        self.check_against_plain("corr", 2, "rat_a", (0, 2))

    def test_r2_against_a_plain_search(self):
        self.check_against_plain("r2", 3, "rat_c", (0, 1))

    def test_squared_errors_against_a_plain_search(self):
        self.check_against_plain("mse", 4, "rat_b", (0, 3))

    def test_constant_targets_have_no_choice(self):
        found = grid(self.search("constant", self.settings), "1.0", "rat_b")
        for name in ("best_alpha", "best_l1_ratio", "best_cv_score", "test_corr", "one_se_alpha",
                     "one_se_l1_ratio", "cv_score", "corr"):
            self.assertTrue(np.isnan(found[name][1]).all(), name)
            self.assertTrue(np.isfinite(found[name][0]).any(), name)
        self.assertTrue((found["status"] == DONE).all())
        self.assertTrue((found["largest_relative_gap"][1] == 0).all())
        for name in ("n_within_one_se", "on_edge", "n_rejected"):
            self.assertTrue((found[name][1] == 0).all(), name)

    def test_more_folds_than_train_states(self):
        settings = {**self.settings, "grid.folds": "30"}
        path = self.search("folds", {**settings, "splits.train_frac": "0.4"})
        self.assertEqual(support.run(["show", "--status", path]).code, 0)
        for animal in self.members:
            found = grid(path, "1.0", animal)
            self.assertTrue((found["status"] == NO_STATES).all())
            for name in ("best_alpha", "best_l1_ratio", "best_cv_score", "test_corr", "corr",
                         "cv_score", "largest_relative_gap", "one_se_alpha", "one_se_l1_ratio"):
                self.assertTrue(np.isnan(found[name]).all(), name)
            self.assertTrue((found["n_within_one_se"] == 0).all())
            self.assertTrue((found["rejected"] == -1).all())

    def test_the_same_bytes_on_any_number_of_ranks(self):
        for kind, settings in self.kinds().items():
            settings = {**self.settings, **settings, "splits.keep": "yes"}
            expected = support.arrays(self.search(f"{kind}_1", settings))
            for ranks in (1, 2, 3):
                path = self.search(f"{kind}_{ranks}_ranks", settings, ranks)
                self.assert_same(path, expected)
            self.check_choices(path)

    def test_surfaces_may_be_left_out(self):
        kept = support.arrays(self.search("kept", self.settings))
        path = self.search("plain", {**self.settings, "grid.keep_scores": "no"})
        found = support.arrays(path)
        left_out = {name.rsplit("/", 1)[1] for name in kept if name not in found}
        self.assertEqual(left_out, {"cv_score", "alpha", "l1_ratio"})
        for name in found:
            self.assertTrue(found[name] == kept[name], name)

    def test_the_map_of_other_jobs_changes_nothing(self):
        one = self.search("one", self.settings)
        other = self.search("other", {**self.settings, "map.alpha": "7", "fit.scores": "r2"})
        self.assert_same(other, {**support.arrays(one), **{
            name: values for name, values in support.arrays(other).items()
            if not name.startswith("/grid/")}})

    def test_the_dry_run_prints_a_job_file_that_does_the_same(self):
        output = self.folder / "again.h5"
        before = sorted(self.folder.iterdir())
        given = [f"{key}={value}" for key, value in self.settings.items()]
        dry = support.run(["grid", self.config, "--dry-run", f"run.output={output}", *given])
        self.assert_done(dry)
        self.assertIn("nothing was written", dry.out)
        self.assertEqual(sorted(self.folder.iterdir()), before)
        text, rest = dry.out.split("\ntasks:")
        self.assertIn("2 splits, 24 combinations, 2 folds", rest)
        printed = self.folder / "printed.ini"
        printed.write_text(text)
        self.assert_done(support.run(["grid", printed]))
        self.assert_same(self.search("given", self.settings), support.arrays(output))

    def test_an_absurd_value_fails_searches_not_the_run(self):
        members = support.animals(3, 6, 7, 3)
        members["rat_a"][2, 3, 0] = 1e200
        dataset = self.dataset({"1.0": members}, "data_absurd.h5")
        settings = {**self.settings, "data.dataset": dataset}
        result = self.attempt("absurd", settings, job="grid")
        self.assertIn(result.code, (0, 3), result.err)
        failed = []
        for animal in members:
            found = grid(self.folder / "absurd.h5", "1.0", animal)
            self.assertTrue(np.isnan(found["test_corr"][found["status"] != DONE]).all())
            failed.append((found["status"] != DONE) | (found["n_rejected"] > 0))
        self.assertEqual(result.code, 3 if any(map(np.any, failed)) else 0)

    def test_penalties_next_to_nothing_come_to_an_end(self):
        settings = {**self.settings, "grid.alpha": "1e308, 1e-308, 1e-320",
                    "grid.l1_ratio": "0, 1e-300, 1"}
        result = self.attempt("extreme", settings, job="grid", timeout=30)
        self.assertIn(result.code, (0, 3), result.err)

    def test_xarray_finds_labelled_arrays(self):
        path = self.search("pairwise", {**self.settings, "source.mode": "pairwise"})
        each = ("cell", "split", "source")
        with xarray.open_dataset(path, engine="h5netcdf", group="/grid/1.0/rat_a") as found:
            self.assertEqual(found["cv_score"].dims,
                             ("cell", "split", "alpha", "l1_ratio", "source"))
            self.assertEqual(found["rejected"].dims, ("cell", "split", "source", "listed"))
            self.assertEqual(found["corr"].dims, ("cell",))
            for name in ("best_alpha", "best_l1_ratio", "best_cv_score", "test_corr",
                         "largest_relative_gap", "one_se_alpha", "one_se_l1_ratio",
                         "n_within_one_se", "on_edge", "status", "n_rejected"):
                self.assertEqual(found[name].dims, each, name)
            np.testing.assert_allclose(found["alpha"].values, ALPHAS, rtol=1e-14)
            np.testing.assert_array_equal(found["l1_ratio"].values, L1_RATIOS)
            labels = [v.decode() if isinstance(v, bytes) else v for v in found["source"].values]
            self.assertEqual(labels, ["rat_b", "rat_c"])
            at = found["cv_score"].sel(alpha=100, l1_ratio=0).isel(cell=1, split=0, source=1)
            self.assertEqual(float(at), grid(path, "1.0", "rat_a")["cv_score"][1, 0, 4, 1, 1])
            mean = found["test_corr"].isel(cell=1).mean("split").mean("source")
            self.assertAlmostEqual(float(mean), float(found["corr"][1]), 12)
            for name in found.variables:
                self.assertTrue(found[name].attrs["long_name"], name)


# ---- what was chosen as parameters of a fit ----

class Parameters(SmallTest):
    def write_choices(self, path, rows):
        with open(path, "w", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(["cell_id", "split", "source", "alpha", "l1_ratio"])
            writer.writerows(rows)

    def rows(self, path):
        """Of every choice that was made."""
        for arena, animal in targets(path):
            found = grid(path, arena, animal)
            for at in np.argwhere(np.isfinite(found["best_alpha"])):
                cell, split, *source = at
                name = found["source"][source[0]].decode() if source else "*"
                yield [found["cell_ids"][cell].decode(), split, name,
                       repr(float(found["best_alpha"][tuple(at)])),
                       repr(float(found["best_l1_ratio"][tuple(at)]))]

    def check(self, kind, settings, certificate, tol):
        settings = {**{k: v for k, v in self.settings.items() if not k.startswith("grid.")},
                    **settings}
        path = self.search(f"{kind}_grid", {**settings, **SMALL, "grid.tol": tol,
                                            "grid.certificate": certificate})
        cells = self.folder / f"{kind}.csv"
        rows = list(self.rows(path))
        self.write_choices(cells, rows)
        fit = self.fit(f"{kind}_fit", {
            **settings, "map.regression_type": "ElasticNet", "map.certificate": certificate,
            "map.tol": tol, "map.per_cell": cells}, ranks=2)
        count = 0
        for arena, animal in targets(path):
            found, fitted = grid(path, arena, animal), support.fit(fit, arena, animal)
            chosen = np.isfinite(found["best_alpha"])
            np.testing.assert_array_equal(found["test_corr"][chosen],
                                          fitted["corr_per_split"][chosen])
            self.assertTrue(np.isnan(found["test_corr"][~chosen]).all())
            count += chosen.sum()
        self.assertEqual(count, len(rows))
        self.assertGreater(count, 20)

    def test_a_fit_with_what_was_chosen_has_the_same_scores(self):
        cases = {"holdout": ("objective", "1e-9"), "pairwise": ("sklearn", "auto"),
                 "response": ("objective", "auto")}
        for kind, settings in self.kinds().items():
            with self.subTest(kind):
                self.check(kind, settings, *cases[kind])


# ---- points that are not accepted ----

class Rejected(SmallTest):
    def check_rejected(self, name, settings):
        """Exit 3, said once, the same when asked again; returns the path."""
        settings = {**self.settings, "grid.certificate": "sklearn", "grid.tol": "1e-300",
                    **settings}
        path = self.folder / f"{name}.h5"
        first = self.attempt(name, settings, 2, job="grid")
        self.assertEqual(first.code, 3, first.err)
        self.assertIn("n_rejected", self.one_line_of_failure(first.err))
        self.assert_no_leftovers(path)
        before = path.read_bytes()
        again = self.attempt(name, settings, job="grid")
        self.assertEqual((again.code, again.out), (3, first.out), again.err)
        self.assertEqual(path.read_bytes(), before)
        self.assertEqual(support.run(["show", "--status", path]).code, 3)
        with h5py.File(path) as file:
            self.assertEqual(int(file["status"][0]), 3)
        return path

    def points(self, animal, cell, split):
        """Positions of the points whose weights are not zero, in the order of the search: by
        falling alpha, then l1_ratio."""
        x, y = others(self.members, animal), flat(self.members[animal])[:, cell]
        keep = finite(x, y[:, None])
        train, _ = support.split(int(keep.sum()), 0.6, split)
        found = []
        for fold, (fitted, _) in enumerate(blocks(train, 2)):
            here = x[keep][fitted], y[keep][fitted]
            product = np.abs((here[0] - here[0].mean(axis=0)).T @ (here[1] - here[1].mean())).max()
            for i in np.argsort(-ALPHAS):
                found += [(fold * len(ALPHAS) + i) * len(L1_RATIOS) + k
                          for k in np.argsort(-L1_RATIOS)
                          if product > len(fitted) * ALPHAS[i] * L1_RATIOS[k]]
        return found

    def test_they_are_counted_and_listed(self):
        path = self.check_rejected("corr", {})
        for animal in self.members:
            found = grid(path, "1.0", animal)
            for cell, split in np.ndindex(found["status"].shape):
                wanted = self.points(animal, cell, split)
                n, listed = found["n_rejected"][cell, split], found["rejected"][cell, split]
                if (animal, cell) == ("rat_b", 1):
                    wanted = []  # constant
                self.assertLessEqual(n, len(wanted))  # rounding makes many a gap 0
                self.assertEqual(n > 0, len(wanted) > 0)
                positions = [wanted.index(at) for at in listed[:n]]
                self.assertEqual(positions, sorted(set(positions)))
                self.assertTrue((listed[n:] == -1).all())
                accepted = np.isfinite(found["cv_score"][cell, split]).any()
                failed = found["status"][cell, split] == GAP_ABOVE_TOL
                if not accepted:
                    self.assertEqual(failed, n > 0)
                if failed:
                    self.assertTrue(np.isnan(found["test_corr"][cell, split]))
            self.assertTrue((np.nan_to_num(found["largest_relative_gap"]) <= 1e-300).all())

    def test_the_others_are_chosen_from(self):
        """Squared errors: weights of zero are exact and have a score."""
        path = self.check_rejected("mse", {"grid.cv_score": "mse"})
        self.check_choices(path, -1)
        found = grid(path, "1.0", "rat_a")
        self.assertTrue((found["status"] == DONE).any())
        self.assertTrue((found["n_rejected"] > N_LISTED).any())


# ---- killed ----

class Resumed(ResumeTest):
    job = "grid"

    @classmethod
    def make_reference(cls, folder):
        """Every test has its own; cells lack different bins."""
        cls.data = support.write_dataset(folder / "gaps.h5", {"1.0": with_gaps_of_cells(9, 9, 4)})

    @classmethod
    def write_config(cls, path, output):
        return support.write_config(
            path, output, cls.data, splits_num_splits=120, splits_train_frac=0.5,
            run_flush_seconds=0.02, run_log_seconds=0.02, grid_keep_scores="yes",
            grid_alpha="geomspace(1e-4, 1e3, 15)", grid_l1_ratio="1e-16, linspace(0.01, 1, 9)")

    def test_holdout(self):
        self.check_killed(kill_on=2, go_on_on=3)

    def test_pairwise(self):
        self.check_killed("source.mode=pairwise", "splits.num_splits=60", "grid.folds=3",
                          kill_on=3, go_on_on=None)

    def test_response(self):
        with h5py.File(self.folder / "response.h5", "w") as file:
            file["units"] = support.responses(801, 9, 9, 12)
        self.check_killed("source.kind=response",
                          f"source.response={self.folder}/response.h5:/units",
                          "splits.keep=yes", kill_on=None, go_on_on=2)


# ---- refused ----

GOOD = "[run]\noutput = out.h5\n[data]\ndataset = good.h5\n[grid]\n"


def refused(text, *says, section=""):
    def prepare(folder):
        support.write_dataset(folder / "good.h5", {"1.0": support.animals()})
        (folder / "grid.ini").write_text(f"{GOOD}{section}{text}\n")
    return Case(text, ["grid", "grid.ini"], says, prepare)


def bad_list(key, value, found=None):
    return refused(f"{key} = {value}", f"grid.ini:6: [grid] {key}: found \"{found or value}\"",
                   "geomspace(first, last, count)", "linspace(first, last, count)")


REFUSED = [bad_list("alpha", value) for value in (
    "", "much", "1 2", "nan", "inf", ",", "geomspace(1, 2)", "geomspace(0, 1, 3)",
    "geomspace(-1, 1, 3)", "geomspace(1, 1e400, 3)", "linspace(0, 1, 0)", "linspace(0, 1, 2.5)",
    "linspace(0, 1, 3, 4)", "linspace(0, 1, 3", "linspace(0, 1, 3) 4", "linspace(0, inf, 3)",
    "linspace()", "logspace(1, 2, 3)", "linspace(0, 1, 100001)")] + [
    bad_list("alpha", "1, two, 3", "two"),
    bad_list("l1_ratio", "0.5, half", "half"),
    refused("alpha = 1e-3, -1", "grid.ini:6: [grid] alpha: found -1", "0 or more"),
    refused("alpha = linspace(-1, 1, 4)", "grid.ini:6: [grid] alpha: found -1", "0 or more"),
    refused("l1_ratio = 0.5, 1.5", "grid.ini:6: [grid] l1_ratio: found 1.5", "from 0 to 1"),
    refused("l1_ratio = -0.1", "grid.ini:6: [grid] l1_ratio: found -0.1", "from 0 to 1"),
    refused("l1_ratio = linspace(0, 2, 3)", "grid.ini:6: [grid] l1_ratio: found 2"),
    refused("alpha = linspace(0, 1, 100000)\nl1_ratio = linspace(0, 1, 100000)",
            "grid.ini:6: [grid] alpha", "100000 values of l1_ratio", "at most 2147483647"),
    refused("folds = 1", "grid.ini:6: [grid] folds", 'found "1"', "[2, 1000000]"),
    refused("folds = 2.5", "grid.ini:6: [grid] folds", 'found "2.5"'),
    refused("folds =", "grid.ini:6: [grid] folds", 'found ""'),
    refused("cv_score = rsa", "[grid] cv_score", "accepted: one of: corr r2 mse"),
    refused("certificate = none", "[grid] certificate", "sklearn objective"),
    refused("tol = 0", "[grid] tol", 'found "0"'),
    refused("tol = -1e-6", "[grid] tol", 'found "-1e-6"'),
    refused("keep_scores = some", "[grid] keep_scores", "accepted: yes or no"),
    refused("alphas = 1", "alphas in [grid]", "nearest: alpha"),
    refused("alpha = 1\nalpha = 2", "grid.ini:7: [grid] alpha", "twice"),
    refused("train_frac = 0", "grid.ini:7: [splits] train_frac", "no state to train on",
            section="[splits]\n"),
]


class Refused(RefusalTest):
    ranks = (3,)

    def test_lists_of_penalties_and_other_settings(self):
        self.check(REFUSED)


if __name__ == "__main__":
    unittest.main()
