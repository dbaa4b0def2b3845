"""mec export: the CSV holds what the run file holds, to the last bit."""
import csv
import io
import os
import unittest

import h5py
import numpy as np
import pandas

import results
import support
from support import JobTest

NAMES = ["arena", "animal", "cell_id"]


class ExportTest(JobTest):
    CELL_NAME = "{animal},\"{cell}\""

    def setUp(self):
        super().setUp()
        silent = support.animals()
        silent["rat_b"][:, :, 2] = 0
        self.arenas = {"1.0": support.animals(4, seed=300), "box, \"old\"": silent}
        self.data = support.write_dataset(self.folder / "data.h5", self.arenas,
                                          cell_name=self.CELL_NAME)
        self.output = self.folder / "run.h5"
        self.config = support.write_config(self.folder / "fit.ini", self.output, self.data,
                                           splits_num_splits=3)

    def fit(self, *overrides):
        self.assert_done(support.run(["fit", self.config, *overrides]))

    def export(self, *arguments, code=0):
        result = support.run(["export", self.output, *arguments])
        self.assertEqual(result.code, code, result.err)
        if code == 0:
            self.assertEqual(result.err, "")
        return result

    def table(self, *arguments):
        """The exported table as pandas reads it without options."""
        return pandas.read_csv(io.StringIO(self.export(*arguments).out), float_precision="round_trip")

    def targets(self):
        with h5py.File(self.output) as file:
            return [(arena, animal, {name: item[()] for name, item in group.items()})
                    for arena, animal, group in results.groups(file)]

    def check_values(self, found, expected, name):
        np.testing.assert_array_equal(found[name].to_numpy(), np.concatenate(expected), name)


class Cells(ExportTest):
    def test_every_cell_and_score(self):
        self.fit()
        found = self.table()
        self.assertEqual(list(found), NAMES + ["corr", "r2", "mse", "n_valid_splits", "status"])
        targets = self.targets()
        for name in ("corr", "r2", "mse", "n_valid_splits"):
            self.check_values(found, [t[name] for _, _, t in targets], name)
        ids = [cell.decode() for _, _, t in targets for cell in t["cell_ids"]]
        self.assertEqual(list(found["cell_id"]), ids)
        self.assertEqual(list(found["arena"].unique()), ["1.0", 'box, "old"'])
        self.assertEqual(found["corr"].isna().sum(), 1)  # the silent cell

    def test_the_text(self):
        self.fit()
        lines = self.export().out.splitlines()
        self.assertEqual(lines[0], "arena,animal,cell_id,corr,r2,mse,n_valid_splits,status")
        self.assertTrue(lines[1].startswith('1.0,rat_a,"rat_a,""0""",'), lines[1])
        silent = next(line for line in lines if 'rat_b,""2""' in line and "old" in line)
        self.assertTrue(silent.startswith('"box, ""old""",rat_b,'), silent)
        self.assertRegex(silent, r"^.*,NaN,NaN,[^,]+,0,done$")
        rows = list(csv.reader(lines))
        self.assertEqual({len(row) for row in rows}, {8})

    def test_all_that_a_run_can_hold(self):
        self.fit(results.SCORES, "map.regression_type=Lasso", "map.alpha=0.1",
                 *results.halves(self.folder, self.arenas, cell_name=self.CELL_NAME))
        results.set_outcomes(self.output, {
            ("1.0", "rat_a"): {1: results.GAP_ABOVE_TOL, 2: results.FAILED, 4: results.NO_STATES,
                               7: results.GAP_ABOVE_TOL, 8: 9}})
        found = self.table()
        extra = results.FROM_HALVES
        self.assertEqual(list(found), NAMES + ["corr", "r2", "mse", "neg_emd", "n_valid_splits"] +
                         extra + ["rsa", "status"])
        targets = self.targets()
        for name in extra:
            self.check_values(found, [t[name] for _, _, t in targets], name)
        np.testing.assert_allclose(found["rsa"], np.concatenate(
            [np.full(len(t["corr"]), t["rsa"]) for _, _, t in targets]), rtol=1e-15)
        words = list(found["status"])
        self.assertEqual(words[:4], ["failed", "no_states", "unknown", "done"])
        self.assertEqual(set(words[4:]), {"done"})

    def test_pairwise(self):
        self.fit("source.mode=pairwise")
        found = self.table()
        targets = self.targets()
        self.check_values(found, [t["corr"] for _, _, t in targets], "corr")
        self.check_values(found, [t["n_valid_splits"].sum(axis=1) for _, _, t in targets],
                          "n_valid_splits")


class Parts(ExportTest):
    def test_splits(self):
        self.fit(results.SCORES, "map.regression_type=Lasso", "map.alpha=0.1")
        results.set_outcomes(self.output, {("1.0", "rat_b"): {5: results.FAILED}})
        found = self.table("splits=yes")
        self.assertEqual(list(found), NAMES + ["split", "corr", "r2", "mse", "neg_emd", "rsa",
                                               "relative_gap", "status", "n_train", "n_states"])
        targets = self.targets()
        for name in ("corr", "r2", "mse", "neg_emd"):
            self.check_values(found, [t[f"{name}_per_split"].ravel() for _, _, t in targets], name)
        for name in ("relative_gap", "n_train"):
            self.check_values(found, [t[name].ravel() for _, _, t in targets], name)
        self.check_values(found, [np.repeat(t["n_states"], 3) for _, _, t in targets], "n_states")
        self.check_values(found, [np.tile(t["rsa_per_split"], len(t["corr"]))
                                  for _, _, t in targets], "rsa")
        self.check_values(found, [np.tile(t["split"], len(t["corr"])) for _, _, t in targets],
                          "split")
        rows = found[found["status"] != "done"]
        self.assertEqual(len(rows), 1)
        row = rows.iloc[0]
        self.assertEqual((row["animal"], row["cell_id"], row["split"], row["status"]),
                         ("rat_b", 'rat_b,"1"', 2, "failed"))
        self.assertTrue(np.isnan(row["relative_gap"]))

    def test_splits_and_sources(self):
        self.fit("source.mode=pairwise", results.SCORES)
        targets = self.targets()
        for options in (["splits=yes"], ["splits=yes", "sources=yes"]):
            found = self.table(*options)
            self.assertEqual(list(found)[:5], NAMES + ["split", "source"])
            for name in ("corr", "mse", "neg_emd"):
                self.check_values(found, [t[f"{name}_per_split"].ravel() for _, _, t in targets],
                                  name)
            self.check_values(found, [t["n_train"].ravel() for _, _, t in targets], "n_train")
            self.check_values(found, [np.repeat(t["n_states"], 3, axis=0).ravel()
                                      for _, _, t in targets], "n_states")
            self.check_values(found, [np.tile(t["rsa_per_split"].ravel(), len(t["corr"]))
                                      for _, _, t in targets], "rsa")
            first = found[(found["arena"] == "1.0") & (found["animal"] == "rat_b")]
            self.assertEqual(list(first["source"][:4]), ["rat_a", "rat_c", "rat_d", "rat_a"])
            self.assertEqual(list(first["split"][:4]), [0, 0, 0, 1])

    def test_sources(self):
        self.fit("source.mode=pairwise", results.SCORES, "map.regression_type=Lasso",
                 "map.alpha=0.1")
        results.set_outcomes(self.output, {("1.0", "rat_a"): {1: results.FAILED}})
        found = self.table("sources=yes")
        self.assertEqual(list(found), NAMES + ["source", "corr", "r2", "mse", "neg_emd",
                                               "n_valid_splits", "rsa", "status", "n_states"])
        targets = self.targets()
        expected = np.concatenate([support.nanmean(t["corr_per_split"], axis=1).ravel()
                                   for _, _, t in targets])
        np.testing.assert_allclose(found["corr"], expected, rtol=1e-14)
        self.check_values(found, [t["n_valid_splits"].ravel() for _, _, t in targets],
                          "n_valid_splits")
        self.check_values(found, [t["n_states"].ravel() for _, _, t in targets], "n_states")
        self.assertEqual(list(found["status"][:3]), ["done", "failed", "done"])

    def test_parameters_per_cell(self):
        """Every cell on its own states, with its own train_frac."""
        self.arenas["1.0"]["rat_b"][2, 3, 1] = np.nan
        data = support.write_dataset(self.folder / "gap.h5", {"1.0": self.arenas["1.0"]})
        path = self.folder / "cells.csv"
        path.write_text("cell_id,split,alpha,train_frac\nrat_a_1,*,3,0.5\n*,2,,0.25\n")
        for mode in ("holdout", "pairwise"):
            self.fit(f"data.dataset={data}", f"map.per_cell={path}", f"source.mode={mode}",
                     "run.resume=overwrite")
            found = self.table("splits=yes")
            sources = found["source"] if mode == "pairwise" else [""] * len(found)
            for cell, split, source, n_states, n_train in zip(
                    found["cell_id"], found["split"], sources, found["n_states"],
                    found["n_train"]):
                n = 72 - (cell == "rat_b_1" or "rat_b" in source or
                          (mode == "holdout" and not cell.startswith("rat_b")))
                share = 0.5 if cell == "rat_a_1" else 0.25 if split == 2 else 0.2
                self.assertEqual((n_states, n_train), (n, np.ceil(share * n)), (cell, split))
            for name in ("corr", "mse"):
                self.check_values(found, [t[f"{name}_per_split"].ravel()
                                          for _, _, t in self.targets()], name)

    def test_sources_of_a_run_without_single_ones(self):
        self.fit()
        line = self.one_line_of_failure(self.export("sources=yes", code=2).err)
        self.assertIn("pairwise", line)


class Files(ExportTest):
    def setUp(self):
        super().setUp()
        self.fit()
        self.table_path = self.folder / "tables" / "run.csv"

    def test_a_file_holds_what_stdout_gets(self):
        text = self.export().out
        for _ in range(2):  # an older table is replaced
            told = self.export(self.table_path).out
            self.assertEqual(told, f"wrote {self.table_path}: 44 rows, 8 columns\n")
            self.assertEqual(self.table_path.read_text(), text)
        self.assertEqual(os.listdir(self.table_path.parent), ["run.csv"])

    def test_an_input_is_not_overwritten(self):
        for path in (self.output, self.data):
            before = path.read_bytes()
            line = self.one_line_of_failure(self.export(path, code=2).err)
            self.assertIn("HDF5", line)
            self.assertEqual(path.read_bytes(), before)

    def test_what_it_refuses(self):
        (self.folder / "text").write_text("text")
        cases = [([self.data], "is no run file"), ([self.folder / "none"], "No such file"),
                 ([self.folder / "text"], "not a whole HDF5 file"), ([], "no file given"),
                 ([self.output, "split=yes"], '"split=yes"; usage: mec export'),
                 ([self.output, "--splits"], '"--splits"; usage: mec export'),
                 ([self.output, "splits=perhaps"], 'found "perhaps"; accepted: yes or no'),
                 ([self.output, "a.csv", "b.csv"], "one file too many"),
                 ([self.output, self.folder], "is a directory")]
        for arguments, says in cases:
            with self.subTest(says):
                result = support.run(["export", *arguments], cwd=self.folder)
                self.assertEqual(result.code, 2, result.err)
                self.assertIn(says, self.one_line_of_failure(result.err))
                self.assertEqual(result.out, "")
        self.assertFalse((self.folder / "split=yes").exists())

    def test_a_run_that_goes_on(self):
        (self.folder / "run.h5.lock").write_text(
            f"host {os.uname().nodename} pid {os.getpid()} job -\n")
        line = self.one_line_of_failure(self.export(code=2).err)
        self.assertIn("is being written", line)

    def test_an_unfinished_run(self):
        with h5py.File(self.output, "r+") as file:
            file["status"][0] = 1
            file["tasks/done"][:4] = 0
            file["fits/1.0/rat_a/corr_per_split"][:, 1:] = np.nan
            file["fits/1.0/rat_a/corr"][...] = np.nan
            first = file["fits/1.0/rat_a/corr_per_split"][:, 0]
        result = support.run(["export", self.output])
        self.assertEqual(result.code, 0)
        self.assertEqual(result.err, f"mec: {self.output}: is stopped, 17 of 21 tasks done: what "
                                     "is missing is NaN\n")
        found = pandas.read_csv(io.StringIO(result.out), float_precision="round_trip")
        np.testing.assert_array_equal(found["corr"][:5], first)
        self.assertEqual(list(found["n_valid_splits"][:5]), [1] * 5)

    def test_a_full_disk(self):
        with open("/dev/full", "w") as full:
            process = support.subprocess.run(support.command(["export", self.output]), stdout=full,
                                             stderr=support.subprocess.PIPE, text=True)
        self.assertEqual(process.returncode, 1)
        self.assertIn("No space left", process.stderr)

    def test_once_on_several_ranks(self):
        alone = support.run(["export", self.output])
        self.assertEqual(support.run(["export", self.output], 3), alone)


if __name__ == "__main__":
    unittest.main()
