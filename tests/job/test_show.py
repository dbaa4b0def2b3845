"""mec show, and what the program tells of itself: help, version, the dry run."""
import re
import unittest

import h5py
import numpy as np

import results
import support
from support import JobTest

COLUMNS = ["cells", "NaN", "median", "mean", "q25", "q75", "sem"]


def summary(values):
    """What a row of the table holds, with NaN left out; sem with the sample deviation."""
    kept = values[np.isfinite(values)]
    q25, median, q75 = np.percentile(kept, [25, 50, 75])
    sem = kept.std(ddof=1) / np.sqrt(len(kept))
    return [len(values), len(values) - len(kept), median, kept.mean(), q25, q75, sem]


def table(text, count="cells"):
    """{(arena, animal): numbers} of the rows behind the head of the table."""
    lines = text.splitlines()
    head = next(i for i, line in enumerate(lines) if line.startswith("arena "))
    assert lines[head].split() == ["arena", "animal", count, *COLUMNS[1:]], lines[head]
    start = lines[head].index("animal")
    rows, arena = {}, ""
    for line in lines[head + 1:]:
        if not line:
            break  # another table follows
        arena = line[:start].strip() or arena
        animal, *numbers = line[start:].split()
        rows[arena, animal] = [float(number) for number in numbers]
    return rows


class ShowTest(JobTest):
    def setUp(self):
        super().setUp()
        silent = support.animals()
        silent["rat_b"][:, :, 2] = 0
        silent["rat_c"][4, 4, :] = np.nan
        self.arenas = {"1.0": support.animals(4, seed=300), "open field": silent,
                       "2.2": {"solo": support.responses(1, 5, 6, 7)}}
        self.data = support.write_dataset(
            self.folder / "data.h5", self.arenas,
            attributes={"1.0": {"bin_cm": 5.0}, "open field": {"width_m": 1.5, "height_m": 2.0}})
        self.output = self.folder / "run.h5"
        self.config = support.write_config(self.folder / "fit.ini", self.output, self.data)

    def fit(self, *overrides, code=0):
        result = support.run(["fit", self.config, "run.resume=overwrite", *overrides])
        if code == 0:
            self.assert_done(result)
        self.assertEqual(result.code, code, result.err)
        return result

    def show(self, *arguments, code=0, ranks=None):
        result = support.run(["show", *arguments], ranks)
        self.assertEqual(result.code, code, result.err)
        if code == 0:
            self.assertEqual(result.err, "")
        return result

    def per_cell(self, arena, score="corr"):
        with h5py.File(self.output) as file:
            return {animal: group[f"{score}_per_split"][()]
                    for animal, group in file[f"fits/{arena}"].items()}


class Datasets(ShowTest):
    def test_what_is_in_it(self):
        out = self.show(self.data).out
        self.assertIn(f"{self.data}: dataset, 3 arenas, 51 cells\n", out)
        self.assertIn("arena 1.0: 4 animals, 8 x 9 bins, 1 x 1 m, bins of 5 cm\n", out)
        self.assertIn("arena open field: 3 animals, 8 x 9 bins, 1.5 x 2 m\n", out)
        self.assertIn("arena 2.2: 1 animal, 5 x 6 bins, 2.2 x 2.2 m\n", out)
        rows = re.findall(r"^  (\w+) +(\d+) cells +(\d+) unvisited bins \((.*) %\)$", out, re.M)
        self.assertEqual(len(rows), 8)
        self.assertIn(("rat_d", "8", "0", "0.0"), rows)
        self.assertIn(("rat_c", "7", "1", f"{100 / 72:.1f}"), rows)

    def test_a_group_of_it(self):
        path = support.write_dataset(self.folder / "deep.h5", {"1.0": support.animals()},
                                     group="/a/b")
        self.assertIn("1 arena, 18 cells", self.show(f"{path}:/a/b").out)

    def test_what_it_refuses(self):
        (self.folder / "text").write_text("text")
        with h5py.File(self.folder / "other.h5", "w") as file:
            file["values"] = [1]
        for path, says in (("text", "not a whole HDF5 file"), ("none", "No such file"),
                           ("other.h5", "no arena"), (".", "directory")):
            with self.subTest(path):
                result = self.show(self.folder / path, code=2)
                self.assertIn(says, self.one_line_of_failure(result.err))
                self.assertEqual(result.out, "")


class Runs(ShowTest):
    def check_table(self, text, score, arenas=("1.0", "open field")):
        rows = table(text)
        expected, everything = {}, []
        for arena in arenas:
            means = {}
            for animal, values in self.per_cell(arena, score).items():
                means[animal] = support.nanmean(values, axis=1)
                if values.ndim == 3:
                    means[animal] = support.nanmean(means[animal], axis=1)
                expected[arena, animal] = summary(means[animal])
            expected[arena, "all"] = summary(np.concatenate(list(means.values())))
            everything += means.values()
        expected["all", "all"] = summary(np.concatenate(everything))
        self.assertEqual(sorted(rows), sorted(expected))
        for place, numbers in expected.items():
            np.testing.assert_allclose(rows[place], numbers, atol=5.1e-5, err_msg=str(place))

    def test_a_complete_run(self):
        told = self.fit().out
        shown = self.show(self.output).out
        self.assertEqual(shown, told)
        self.assertIn(f"{self.output}: fit, complete, 70 of 70 tasks, ", shown)
        self.assertIn("regression_type = Ridge, alpha = 1, train_frac = 0.2, num_splits = 10",
                      shown)
        self.assertIn("skipped: arena 2.2: one animal only\n", shown)
        self.check_table(shown, "corr")
        self.assertEqual(table(shown)["open field", "rat_b"][1], 1)  # the silent cell is NaN

    def test_pairwise(self):
        self.fit("source.mode=pairwise")
        self.check_table(self.show(self.output).out, "corr")

    def test_other_scores(self):
        self.fit()
        for score in ("r2", "mse"):
            shown = self.show(self.output, f"score={score}").out
            self.assertRegex(shown, rf"(?m)^{score}$")
            self.check_table(shown, score)

    def test_a_score_it_does_not_have(self):
        self.fit("fit.scores=corr")
        for score in ("mse", "beauty"):
            result = self.show(self.output, f"score={score}", code=2)
            line = self.one_line_of_failure(result.err)
            self.assertIn(f'"{score}"', line)
            self.assertIn("accepted: ", line)
            self.assertEqual(result.out, "")

    def test_the_first_score_where_there_is_no_corr(self):
        self.fit("fit.scores=mse")
        self.check_table(self.show(self.output).out, "mse")

    def test_an_unfinished_run(self):
        """Means over the splits that are done."""
        self.fit()
        with h5py.File(self.output, "r+") as file:
            # As a kill leaves it: the last splits of two animals are missing, all of another's.
            names = support.texts(file["tasks/name"][()])
            for index, name in enumerate(names):
                animal, number = re.fullmatch(r"(.*) split (\d+)", name).groups()
                missing = {"1.0/rat_a": 7, "1.0/rat_c": 3, "open field/rat_c": 0}.get(animal, 10)
                if int(number) >= missing:
                    file["tasks/done"][index] = 0
                    for score in ("corr", "r2", "mse"):
                        file[f"fits/{animal}/{score}_per_split"][:, int(number)] = np.nan
            file["status"][0] = 0
            n_done = int(file["tasks/done"][()].sum())
        shown = self.show(self.output).out
        self.assertIn(f"fit, unfinished, {n_done} of 70 tasks", shown)
        self.assertRegex(shown, r"(?m)^corr, means over the splits that are done$")
        rows = table(shown)
        self.assertEqual(rows["open field", "rat_c"][:2], [7, 7])
        self.assertTrue(np.isnan(rows["open field", "rat_c"][2:]).all())
        values = self.per_cell("1.0")["rat_a"]
        self.assertEqual(np.isfinite(values[0]).sum(), 7)
        np.testing.assert_allclose(rows["1.0", "rat_a"], summary(support.nanmean(values, 1)),
                                   atol=5.1e-5)

    def test_the_status(self):
        self.fit()
        for state, code, word in ((0, 75, "unfinished"), (1, 75, "stopped"), (2, 0, "complete"),
                                  (3, 3, "complete with failures")):
            with self.subTest(state):
                with h5py.File(self.output, "r+") as file:
                    file["status"][0] = state
                result = self.show("--status", self.output, code=code)
                self.assertEqual(result.out, f"{self.output}: {word}, 70 of 70 tasks\n")
                self.assertEqual(result.err, "")

    def test_the_status_of_something_else(self):
        (self.folder / "text").write_text("text")
        for path in (self.data, self.folder / "text", self.folder / "none"):
            result = self.show("--status", path, code=1)
            self.one_line_of_failure(result.err)
            self.assertEqual(result.out, "")

    def test_a_run_file_without_its_tasks(self):
        self.fit()
        with h5py.File(self.output, "r+") as file:
            del file["tasks"]
        self.assertIn("not a whole run file",
                      self.one_line_of_failure(self.show(self.output, code=2).err))
        self.show("--status", self.output, code=1)


class Metrics(ShowTest):
    """Whatever the file holds, found by its name."""

    def setUp(self):
        super().setUp()
        self.halves = results.halves(self.folder, self.arenas)

    def fit(self, *overrides):
        return super().fit("splits.num_splits=4", *overrides)

    def values(self, name):
        with h5py.File(self.output) as file:
            found = {}
            for arena, animal, group in results.groups(file):
                found.setdefault(arena, {})[animal] = np.atleast_1d(group[name][()])
            return found

    def check(self, text, name, count="cells"):
        rows = table(text, count)
        for arena, members in self.values(name).items():
            for animal, values in members.items():
                if count == "cells":
                    np.testing.assert_allclose(rows[arena, animal], summary(values), atol=5.1e-5)
                else:
                    np.testing.assert_allclose(rows[arena, animal][:6], [1, 0, *values, *values,
                                                                         *values, *values],
                                               atol=5.1e-5)
            everything = np.concatenate(list(members.values()))
            np.testing.assert_allclose(rows[arena, "all"], summary(everything), atol=5.1e-5)

    def test_every_one(self):
        self.fit(results.SCORES, *self.halves)
        for name in ("neg_emd", *results.FROM_HALVES):
            with self.subTest(name):
                shown = self.show(self.output, f"score={name}").out
                self.assertEqual(shown.count("\narena "), 1)
                self.assertIn(f"\n\n{name}\n", shown)
                self.check(shown, name)
        self.check(self.show(self.output, "score=rsa").out, "rsa", "animals")

    def test_the_noise_ceiling_stands_beside_the_correlation(self):
        plain = self.fit().out
        shown = self.fit(*self.halves).out
        self.assertEqual(self.show(self.output).out, shown)
        rest = shown[shown.index("\n\n"):]
        self.assertTrue(rest.startswith(plain[plain.index("\n\n"):]), shown)
        corrected, reliability = rest[rest.index("\ncorr_noise_"):].split("\nreliability\n")
        self.check(corrected, "corr_noise_corrected")
        self.check(reliability, "reliability")
        self.assertNotIn("reliability", self.show(self.output, "score=r2").out)

    def test_every_cell_has_its_own_reliability(self):
        self.fit(*self.halves)
        one, two = [h5py.File(setting.split("=")[1]) for setting in self.halves]
        with one, two, h5py.File(self.output) as run:
            for arena, animal, group in results.groups(run):
                x, y = [half[arena][animal]["resp"][()].reshape(72, -1) for half in (one, two)]
                kept = np.isfinite(x).all(axis=1)
                r = np.array([np.corrcoef(x[kept, i], y[kept, i])[0, 1]
                              for i in range(x.shape[1])])
                self.assertGreater(np.ptp(r), 0.1)
                reliability = np.where(r > 0, 2 * r / (1 + r), np.nan)
                self.assert_close(group["split_half_r"][()], r, 1e-12)
                self.assert_close(group["reliability"][()], 2 * r / (1 + r), 1e-12)
                self.assert_close(group["corr_noise_corrected"][()],
                                  group["corr"] / np.sqrt(reliability), 1e-12)

    def test_an_unknown_one_is_told_what_there_is(self):
        self.fit(results.SCORES, *self.halves)
        line = self.one_line_of_failure(self.show(self.output, "score=rs", code=2).err)
        self.assertIn("accepted: corr, r2, mse, neg_emd, rsa, split_half_r, reliability, "
                      "corr_noise_corrected", line)

    def test_arrays_of_a_wrong_shape(self):
        self.fit()
        with h5py.File(self.output, "r+") as file:
            group = file["fits/open field/rat_b"]
            del group["corr_per_split"]
            group["corr_per_split"] = np.zeros((3, 4))
        line = self.one_line_of_failure(self.show(self.output, code=2).err)
        self.assertIn("/fits/open field/rat_b/corr_per_split", line)


class FailedFits(ShowTest):
    LASSO = ["splits.num_splits=4", "map.regression_type=Lasso", "map.alpha=0.1"]

    def listed(self, text):
        lines = text.splitlines()
        head = next(i for i, line in enumerate(lines) if " fits failed: " in line)
        self.assertRegex(lines[head + 1], r"^  arena +animal +cell +split .*status +gap$")
        rows = lines[head + 2:lines.index("", head)]
        return lines[head], rows

    def test_none(self):
        self.assertNotIn("failed", self.fit(*self.LASSO).out)

    def test_some(self):
        self.fit(*self.LASSO)
        results.set_outcomes(self.output, {
            ("1.0", "rat_c"): {6: results.GAP_ABOVE_TOL, 9: results.FAILED},
            ("open field", "rat_b"): {23: results.GAP_ABOVE_TOL, 0: results.NO_STATES,
                                      5: 9}})
        shown = self.show(self.output).out
        head, rows = self.listed(shown)
        self.assertEqual(head, "4 of 176 fits failed: 2 gap_above_tol, 1 failed, 1 unknown")
        self.assertEqual([row.split() for row in rows],
                         [["1.0", "rat_c", "rat_c_1", "2", "gap_above_tol", "0.25"],
                          ["1.0", "rat_c", "rat_c_2", "1", "failed", "-"],
                          ["open", "field", "rat_b", "rat_b_1", "1", "unknown", "-"],
                          ["open", "field", "rat_b", "rat_b_5", "3", "gap_above_tol", "0.25"]])
        self.assertIn("\n1 of 176 fits had too few states to train and test (no_states)\n", shown)

    def test_all_of_them(self):
        """More components than pls can have here."""
        told = self.fit("splits.num_splits=4", "map.type=pls", "map.n_components=60", code=3).out
        shown = self.show(self.output).out
        self.assertEqual(shown, told)
        head, rows = self.listed(shown)
        self.assertEqual(head, "176 of 176 fits failed: 176 failed")
        self.assertEqual(len(rows), 21)
        self.assertEqual(rows[0].split(), ["1.0", "rat_a", "rat_a_0", "0", "failed", "-"])
        self.assertEqual(rows[-1], f"  ... and 156 more: mec export {self.output} splits=yes")

    def test_gaps_in_a_pairwise_run(self):
        """Only the silent cell reaches this tolerance."""
        told = self.fit(*self.LASSO, "source.mode=pairwise", "map.tol=1e-20", code=3).out
        head, rows = self.listed(told)
        self.assertRegex(head, r"^(\d+) of 456 fits failed: \1 gap_above_tol$")
        with h5py.File(self.output) as file:
            group = file["fits/1.0/rat_a"]
            cell, split, source = np.argwhere(group["status"][()] == results.GAP_ABOVE_TOL)[0]
            gap = group["relative_gap"][cell, split, source]
        self.assertEqual(rows[0].split(), ["1.0", "rat_a", f"rat_a_{cell}", str(split),
                                           ("rat_b", "rat_c", "rat_d")[source],
                                           "gap_above_tol", f"{gap:.3g}"])


class SettingsLine(ShowTest):
    """What of the settings stands beside the scores."""
    TAIL = ", train_frac = 0.2, num_splits = 10"

    def line(self, *overrides):
        line = self.fit("data.arenas=1.0", *overrides).out.splitlines()[1]
        head = f"dataset = {self.data}, arenas = 1.0, "
        self.assertTrue(line.startswith(head), line)
        return line[len(head):]

    def test_what_is_not_at_its_default(self):
        self.assertEqual(self.line("map.fit_intercept=no", "splits.split_start_seed=7"),
                         "mode = holdout, regression_type = Ridge, alpha = 1, fit_intercept = no, "
                         "train_frac = 0.2, num_splits = 10, split_start_seed = 7")

    def test_regressions(self):
        for name, overrides, told in (
                ("LinearRegression", [], ""), ("Lasso", ["alpha=0.1"], ", alpha = 0.1"),
                ("ElasticNet", [], ", alpha = 1, l1_ratio = 0.5"),
                ("MultiTaskElasticNet", ["certificate=objective", "warm_start=yes"],
                 ", alpha = 1, l1_ratio = 0.5, certificate = objective"),
                ("LassoCV", ["n_alphas=5", "cv=3"], ", n_alphas = 5, cv = 3"),
                ("ElasticNetCV", ["n_alphas=5"], ", l1_ratio = 0.5, n_alphas = 5, cv = 5"),
                ("RidgeCV", [], ""), ("RidgeCV", ["alphas=0.1, 1"], ", alphas = 0.1, 1"),
                ("BayesianRidge", ["tol=0.01"], ", tol = 0.01")):
            with self.subTest(name):
                line = self.line(f"map.regression_type={name}", *[f"map.{o}" for o in overrides])
                self.assertEqual(line, f"mode = holdout, regression_type = {name}{told}{self.TAIL}")

    def test_other_maps(self):
        for overrides, told in (
                (["type=pls", "n_components=3"], "n_components = 3"),
                (["type=corr"], "identity = yes"),
                (["type=corr", "identity=no", "alpha=3"], "regression_type = Ridge, alpha = 3, "
                 "percentile = 100, identity = no")):
            with self.subTest(told):
                line = self.line(*[f"map.{override}" for override in overrides])
                self.assertEqual(line, f"mode = holdout, {overrides[0].replace('=', ' = ')}, "
                                       f"{told}{self.TAIL}")

    def test_parameters_per_cell(self):
        path = self.folder / "alphas.csv"
        path.write_text("cell_id,alpha\nrat_a_1,3\n")
        self.assertEqual(self.line(f"map.per_cell={path}"),
                         f"mode = holdout, regression_type = Ridge, alpha = 1, per_cell = {path}"
                         + self.TAIL)

    def test_splits(self):
        head = "mode = holdout, regression_type = Ridge, alpha = 1, "
        self.assertEqual(self.line("splits.train_frac=topbottom"), head + "train_frac = topbottom")
        path = self.folder / "splits.csv"
        path.write_text("split,set,state\n" + "".join(
            f"0,{'test' if i % 3 else 'train'},{i}\n" for i in range(72)))
        self.assertEqual(self.line(f"splits.file={path}"), head + f"file = {path}")

    def test_halves(self):
        one, two = results.halves(self.folder, self.arenas)
        self.assertTrue(self.line(one, two).startswith(
            f"half1 = {one.split('=')[1]}, half2 = {two.split('=')[1]}, mode = holdout, "))

    def test_sources(self):
        self.assertTrue(self.line("source.mode=pairwise").startswith("mode = pairwise, regr"))
        with h5py.File(self.folder / "maps.h5", "w") as file:
            file["1.0"] = support.responses(7, 8, 9, 4)
        place = f"{self.folder}/maps.h5:/{{arena}}"
        self.assertTrue(self.line("source.kind=response", f"source.response={place}")
                        .startswith(f"kind = response, response = {place}, regression_type"))

    def test_settings_of_another_version(self):
        """All of them are told."""
        self.fit()
        with h5py.File(self.output, "r+") as file:
            text = file["config"][()].tobytes()
            file["config"][...] = np.frombuffer(text.replace(b"eps = ", b"epz = "), np.uint8)
        line = self.show(self.output).out.splitlines()[1]
        self.assertIn(f"dataset = {self.data}, kind = animals, mode = holdout, layer = g, type = "
                      "sklinear, ",
                      line)
        self.assertIn(", epz = 0.001, ", line)


class OnSeveralRanks(ShowTest):
    """Printed once, however many processes mpirun starts."""

    def check(self, *arguments, code=0):
        alone = support.run(arguments)
        together = support.run(arguments, 3)
        self.assertEqual(alone.code, code, alone.err)
        self.assertEqual(together, alone)
        self.assertTrue(alone.out or alone.err)

    def test_show(self):
        self.fit()
        self.check("show", self.output)
        self.check("show", self.data)
        self.check("show", "--status", self.output)
        self.check("show", self.folder / "none", code=2)

    def test_help_and_version(self):
        self.check("--help")
        self.check("--version")
        for job in ("fit", "synth", "show", "export"):
            self.check(job, "--help")
        self.assertRegex(support.run(["--version"]).out, r"^mec \d+\.\d+\.\d+\n$")

    def test_help_lists_jobs_and_settings(self):
        out = support.run(["--help"]).out
        for job in ("fit", "synth", "show", "export"):
            self.assertRegex(out, rf"mec {job} ")
        out = support.run(["fit", self.config, "--help"]).out
        self.assertRegex(out, r"(?m)^ +num_splits = 10 .*\[1, 1000000\]")
        self.assertRegex(out, r"(?m)^ +regression_type = Ridge ")
        self.assertNotIn("[synth]", out)


class DryRun(ShowTest):
    def test_it_prints_and_writes_nothing(self):
        before = sorted(self.folder.iterdir())
        for ranks in (None, 3):
            result = support.run(["fit", self.config, "--dry-run", "splits.num_splits=7"], ranks)
            self.assert_done(result)
            self.assertEqual(sorted(self.folder.iterdir()), before)
            self.assertEqual(result.out.count("num_splits = 7\n"), 1)
            self.assertIn("alpha = 1\n", result.out)
            self.assertIn(f"dataset = {self.data}\n", result.out)
            self.assertRegex(result.out, r"(?m)^tasks: +49 \(7 sources, 7 splits\)$")
            self.assertRegex(result.out, r"(?m)^memory: .*[\d.]+ KiB of data and .* a rank$")
            self.assertRegex(result.out, r"(?m)^work: +about ")
            self.assertIn("nothing was written", result.out)
            self.assertIn("arena 2.2 is skipped", result.err)

    def test_the_settings_it_prints_are_a_job_file(self):
        printed = support.run(["fit", self.config, "--dry-run", "map.alpha=0.25"]).out
        again = self.folder / "again.ini"
        again.write_text(printed[:printed.index("\ntasks:")])
        self.fit("map.alpha=0.25")
        expected = support.arrays(self.output)
        self.assert_done(support.run(["fit", again, "run.resume=overwrite"]))
        self.assert_same(self.output, expected)

    def test_it_refuses_what_the_run_would_refuse(self):
        result = support.run(["fit", self.config, "--dry-run", "data.arenas=9"], 2)
        self.assertEqual(result.code, 2)
        self.assertIn('no arena "9"', self.one_line_of_failure(result.err))
        self.assertEqual(result.out, "")


if __name__ == "__main__":
    unittest.main()
