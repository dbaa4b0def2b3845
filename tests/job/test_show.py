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

    def fit(self, *overrides):
        result = support.run(["fit", self.config, *overrides])
        self.assert_done(result)
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
        self.fit("splits.num_splits=4")

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
        results.enrich(self.output)
        for name in ("neg_emd", "split_half_r", "reliability", "corr_noise_corrected"):
            with self.subTest(name):
                shown = self.show(self.output, f"score={name}").out
                self.assertEqual(shown.count("\narena "), 1)
                self.assertIn(f"\n\n{name}\n", shown)
                self.check(shown, name)

    def test_one_of_animals(self):
        results.enrich(self.output)
        self.check(self.show(self.output, "score=rsa").out, "rsa", "animals")

    def test_the_noise_ceiling_stands_beside_the_correlation(self):
        plain = self.show(self.output).out
        results.enrich(self.output)
        shown = self.show(self.output).out
        self.assertTrue(shown.startswith(plain), shown)
        rest = shown[len(plain):]
        corrected, reliability = rest.split("\nreliability\n")
        self.assertTrue(corrected.startswith("\ncorr_noise_corrected\n"))
        self.check(corrected, "corr_noise_corrected")
        self.check(reliability, "reliability")
        self.assertNotIn("reliability", self.show(self.output, "score=r2").out)

    def test_an_unknown_one_is_told_what_there_is(self):
        results.enrich(self.output)
        line = self.one_line_of_failure(self.show(self.output, "score=rs", code=2).err)
        self.assertIn("accepted: corr, r2, mse, neg_emd, rsa, split_half_r, reliability, "
                      "corr_noise_corrected", line)

    def test_arrays_of_a_wrong_shape(self):
        with h5py.File(self.output, "r+") as file:
            group = file["fits/open field/rat_b"]
            del group["corr_per_split"]
            group["corr_per_split"] = np.zeros((3, 4))
        line = self.one_line_of_failure(self.show(self.output, code=2).err)
        self.assertIn("/fits/open field/rat_b/corr_per_split", line)


class FailedFits(ShowTest):
    def setUp(self):
        super().setUp()
        self.fit("splits.num_splits=4")

    def listed(self, text):
        lines = text.splitlines()
        head = next(i for i, line in enumerate(lines) if " fits failed: " in line)
        self.assertRegex(lines[head + 1], r"^  arena +animal +cell +split .*status +gap$")
        rows = lines[head + 2:lines.index("", head)]
        return lines[head], rows

    def test_none(self):
        results.enrich(self.output)
        self.assertNotIn("failed", self.show(self.output).out)

    def test_some(self):
        results.enrich(self.output, {
            ("1.0", "rat_c"): {6: results.GAP_ABOVE_TOL, 9: results.FAILED},
            ("open field", "rat_b"): {23: results.GAP_ABOVE_TOL, 0: results.NO_STATES}})
        shown = self.show(self.output).out
        head, rows = self.listed(shown)
        self.assertEqual(head, "3 of 176 fits failed: 2 gap_above_tol, 1 failed")
        self.assertEqual([row.split() for row in rows],
                         [["1.0", "rat_c", "rat_c_1", "2", "gap_above_tol", "0.25"],
                          ["1.0", "rat_c", "rat_c_2", "1", "failed", "-"],
                          ["open", "field", "rat_b", "rat_b_5", "3", "gap_above_tol", "0.25"]])
        self.assertIn("\n1 of 176 fits had too few states to train and test (no_states)\n", shown)

    def test_many(self):
        results.enrich(self.output, {("1.0", "rat_d"): {i: results.FAILED for i in range(25)}})
        head, rows = self.listed(self.show(self.output).out)
        self.assertEqual(head, "25 of 176 fits failed: 25 failed")
        self.assertEqual(len(rows), 21)
        self.assertEqual(rows[-1], f"  ... and 5 more: mec export {self.output} splits=yes")

    def test_pairwise(self):
        self.fit("source.mode=pairwise", "run.resume=overwrite", "splits.num_splits=4")
        results.enrich(self.output, {("1.0", "rat_b"): {4: results.FAILED}})
        _, rows = self.listed(self.show(self.output).out)
        self.assertEqual(rows[0].split(), ["1.0", "rat_b", "rat_b_0", "1", "rat_c", "failed", "-"])


class SettingsLine(ShowTest):
    """What of the settings stands beside the scores."""

    def setUp(self):
        super().setUp()
        self.fit()

    def line(self, **settings):
        results.set_config(self.output, **settings)
        line = self.show(self.output).out.splitlines()[1]
        self.assertTrue(line.startswith(f"dataset = {self.data}, "), line)
        return line[len(f"dataset = {self.data}, "):]

    def test_what_is_not_at_its_default(self):
        self.assertEqual(self.line(map_fit_intercept="no", splits_split_start_seed="7"),
                         "mode = holdout, regression_type = Ridge, alpha = 1, fit_intercept = no, "
                         "train_frac = 0.2, num_splits = 10, split_start_seed = 7")

    def test_regressions(self):
        tail = ", train_frac = 0.2, num_splits = 10"
        for name, told in (("LinearRegression", ""), ("Lasso", ", alpha = 1"),
                           ("ElasticNet", ", alpha = 1, l1_ratio = 0.5"),
                           ("RidgeCV", ", alphas = 0.1, 1")):
            with self.subTest(name):
                alphas = "0.1, 1" if name == "RidgeCV" else "auto"
                line = self.line(map_regression_type=name, map_alphas=alphas, map_l1_ratio="0.5")
                self.assertEqual(line, f"mode = holdout, regression_type = {name}{told}{tail}")

    def test_other_maps(self):
        tail = ", train_frac = 0.2, num_splits = 10"
        self.assertEqual(self.line(map_type="pls", map_n_components="3", map_percentile="100",
                                   map_identity="yes"),
                         "mode = holdout, type = pls, n_components = 3" + tail)
        self.assertEqual(self.line(map_type="corr"),
                         "mode = holdout, type = corr, percentile = 100, identity = yes" + tail)
        line = self.line(map_identity="no", map_n_components="auto")
        for told in ("type = corr, ", "regression_type = Ridge, alpha = 1, ",
                     "percentile = 100, identity = no, "):
            self.assertIn(told, line)

    def test_splits(self):
        head = "mode = holdout, regression_type = Ridge, alpha = 1, "
        self.assertEqual(self.line(splits_train_frac="quad"), head + "train_frac = quad")
        self.assertEqual(self.line(splits_file="splits.csv"), head + "file = splits.csv")

    def test_sources(self):
        self.assertTrue(self.line(source_kind="response", source_response="maps.h5:/{arena}")
                        .startswith("kind = response, response = maps.h5:/{arena}, regression_type"))


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
