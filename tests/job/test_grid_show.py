"""mec show, mec show --plot and mec export of the run files of mec grid."""
import io
import unittest

import h5py
import numpy as np
import pandas

import results
import support
from support import JobTest
from test_plot import read_png, svg_texts
from test_show import summary, table

ALPHAS, L1_RATIOS, FOLDS, SPLITS = 5, 3, 2, 2


def ridge_table(text):
    """{(arena, animal): numbers} of the table against Ridge."""
    lines = text.splitlines()
    head = next(i for i, line in enumerate(lines) if line.startswith("test corr of what was chosen"))
    assert lines[head + 1].split() == ["arena", "animal", "cells", "chosen", "Ridge", "gain",
                                       "better"]
    start = lines[head + 1].index("animal")
    rows, arena = {}, ""
    for line in lines[head + 2:]:
        arena = line[:start].strip() or arena
        animal, *numbers = line[start:].split()
        rows[arena, animal] = [float(number) for number in numbers]
    return rows


PENALTIES = ["best_alpha", "best_l1_ratio", "one_se_alpha", "one_se_l1_ratio"]


class GridTest(JobTest):
    def setUp(self):
        super().setUp()
        silent = support.animals()
        silent["rat_b"][:, :, 2] = 0
        self.data = support.write_dataset(
            self.folder / "data.h5", {"1.0": support.animals(4, seed=300), "open field": silent})
        self.output = self.folder / "grid.h5"
        self.config = support.write_config(
            self.folder / "grid.ini", self.output, self.data, splits_num_splits=SPLITS,
            grid_alpha="geomspace(1e-2, 1e2, 5)", grid_l1_ratio="0.1, 0.5, 1")

    def grid(self, *overrides):
        result = support.run(["grid", self.config, "run.resume=overwrite", *overrides])
        self.assert_done(result)
        return result.out

    def fit(self, name, *overrides):
        output = self.folder / name
        config = support.write_config(self.folder / "fit.ini", output, self.data,
                                      splits_num_splits=SPLITS, fit_scores="corr")
        self.assert_done(support.run(["fit", config, *overrides]))
        return output

    def mec(self, job, *arguments, code=0, err=""):
        result = support.run([job, *arguments])
        self.assertEqual(result.code, code, result.err)
        if code == 0:
            self.assertRegex(result.err, f"^{err}$")
        return result

    def show(self, *arguments, **options):
        return self.mec("show", *arguments, **options).out

    def export(self, *arguments):
        text = self.mec("export", self.output, *arguments).out
        return pandas.read_csv(io.StringIO(text), float_precision="round_trip")

    def arrays(self, name):
        """{(arena, animal): array}"""
        with h5py.File(self.output) as file:
            return {(arena, animal): group[name][()] for arena, members in file["grid"].items()
                    if isinstance(members, h5py.Group) for animal, group in members.items()}

    def all(self, name):
        return np.concatenate([values.ravel() for values in self.arrays(name).values()])

    def change(self, place, **values):
        """Sets single elements: name = (index, value)."""
        with h5py.File(self.output, "r+") as file:
            group = file["grid/" + "/".join(place)]
            for name, (index, value) in values.items():
                group[name][index] = value


class Lines(GridTest):
    def test_what_stands_above_the_table(self):
        told = self.grid()
        shown = self.show(self.output)
        self.assertEqual(shown, told)
        lines = shown.splitlines()
        self.assertEqual(lines[1], f"dataset = {self.data}, mode = holdout, alpha = geomspace(1e-2, "
                         "1e2, 5), l1_ratio = 0.1, 0.5, 1, train_frac = 0.2, num_splits = 2")
        alpha, l1_ratio = self.all("best_alpha"), self.all("best_l1_ratio")
        n, edge = np.isfinite(alpha).sum(), self.all("on_edge").sum()
        n_search = (self.all("status") == 1).sum()
        self.assertEqual(n_search, 44 * SPLITS)
        self.assertEqual(n, 43 * SPLITS)  # nothing is to be chosen for the silent cell
        self.assertEqual(lines[2], "grid: 5 alphas x 3 l1_ratios, 2 folds, cv_score = corr")
        self.assertEqual(lines[4:7], [
            f"chosen: median alpha {np.nanmedian(alpha):.3g}, median l1_ratio "
            f"{np.nanmedian(l1_ratio):.3g}; {edge} of {n} on the grid's edge "
            f"({100 * edge / n:.1f} %)",
            "certificate: objective, gaps up to 1e-06 are accepted, the largest is "
            f"{np.nanmax(self.all('largest_relative_gap')):.3g}",
            f"not accepted: 0 of {n_search * FOLDS * ALPHAS * L1_RATIOS} points"])
        rows = table(shown)
        for place, values in self.arrays("corr").items():
            np.testing.assert_allclose(rows[place], summary(values), atol=5.1e-5)

    def test_what_it_was_worth_against_ridge(self):
        shown = self.grid()
        rows = ridge_table(shown)
        ridge = self.fit("ridge.h5")
        pairs = {}
        for (arena, animal), found in self.arrays("ridge_test_corr").items():
            self.assert_close(found, support.fit(ridge, arena, animal)["corr_per_split"], 1e-12)
            chosen = self.arrays("corr")[arena, animal]
            of_ridge = support.nanmean(found, 1)
            both = np.isfinite(chosen) & np.isfinite(of_ridge)
            pairs[arena, animal] = chosen[both], of_ridge[both]
        for arena in ("1.0", "open field"):
            pairs[arena, "all"] = [np.concatenate(v) for v in zip(
                *(v for k, v in pairs.items() if k[0] == arena))]
        pairs["all", "all"] = [np.concatenate(v) for v in zip(
            *(v for k, v in pairs.items() if k[1] == "all"))]
        self.assertEqual(set(rows), set(pairs))
        for place, (chosen, of_ridge) in pairs.items():
            gain = chosen - of_ridge
            np.testing.assert_allclose(
                rows[place], [len(gain), np.median(chosen), np.median(of_ridge), np.median(gain),
                              (gain > 0).sum()], atol=5.1e-5)
        self.assertEqual(rows["all", "all"][0], 43)

    def test_how_long_it_took(self):
        self.grid()
        with h5py.File(self.output, "r+") as file:
            n = len(file["tasks/started"])
            file["tasks/started"][...] = 5000.0
            file["tasks/seconds"][...] = 9.0
            file["tasks/started"][0] = 5005.0  # overlaps with the others
            file["tasks/started"][1] = 9000.0  # after a pause
        wall = 14 + 9
        self.assertEqual(self.show(self.output).splitlines()[3],
                         f"time: {9 * n / 3600:.3g} core-hours in {wall:.1f} s, "
                         f"{9 * n / wall:.1f} ranks at work on average")

    def test_settings_that_are_not_at_their_default(self):
        lines = self.grid("grid.folds=3", "grid.cv_score=r2", "grid.certificate=sklearn",
                          "grid.tol=1e-5", "grid.keep_scores=yes").splitlines()
        self.assertIn("l1_ratio = 0.1, 0.5, 1, folds = 3, cv_score = r2, certificate = sklearn, "
                      "tol = 0.00001, train_frac = 0.2", lines[1])
        self.assertNotIn("keep_scores", lines[1])
        self.assertIn("3 folds, cv_score = r2", lines[2])
        self.assertIn("certificate: sklearn, gaps up to 1e-05 are accepted", lines[5])

    def test_other_numbers_of_the_search(self):
        self.grid("source.mode=pairwise")
        for name in ["best_cv_score", *PENALTIES, "largest_relative_gap"]:
            shown = self.show(self.output, f"score={name}")
            reduce = np.nanmedian if name in PENALTIES else np.nanmax
            title = "medians" if name in PENALTIES else "maxima"
            self.assertIn(f"\n{name}\n" if name == "best_cv_score"
                          else f"\n{name}, {title} over splits\n", shown)
            for place, values in self.arrays(name).items():
                if name == "best_cv_score":
                    cells = support.nanmean(support.nanmean(values, axis=1), axis=1)
                else:
                    kept = [v[np.isfinite(v)] for v in values.reshape(len(values), -1)]
                    cells = np.array([reduce(v) if len(v) else np.nan for v in kept])
                np.testing.assert_allclose(table(shown)[place], summary(cells), rtol=6e-3,
                                           atol=5.1e-5)
        line = self.one_line_of_failure(self.mec("show", self.output, "score=r2", code=2).err)
        self.assertIn("accepted: corr, best_alpha, best_cv_score, ", line)

    def test_an_unfinished_run(self):
        self.grid()
        undone = (slice(None), 1)
        self.change(("1.0", "rat_b"), test_corr=(undone, np.nan), status=(undone, 0),
                    best_alpha=(undone, np.nan), best_l1_ratio=(undone, np.nan),
                    largest_relative_gap=(undone, np.nan), on_edge=(undone, 0))
        with h5py.File(self.output, "r+") as file:
            file["status"][0] = 1
            for _, group in file["grid/1.0"].items():
                group["corr"][...] = np.nan
        shown = self.show(self.output)
        self.assertIn(f"not accepted: 0 of {82 * FOLDS * ALPHAS * L1_RATIOS} points\n", shown)
        self.assertIn(f"of {86 - 6} on the grid's edge", shown)
        self.assertIn("\ncorr, means over the splits that are done\n", shown)
        np.testing.assert_allclose(table(shown)["1.0", "rat_b"],
                                   summary(self.arrays("test_corr")["1.0", "rat_b"][:, 0]),
                                   atol=5.1e-5)

    def test_failed_searches(self):
        self.grid()
        self.change(("1.0", "rat_a"), status=((2, 1), results.GAP_ABOVE_TOL),
                    largest_relative_gap=((2, 1), 0.25))
        self.assertRegex(self.show(self.output),
                         r"\n1 of 88 fits failed: 1 gap_above_tol\n.*\n"
                         r"  1\.0 +rat_a +rat_a_2 +1  gap_above_tol  0\.25\n")

    def test_a_file_that_is_not_whole(self):
        self.grid()
        for name in ("grid/1.0/rat_a/rejected", "grid/alpha"):
            with h5py.File(self.output, "r+") as file:
                file["grid/1.0/rat_a/n_rejected"][0, 0] = 1
                del file[name]
            line = self.one_line_of_failure(self.mec("show", self.output, code=2).err)
            self.assertIn(name, line)


class Rejected(GridTest):
    def listed(self, shown):
        lines = shown.splitlines()
        head = next(i for i, line in enumerate(lines) if line.startswith("not accepted"))
        return lines[head], [line.split() for line in lines[head + 1:lines.index("", head)]]

    def test_the_points_are_named(self):
        self.grid()
        position = lambda fold, alpha, l1_ratio: (fold * ALPHAS + alpha) * L1_RATIOS + l1_ratio
        self.change(("1.0", "rat_c"), n_rejected=((6, 1), 2),
                    rejected=((6, 1, slice(0, 2)), [position(0, 1, 2), position(1, 4, 0)]))
        self.change(("open field", "rat_a"), n_rejected=((0, 0), 1),
                    rejected=((0, 0, 0), position(1, 0, 1)))
        head, rows = self.listed(self.show(self.output))
        self.assertEqual(head, "not accepted: 3 of 2640 points, in 2 of 88 searches")
        self.assertEqual(rows, [
            ["arena", "animal", "cell", "split", "fold", "alpha", "l1_ratio"],
            ["1.0", "rat_c", "rat_c_6", "1", "0", "0.1", "1"],
            ["1.0", "rat_c", "rat_c_6", "1", "1", "100", "0.1"],
            ["open", "field", "rat_a", "rat_a_0", "0", "1", "0.01", "0.5"]])

    def test_many_in_a_pairwise_run(self):
        self.grid("source.mode=pairwise")
        for cell in range(4):
            self.change(("1.0", "rat_a"), n_rejected=((cell, 0, 2), 15),
                        rejected=((cell, 0, 2), np.arange(8)))
        head, rows = self.listed(self.show(self.output))
        self.assertEqual(head, "not accepted: 60 of 6840 points, in 4 of 228 searches")
        self.assertEqual(rows[0], ["arena", "animal", "cell", "split", "source", "fold", "alpha",
                                   "l1_ratio"])
        self.assertEqual(rows[10], ["1.0", "rat_a", "rat_a_1", "0", "rat_d", "0", "0.01", "0.5"])
        self.assertEqual(len(rows), 22)
        self.assertEqual(rows[-1], "... and 40 more".split())


class Pictures(GridTest):
    def plot(self, picture, *arguments):
        return self.show("--plot", self.folder / picture, *arguments)

    def test_scores_and_choices(self):
        self.grid("grid.keep_scores=yes")
        self.assertEqual(self.plot("grid.png", self.output),
                         f"wrote {self.folder}/grid.png: 86 searches of 5 alphas x 3 l1_ratios\n")
        rows, columns, drawn = read_png(self.folder / "grid.png")
        self.assertTrue(800 < rows < columns < 2400, (rows, columns))
        self.assertGreater(drawn, 0.005)
        self.plot("grid.svg", self.output)
        found = " ".join(svg_texts(self.folder / "grid.svg"))
        surfaces = np.concatenate([v.reshape(-1, ALPHAS, L1_RATIOS)
                                   for v in self.arrays("cv_score").values()])
        surface = support.nanmean(surfaces, axis=0)
        surface[np.isfinite(surfaces).sum(axis=0) < 43] = np.nan
        alpha, l1_ratio = np.unravel_index(np.nanargmax(surface), surface.shape)
        for text in ("Mean corr on held-out folds", "log10(alpha)", "Chosen alpha and l1_ratio",
                     f"circle: the best, {surface[alpha, l1_ratio]:.3g} at alpha "
                     f"{10. ** (alpha - 2):.3g}, l1_ratio {[0.1, 0.5, 1][l1_ratio]}",
                     "86 searches (cells x splits), ", " on the grid's edge (", "grid.h5"):
            self.assertIn(text, found)

    def test_without_scores(self):
        self.grid("source.mode=pairwise")
        self.assertIn("grid.keep_scores = yes keeps them\n", self.plot("grid.svg", self.output))
        found = " ".join(svg_texts(self.folder / "grid.svg"))
        self.assertNotIn("held-out", found)
        self.assertIn("(cells x splits x sources)", found)

    def test_grids_of_any_kind(self):
        for alpha, l1_ratio, score in (("0, 10, 1", "0.5", "mse"), ("0.3", "1, 0", "r2"),
                                       ("geomspace(1e-3, 10, 40)", "linspace(0.9, 1, 3)", "corr")):
            self.grid(f"grid.alpha={alpha}", f"grid.l1_ratio={l1_ratio}", f"grid.cv_score={score}",
                      "grid.keep_scores=yes", "data.arenas=1.0", "source.mode=pairwise")
            for kind in ("png", "svg"):
                self.plot(f"grid.{kind}", self.output)

    def test_a_score(self):
        self.grid("grid.keep_scores=yes")
        for score in ("corr", "best_l1_ratio"):
            self.assertEqual(self.plot("x.png", self.output, f"score={score}"),
                             f"wrote {self.folder}/x.png: {score} of 44 cells in 2 arenas\n")

    def test_against_a_fit(self):
        self.grid()
        ridge = self.fit("ridge.h5")
        told = self.plot("two.svg", self.output, ridge)
        self.assertIn(f"corr of 44 cells in both files, 0 only in {self.output}, 0 only in "
                      f"{ridge}; 1 without a value\n", told)
        self.assertIn("two.svg", self.plot("two.svg", self.output, self.output,
                                           "score=best_cv_score"))

    def test_nothing_to_draw(self):
        self.grid()
        for place in self.arrays("corr"):
            self.change(place, best_alpha=(slice(None), np.nan))
        result = self.mec("show", "--plot", self.folder / "x.png", self.output, code=2)
        self.assertIn("nothing was chosen", self.one_line_of_failure(result.err))
        self.assertIn("\nchosen: nothing\n", self.show(self.output))


class Tables(GridTest):
    EACH = [*PENALTIES, "best_cv_score", "test_corr", "largest_relative_gap", "n_within_one_se",
            "on_edge", "n_rejected"]

    def test_splits(self):
        for mode in ("holdout", "pairwise"):
            self.grid(f"source.mode={mode}")
            found = self.export("splits=yes")
            self.assertEqual("source" in found, mode == "pairwise")
            for name in self.EACH:
                np.testing.assert_array_equal(found[name].to_numpy(), self.all(name), name)
            self.assertEqual(set(found["status"]), {"done"})

    def test_cells(self):
        self.grid()
        self.change(("1.0", "rat_a"), n_rejected=((0, slice(0, 2)), [3, 2]))
        found = self.export()
        each = self.export("splits=yes").groupby(["arena", "animal", "cell_id"], sort=False)
        for name in PENALTIES:
            np.testing.assert_array_equal(found[name], each[name].median().to_numpy(), name)
        self.assert_close(found["corr"].to_numpy(), self.all("corr"), 1e-15)
        for name in ("on_edge", "n_rejected"):
            np.testing.assert_array_equal(found[name], each[name].sum().to_numpy(), name)
        self.assertEqual(found["n_rejected"][0], 5)
        np.testing.assert_array_equal(found["largest_relative_gap"],
                                      each["largest_relative_gap"].max().to_numpy())

    def test_a_fit_with_what_was_chosen(self):
        """The same scores, to the last bit."""
        for mode in ("holdout", "pairwise"):
            self.grid(f"source.mode={mode}")
            path = self.folder / f"{mode}.csv"
            self.assertGreater(np.isnan(self.all("best_alpha")).sum(), 0)
            told = self.mec("export", self.output, path, "per_cell=yes").out
            self.assertRegex(told, rf"^wrote {path}: \d+ rows, {8 + (mode == 'pairwise')} columns$")
            head = path.read_text().splitlines()[0]
            self.assertEqual(head, "arena,source,cell_id,split,regression_type,certificate,tol,"
                             "alpha,l1_ratio"
                             .replace("source,", "source," if mode == "pairwise" else ""))
            for table in (path, self.output):
                fitted = self.fit(f"{mode}_{table.suffix[1:]}_fit.h5", f"map.per_cell={table}",
                                  f"source.mode={mode}")
                for (arena, animal), values in self.arrays("test_corr").items():
                    np.testing.assert_array_equal(
                        support.fit(fitted, arena, animal)["corr_per_split"], values)

    def test_what_is_no_complete_search_gives_no_parameters(self):
        result = self.mec("fit", self.config, f"run.output={self.folder}/x.h5",
                          f"map.per_cell={self.fit('fit.h5')}", code=2)
        self.assertIn("accepted: a complete one of mec grid", self.one_line_of_failure(result.err))

    def test_what_it_refuses(self):
        self.grid()
        for arguments, says in (([self.fit("fit.h5"), "per_cell=yes"], "accepted: for one of mec grid"),
                                ([self.output, "per_cell=yes", "splits=yes"], "usage: mec export"),
                                ([self.output, "per_cell=maybe"], "per_cell")):
            result = self.mec("export", *arguments, code=2)
            self.assertIn(says, self.one_line_of_failure(result.err))
            self.assertEqual(result.out, "")


if __name__ == "__main__":
    unittest.main()
