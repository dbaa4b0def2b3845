"""Runs divided among the jobs of an array, and mec merge: the bytes of a run in one go, whatever
was killed, resubmitted or joined in between; what does not belong together is refused."""
import os
import re
import signal
import socket
import subprocess
import unittest
from pathlib import Path

import h5py

import rate_maps
import support
from resuming import ResumeTest
from support import JobTest


class MergeTest(JobTest):
    job = "fit"

    def setUp(self):
        super().setUp()
        self.data = support.write_dataset(self.folder / "data.h5", {"1.0": support.animals()})
        self.joined = self.folder / "joined.h5"
        self.config = self.write_config()

    def write_config(self):
        return support.write_config(self.folder / "run.ini", self.folder / "run.h5", self.data,
                                    splits_num_splits=7, splits_keep="yes")

    def part(self, shard, n_shard):
        return self.folder / f"run.{shard}-of-{n_shard}.h5"

    def run_shard(self, shard, n_shard, *overrides, ranks=None, code=0, env=None):
        given = [] if env else [f"run.shard={shard}"]
        result = support.run([self.job, self.config, f"run.shards={n_shard}", *given, *overrides],
                             ranks, env=env)
        self.assertEqual(result.code, code, result.err)
        return self.part(shard, n_shard)

    def run_shards(self, n_shard, *overrides, code=0):
        return [self.run_shard(i, n_shard, *overrides, ranks=(None, 2, 3)[i % 3], code=code)
                for i in range(n_shard)]

    def whole(self, *overrides, code=0):
        path = self.folder / "run.h5"
        result = support.run([self.job, self.config, *overrides], 2)
        self.assertEqual(result.code, code, result.err)
        return support.arrays(path)

    def merge(self, *arguments, code=0):
        result = support.run(["merge", *arguments])
        self.assertEqual(result.code, code, result.err)
        self.assert_no_leftovers(self.joined)
        return result

    def refused(self, *arguments):
        return self.one_line_of_failure(self.merge(self.joined, *arguments, code=2).err)

    def n_done(self, path):
        with h5py.File(path) as file:
            return int(file["tasks/done"][()].sum())

    def status(self, path):
        return support.run(["show", "--status", path])

    def check_merged(self, parts, expected, code=0):
        """In any order, and once more."""
        for _ in range(2):
            parts = parts[::-1]
            result = self.merge(self.joined, *parts, code=code)
            self.assert_same(self.joined, expected)
            self.assertIn(str(self.joined), result.out)
            self.assertEqual(self.status(self.joined).code, code)
        with h5py.File(self.joined) as file:
            self.assertFalse([name for name in file.attrs if "shard" in name])


class Fits(MergeTest):
    def test_the_bytes_of_one_run(self):
        expected = self.whole()
        for n_shard in (2, 4, 30):  # more shards than tasks too
            with self.subTest(n_shard):
                parts = self.run_shards(n_shard)
                counts = [self.n_done(part) for part in parts]
                self.assertEqual(sum(counts), 21)
                self.assertLessEqual(max(counts) - min(counts), 1)
                self.check_merged(parts, expected)

    def test_the_array_of_slurm_says_which_shard(self):
        paths = [self.run_shard(i, 2, env={"SLURM_ARRAY_TASK_ID": str(i)}) for i in range(2)]
        self.assertTrue(all(path.exists() for path in paths))
        self.check_merged(paths, self.whole())

    def test_an_array_of_whole_runs_is_not_divided(self):
        result = support.run(["fit", self.config], env={"SLURM_ARRAY_TASK_ID": "3"})
        self.assert_done(result)
        self.assertEqual(self.n_done(self.folder / "run.h5"), 21)

    def test_which_shard_is_not_known(self):
        for value, env in (("", {}), ("3", {}), ("-1", {}), ("x", {}), ("1.0", {}),
                           ("", {"SLURM_ARRAY_TASK_ID": "3"})):
            with self.subTest(value=value, env=env):
                result = support.run(["fit", self.config, "run.shards=3", f"run.shard={value}"],
                                     env=env)
                self.assertEqual(result.code, 2)
                line = self.one_line_of_failure(result.err)
                self.assertRegex(line, r"\[run\] shard: .*accepted with run.shards = 3: 0 to 2")
                self.assertEqual(list(self.folder.glob("*.h5*")), [self.data])

    def test_training_is_not_divided(self):
        config = self.folder / "train.ini"
        config.write_text(f"[run]\noutput = {self.folder}/net.h5\nshards = 2\nshard = 0\n")
        result = support.run(["train", config])
        self.assertEqual(result.code, 2)
        self.assertIn("shards: found 2", self.one_line_of_failure(result.err))

    def test_a_shard_by_itself(self):
        part = self.run_shard(1, 4, ranks=2)
        state = self.status(part)
        self.assertEqual(state.code, 0)
        self.assertIn("complete, 5 of 5 tasks of shard 1 (0 to 3)", state.out)
        shown = support.run(["show", part])
        self.assertIn("5 of 21 tasks", shown.out)
        self.assertIn("the splits that are done", shown.out)
        again = support.run(["fit", self.config, "run.shards=4", "run.shard=1"])
        self.assert_done(again)
        self.assertEqual(self.n_done(part), 5)

    def test_a_dry_run_tells_the_share(self):
        result = support.run(["fit", self.config, "run.shards=4", "run.shard=1", "--dry-run"])
        self.assert_done(result)
        self.assertIn("share:   5 of them in shard 1 of 0 to 3", result.out)
        self.assertFalse(self.part(1, 4).exists())

    def test_missing_tasks_are_named(self):
        parts = self.run_shards(3)
        line = self.refused(parts[0], parts[2])
        self.assertIn("7 of 21 tasks are missing: 1.0/rat_a split ", line)
        self.assertIn("and 4 more; shard 1 has no file", line)
        self.assertFalse(self.joined.exists())
        with h5py.File(parts[1]) as file:
            done = file["tasks/done"][()] == 1
            name = file["tasks/name"][()][done][0].decode()
        self.assertIn(name, line)

    def test_a_part_that_is_absent(self):
        parts = self.run_shards(3)
        parts[1].unlink()
        self.assertIn(str(parts[1]), self.refused(*parts))

    def test_some_now_and_all_later(self):
        expected = self.whole()
        parts = self.run_shards(3)
        aside = self.folder / "aside.h5"
        parts[1].rename(aside)
        result = self.merge("--partial", self.joined, *parts)
        self.assertIn("shard 1 has no file", result.err)
        self.assertEqual(self.status(self.joined).code, 75)
        self.assertEqual(self.n_done(self.joined), 14)
        self.assertIn("14 of 21 tasks", result.out)
        aside.rename(parts[1])
        self.check_merged(parts, expected)
        self.assertIn("has 7 tasks that the files to join lack",
                      self.refused("--partial", parts[0], parts[2]))
        self.assert_same(self.joined, expected)

    def test_a_run_goes_on_in_a_joined_file(self):
        expected = self.whole()
        self.run_shards(3)
        self.merge("--partial", self.joined, self.part(0, 3), self.part(2, 3))
        result = support.run(["fit", self.config, f"run.output={self.joined}"], 2)
        self.assert_done(result)
        self.assertIn("goes on, 14 of 21", result.err)
        self.assert_same(self.joined, expected)

    def test_a_joined_file_is_joined_with_the_rest(self):
        expected = self.whole()
        parts = self.run_shards(3)
        self.merge("--partial", self.joined, *parts[:2])
        self.merge(self.joined, self.joined, parts[2])
        self.assert_same(self.joined, expected)

    def test_divisions_of_any_kind_are_joined(self):
        expected = self.whole()
        parts = [self.run_shard(0, 2), *(self.run_shard(i, 5) for i in range(5))]
        self.check_merged(parts, expected)

    def test_fits_that_fail(self):
        failing = ["map.regression_type=Lasso", "map.max_iter=1", "map.tol=1e-12",
                   "map.certificate=objective"]
        expected = self.whole(*failing, code=self.code_of(failing))
        parts = [self.run_shard(i, 2, *failing, code=self.code_of(failing)) for i in range(2)]
        self.check_merged(parts, expected, self.code_of(failing))

    def code_of(self, overrides):
        return support.run(["fit", self.config, f"run.output={self.folder}/code.h5",
                            *overrides]).code

    def test_reliability_beside_scores(self):
        halves = [f"data.half{i}={self.data}" for i in (1, 2)]
        expected = self.whole(*halves)
        self.assertIn("/fits/1.0/rat_a/corr_noise_corrected", expected)
        self.check_merged(self.run_shards(2, *halves), expected)

    def test_pairs_and_other_scores(self):
        options = ["source.mode=pairwise", "fit.scores=r2, rsa, corr"]
        expected = self.whole(*options)
        self.check_merged(self.run_shards(3, *options), expected)


class Refused(MergeTest):
    def test_other_settings(self):
        ours = self.run_shard(0, 2)
        theirs = self.run_shard(1, 2, "map.alpha=10")
        line = self.refused(ours, theirs)
        self.assertIn("[map] alpha is 1 there and 10 here", line)
        self.assertIn(str(ours), line)
        self.assertIn(str(theirs), line)
        self.assertNotIn("[run]", line)
        self.assertFalse(self.joined.exists())

    def test_other_data(self):
        other = support.write_dataset(self.folder / "other.h5",
                                      {"1.0": support.animals(seed=200)})
        ours = self.run_shard(0, 2)
        theirs = self.run_shard(1, 2, f"data.dataset={other}")
        line = self.refused(ours, theirs)
        for path in (ours, theirs, self.data, other):
            self.assertIn(str(path), line)

    def test_the_same_data_elsewhere(self):
        moved = self.folder / "moved.h5"
        moved.write_bytes(self.data.read_bytes())
        parts = [self.run_shard(0, 2), self.run_shard(1, 2, f"data.dataset={moved}")]
        self.check_merged(parts, self.whole())

    def test_what_stands_at_the_output(self):
        parts = self.run_shards(2)
        for content in (b"", b"not HDF5", Path(self.data).read_bytes()):
            self.joined.write_bytes(content)
            self.assertIn("not to be replaced", self.refused(*parts))
            self.assertEqual(self.joined.read_bytes(), content)
        self.run_shard(0, 2, "run.resume=overwrite", "map.alpha=10")
        self.joined.write_bytes(parts[0].read_bytes())
        self.run_shard(0, 2, "run.resume=overwrite")
        self.assertIn("[map] alpha", self.refused(*parts))

    def test_what_is_no_run_file(self):
        part = self.run_shard(0, 2)
        self.assertIn("no run file", self.refused(part, self.data))
        text = self.folder / "text.h5"
        text.write_text("text")
        self.assertIn("not a whole HDF5 file", self.refused(text, part))
        cut = self.folder / "cut.h5"
        cut.write_bytes(part.read_bytes()[:20000])
        self.assertEqual(self.merge(self.joined, part, cut, code=2).code, 2)

    def test_other_jobs(self):
        part = self.run_shard(0, 2)
        grid = self.folder / "grid.h5"
        self.assert_done(support.run(
            ["grid", self.config, f"run.output={grid}", "grid.alpha=1", "grid.l1_ratio=0.5"]))
        self.assertIn("of job fit and of job grid", self.refused(part, grid))

    def test_results_that_differ(self):
        parts = [self.run_shard(0, 2), self.folder / "copy.h5", self.run_shard(1, 2)]
        parts[1].write_bytes(parts[0].read_bytes())
        with h5py.File(parts[1], "r+") as file:
            values = file["fits/1.0/rat_b/corr_per_split"]
            split = [i for i in range(7) if values[0, i] == values[0, i]][0]
            values[0, split] += 1e-15
        line = self.refused(*parts)
        self.assertIn("/fits/1.0/rat_b/corr_per_split", line)
        self.assertIn(str(parts[1]), line)

    def test_a_part_that_is_being_written(self):
        parts = self.run_shards(2)
        lock = Path(f"{parts[1]}.lock")
        lock.write_text(f"host {socket.gethostname()} pid {os.getpid()} job -\n")
        self.assertIn("is being written", self.refused(*parts))
        dead = subprocess.Popen(["true"])
        dead.wait()
        lock.write_text(f"host {socket.gethostname()} pid {dead.pid} job -\n")
        self.merge(self.joined, *parts)

    def test_a_file_that_cannot_be_written(self):
        parts = self.run_shards(2)
        for _ in range(2):  # what stands there stays
            before = self.joined.read_bytes() if self.joined.exists() else None
            result = support.run(["merge", self.joined, *parts], env={"MEC_FAULT": "merge:0"})
            self.assertEqual(result.code, 1)
            self.assertIn("injected", self.one_line_of_failure(result.err))
            self.assert_no_leftovers(self.joined)
            self.assertEqual(self.joined.read_bytes() if before else None, before)
            self.merge(self.joined, *parts)

    def test_command_lines(self):
        for arguments in ([], [self.joined], ["--all", self.joined, "x.h5"]):
            result = support.run(["merge", *arguments])
            self.assertEqual(result.code, 2)
            self.assertIn("mec merge [--partial] OUT.h5", self.one_line_of_failure(result.err))
        self.assertIn("no.h5", self.refused(self.folder / "no.h5"))
        self.assertIn("none of the 1 files", self.refused("--partial", self.folder / "no.h5"))


class Grid(MergeTest):
    job = "grid"

    def write_config(self):
        return support.write_config(
            self.folder / "run.ini", self.folder / "run.h5", self.data, splits_num_splits=2,
            splits_train_frac=0.6, splits_keep="yes", grid_alpha="geomspace(1e-3, 1e3, 7)",
            grid_l1_ratio="linspace(0.1, 1, 7)", grid_keep_scores="yes")

    def test_the_bytes_of_one_run(self):
        self.check_merged(self.run_shards(3), self.whole())

    def test_cells_that_are_cut(self):
        """Parts of a cell and what joins them are one shard's; what they leave is taken along where
        that shard has not ended."""
        cut = ["grid.alpha=geomspace(1e-3, 1e3, 187)", "grid.l1_ratio=linspace(0.1, 1, 187)",
               "grid.parts=4", "grid.keep_scores=no", "splits.num_splits=1"]
        expected = self.whole(*cut)
        self.assertIn("/parts/score", expected)
        parts = self.run_shards(2, *cut)
        self.check_merged(parts, expected)
        progress = Path(f"{parts[0]}.progress")
        parts[0].unlink()
        progress.unlink()
        run = support.start(["grid", self.config, "run.shards=2", "run.shard=0", *cut,
                             "run.flush_seconds=0.01", "run.log_seconds=0.01"], 2)
        self.addCleanup(run.kill)
        while run.process.poll() is None:
            text = progress.read_text() if progress.exists() else ""
            if [n for n in re.findall(r'"done": *(\d+)', text) if int(n) >= 3]:
                run.kill()
        run.wait()
        self.joined.unlink()
        n_done = self.n_done(parts[0])
        self.assertGreater(n_done, 0)
        self.merge("--partial", self.joined, *parts)
        result = support.run(["grid", self.config, f"run.output={self.joined}", *cut], 2)
        self.assert_done(result)
        self.assert_same(self.joined, expected)


class RateMaps(MergeTest):
    job = "ratemaps"

    def write_config(self):
        boxes = ["-0.5 0.5 -0.5 0.5", "-1.1 1.1 -0.5 0.5", "-0.7 0.7 -0.7 0.7"]
        return rate_maps.write_config(self.folder / "run.ini", self.folder / "run.h5",
                                      ratemaps={"environment": boxes})

    def test_the_bytes_of_one_run(self):
        self.check_merged(self.run_shards(2), self.whole())

    def test_maps_that_are_not_finished_do_not_count(self):
        """Their sums are of use to their own run alone."""
        expected = self.whole()
        parts = self.run_shards(2)
        parts[0].unlink()
        slow = ["ratemaps.n_eval_seq=4"]
        run = support.start(["ratemaps", self.config, "run.shards=2", "run.shard=0", *slow,
                             "run.flush_seconds=0.001", "run.log_seconds=0.001"],
                            env={"MEC_FAULT": "compute:0:3"})
        self.assertEqual(run.wait().code, 1)
        self.assertGreater(self.n_done(parts[0]), 0)
        self.merge("--partial", self.joined, *parts)
        self.assertEqual(self.n_done(self.joined), self.n_done(parts[1]))
        result = support.run(["ratemaps", self.config, f"run.output={self.joined}"], 2)
        self.assert_done(result)
        self.assert_same(self.joined, expected)
        self.run_shard(0, 2)
        self.joined.unlink()
        self.check_merged(parts, expected)


class Interrupted(ResumeTest):
    def test_one_element_killed_and_resubmitted_alone(self):
        """What the others have done is not done again."""
        outputs = [self.folder / f"run.{i}-of-3.h5" for i in range(3)]
        shards = [["run.shards=3", f"run.shard={i}"] for i in range(3)]
        for i in (0, 2):
            self.assert_done(support.run(["fit", self.config, *shards[i]], 2))
        self.output = outputs[1]
        run = self.start(2, *shards[1])
        self.wait_for_work(run, 0.3)
        run.kill(number=signal.SIGKILL)
        run.wait()
        joined = self.folder / "joined.h5"
        line = self.one_line_of_failure(support.run(["merge", joined, *outputs]).err)
        self.assertRegex(line, r"shard 1 has \d+ of 800 tasks")
        again = support.run(["fit", self.config, *shards[1]], 2)
        self.assert_done(again)
        self.assertRegex(again.err, r"goes on, \d+ of 800 tasks are done")
        self.assert_done(support.run(["merge", joined, *outputs]))
        self.assert_same(joined, self.expected)


if __name__ == "__main__":
    unittest.main()
