"""Runs that are killed or stopped at any moment: the file opens, what it calls done is right, and
the same command goes on to the same bytes."""
import json
import os
import re
import signal
import socket
import subprocess
import tempfile
import time
import unittest
from pathlib import Path

import h5py
import numpy as np

import support
from support import JobTest

N_SPLIT, N_ANIMAL, N_CELL = 600, 6, 120
N_TASK = N_SPLIT * N_ANIMAL
SHORT = ["splits.num_splits=20"]  # where no run is interrupted


class ResumeTest(JobTest):
    """Runs of some seconds, written to disk many times a second."""

    @classmethod
    def setUpClass(cls):
        shared = tempfile.TemporaryDirectory(prefix="mec-job-")
        cls.addClassCleanup(shared.cleanup)
        folder = Path(shared.name)
        cls.data = support.write_dataset(
            folder / "data.h5", {"1.0": support.animals(N_ANIMAL, 20, 20, N_CELL)})
        cls.reference = folder / "reference.h5"
        config = cls.write_config(folder / "reference.ini", cls.reference)
        result = support.run(["fit", config])
        assert result.code == 0, result.err
        cls.expected = support.arrays(cls.reference)

    @classmethod
    def write_config(cls, path, output):
        return support.write_config(path, output, cls.data, splits_num_splits=N_SPLIT,
                                    fit_scores="corr, mse", run_flush_seconds=0.05,
                                    run_log_seconds=0.02)

    def setUp(self):
        super().setUp()
        self.output = self.folder / "run.h5"
        self.lock = Path(f"{self.output}.lock")
        self.config = self.write_config(self.folder / "fit.ini", self.output)

    def clear(self):
        """As if there had been no run."""
        for path in self.folder.glob("run.h5*"):
            path.unlink()

    def start(self, ranks=None, *overrides, env=None):
        run = support.start(["fit", self.config, *overrides], ranks, env)
        self.addCleanup(run.kill)
        return run

    def wait_for(self, condition, run, what, timeout=30):
        limit = time.monotonic() + timeout
        while not condition():
            self.assertLess(time.monotonic(), limit, f"waited for {what}")
            self.assertIsNone(run.process.poll(), f"ended before {what}")
            time.sleep(0.001)

    def wait_for_work(self, run, fraction=0.0):
        """Until the run has done that part of its work by its own account."""
        progress = Path(f"{self.output}.progress")

        def reached():
            lines = progress.read_text().splitlines() if progress.exists() else []
            done = [json.loads(line)["fraction"] for line in lines if line.endswith("}")]
            return fraction == 0 and progress.exists() or done and done[-1] >= fraction

        self.wait_for(reached, run, f"{fraction} of the work")

    def status(self):
        return support.run(["show", "--status", self.output])

    def n_done(self):
        with h5py.File(self.output) as file:
            return int(file["tasks/done"][()].sum())

    def check_done_tasks(self):
        """Whatever the file calls done is what an uninterrupted run has there; returns how many."""
        with h5py.File(self.output) as file, h5py.File(self.reference) as reference:
            done = file["tasks/done"][()] == 1
            names = support.texts(file["tasks/name"][()])
            values = {}
            for name in np.array(names)[done]:
                animal, number = re.fullmatch(r"1\.0/(rat_.) split (\d+)", name).groups()
                if int(number) >= N_SPLIT:
                    continue  # of a longer run, whose first splits are the same
                for score in ("corr", "mse"):
                    place = f"fits/1.0/{animal}/{score}_per_split"
                    if place not in values:
                        values[place] = file[place][()], reference[place][()]
                    found, expected = values[place]
                    column = found[:, int(number)]
                    self.assertTrue(np.isfinite(column).all(), name)
                    self.assertTrue((column == expected[:, int(number)]).all(), name)
            return int(done.sum())

    def check_goes_on(self, ranks=None):
        """The same command, on however many ranks, finishes what is there."""
        there = self.output.exists()
        n_done = self.check_done_tasks() if there else 0
        if there and n_done < N_TASK:
            self.assertEqual(self.status().code, 75)
            self.assertIn(f"{n_done} of {N_TASK} tasks", self.status().out)
        result = support.run(["fit", self.config], ranks)
        self.assert_done(result)
        said = re.search(r": goes on, (\d+) of (\d+) tasks are done", result.err)
        if 0 < n_done < N_TASK:
            self.assertEqual(said.groups(), (str(n_done), str(N_TASK)))
        else:
            self.assertIsNone(said)
        self.assert_same(self.output, self.expected)
        self.assert_no_leftovers(self.output)
        self.assertEqual(self.status().code, 0)
        return n_done


class Killed(ResumeTest):
    def kill(self, ranks, fraction, pick=None, timeout=20):
        """Kills what `pick` chooses of a run on so many ranks, all of it by default."""
        run = self.start(ranks)
        self.wait_for_work(run, fraction)
        run.kill(pick(run) if pick else None)
        result = run.wait(timeout)
        self.assertNotEqual(result.code, 0)

    def test_all_at_once_at_several_moments(self):
        for ranks, fraction, on in ((3, 0.02, None), (2, 0.4, 3), (3, 0.8, 2)):
            with self.subTest(ranks=ranks, fraction=fraction):
                self.kill(ranks, fraction)
                self.assertTrue(self.lock.exists(), "a run that is killed cannot remove its lock")
                n_done = self.check_goes_on(on)
                self.assertLess(n_done, N_TASK)
                if fraction > 0.2:
                    self.assertGreater(n_done, 0)
                self.clear()

    def test_before_the_file_has_its_name(self):
        new = Path(f"{self.output}.new")
        for condition in (self.lock.exists, new.exists, self.output.exists):
            with self.subTest(condition):
                run = self.start(2)
                self.wait_for(condition, run, "the first files")
                run.kill()
                run.wait()
                self.check_goes_on()
                self.clear()

    def test_alone_on_one_process(self):
        self.kill(None, 0.4)
        self.assertGreater(self.check_goes_on(4), 0)

    def test_a_rank_alone(self):
        self.kill(3, 0.4, lambda run: run.ranks()[2:])
        self.check_goes_on(2)

    def test_rank_0_alone(self):
        self.kill(3, 0.4, lambda run: run.ranks()[:1])
        self.check_goes_on(3)

    def test_mpirun_alone(self):
        """Its ranks end by themselves, and must not go on as orphans that keep the lock."""
        self.kill(3, 0.4, lambda run: [run.process.pid], timeout=10)
        self.check_goes_on()

    def test_twice(self):
        self.kill(2, 0.3)
        first = self.check_done_tasks()
        self.kill(3, 0.6)
        second = self.check_done_tasks()
        self.assertGreaterEqual(second, first)
        self.assertGreater(self.check_goes_on(), 0)


class Stopped(ResumeTest):
    def check_stopped(self, result, code=75):
        self.assertEqual(result.code, code, result.err)
        self.assertRegex(self.one_line_of_failure(result.err),
                         "stopped .* run the same command again to go on")
        self.assert_no_leftovers(self.output)
        self.assertEqual(self.status().code, 75)
        self.assertIn("stopped", self.status().out)

    def test_signals_to_one_process(self):
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGUSR1):
            with self.subTest(number):
                run = self.start()
                self.wait_for_work(run, 0.3)
                run.kill(number=number)
                result = run.wait(10)
                self.check_stopped(result)
                self.assertIn(f"signal {int(number)}", result.err)
                self.assertGreater(self.n_done(), 0)
                self.check_goes_on()
                self.clear()

    def test_a_stop_saves_what_is_finished(self):
        """All that is finished, though the next write was not due."""
        run = self.start(2, "run.flush_seconds=1000")
        self.wait_for_work(run, 0.3)
        run.kill(run.ranks(), signal.SIGUSR1)
        self.check_stopped(run.wait(10))
        self.assertGreater(self.check_goes_on(), 0)

    def test_a_signal_to_one_rank_of_three(self):
        run = self.start(3)
        self.wait_for_work(run, 0.3)
        run.kill(run.ranks()[1:2], signal.SIGUSR1)
        self.check_stopped(run.wait(10))
        self.assertGreater(self.check_goes_on(), 0)

    def test_signals_to_mpirun(self):
        """Open MPI waits a second before it passes SIGTERM on, and answers 1 whatever the ranks
        say; the file tells the truth. The run is long enough not to be complete by then."""
        for number, code in ((signal.SIGUSR1, 75), (signal.SIGTERM, 1)):
            with self.subTest(number):
                run = self.start(3, "splits.num_splits=5000")
                self.wait_for_work(run, 0.05)
                run.kill([run.process.pid], number)
                result = run.wait(20)
                self.assertEqual(result.code, code, result.err)
                self.assert_no_leftovers(self.output)
                self.assertEqual(self.status().code, 75)
                self.assertIn("stopped", self.status().out)
                self.assertGreater(self.check_done_tasks(), 0)
                self.clear()

    def test_the_time_limit(self):
        """Several times in a row, each going on with what the others left; of a run that is far
        longer than that."""
        n_done = 0
        for ranks in (None, 1, 2, 3):
            with self.subTest(ranks=ranks):
                result = support.run(["fit", self.config, "splits.num_splits=5000",
                                      "run.time_limit=0.7"], ranks)
                self.check_stopped(result)
                self.assertIn("time limit of 0.7 s", result.err)
                self.assertEqual("goes on" in result.err, n_done > 0)
                self.check_done_tasks()
                self.assertGreater(self.n_done(), n_done)
                n_done = self.n_done()

    def test_a_limit_that_is_not_reached(self):
        self.assert_done(support.run(["fit", self.config, *SHORT, "run.time_limit=500"], 2))
        self.assertEqual(self.status().code, 0)


class Locked(ResumeTest):
    def dead_process(self):
        process = subprocess.Popen(["true"])
        process.wait()
        return process.pid

    def write_lock(self, host, process):
        self.lock.write_text(f"host {host} pid {process} job -\n")

    def test_a_second_run_is_refused(self):
        first = self.start(2)
        self.wait_for_work(first)
        holder = first.ranks()[0]
        first.kill(first.ranks(), signal.SIGSTOP)
        for ranks in (None, 2):
            second = support.run(["fit", self.config], ranks, timeout=20)
            self.assertEqual(second.code, 2, second.err)
            line = self.one_line_of_failure(second.err)
            self.assertIn(f"process {holder} ", line)
            self.assertIn(socket.gethostname(), line)
        self.assertIn(f"pid {holder} ", self.lock.read_text())
        first.kill(first.ranks(), signal.SIGCONT)
        self.assert_done(first.wait())
        self.assert_same(self.output, self.expected)

    def test_a_lock_of_a_living_process_is_respected(self):
        self.write_lock(socket.gethostname(), os.getpid())
        result = support.run(["fit", self.config])
        self.assertEqual(result.code, 2)
        self.assertIn(f"process {os.getpid()} ", self.one_line_of_failure(result.err))
        self.assertTrue(self.lock.exists())
        self.assertFalse(self.output.exists())

    def test_a_lock_of_another_host_is_respected(self):
        self.write_lock("elsewhere.example", self.dead_process())
        result = support.run(["fit", self.config], 2)
        self.assertEqual(result.code, 2)
        self.assertIn("elsewhere.example", self.one_line_of_failure(result.err))
        self.assertTrue(self.lock.exists())

    def test_a_stale_lock_is_taken_over(self):
        for text in (f"host {socket.gethostname()} pid {self.dead_process()} job 17\n", "", "host"):
            with self.subTest(text):
                self.lock.write_text(text)
                self.assert_done(support.run(["fit", self.config, "run.resume=overwrite",
                                              "splits.num_splits=3"], 2))
                self.assert_no_leftovers(self.output)


class Progress(ResumeTest):
    def test_lines_and_show_during_the_run(self):
        run = self.start(2)
        self.wait_for_work(run, 0.3)
        run.kill(run.ranks(), signal.SIGSTOP)
        shown = support.run(["show", self.output])
        self.assertEqual(shown.code, 0, shown.err)
        self.assertIn("is being written", shown.out)
        self.assertRegex(shown.out, rf"progress: \d+ of {N_TASK} tasks \(\d+ %\), .* tasks/s")
        self.assertEqual(self.status().code, 75)
        run.kill(run.ranks(), signal.SIGCONT)
        result = run.wait()
        self.assert_done(result)
        lines = re.findall(rf"mec: (\d+) of {N_TASK} tasks done", result.err)
        counts = [int(count) for count in lines]
        self.assertGreater(len(counts), 3)
        self.assertEqual(counts, sorted(counts))
        self.assertEqual(counts[-1], N_TASK)
        self.assert_same(self.output, self.expected)  # whoever read meanwhile

    def test_before_anything_is_reported(self):
        run = self.start(2, "run.log_seconds=1000")
        self.wait_for_work(run)
        run.kill(run.ranks(), signal.SIGSTOP)
        shown = support.run(["show", self.output])
        self.assertEqual(shown.code, 0, shown.err)
        self.assertIn("nothing reported yet", shown.out)
        run.kill()
        run.wait()


class Complete(ResumeTest):
    def everything(self):
        """Times of tasks included."""
        with h5py.File(self.output) as file:
            tasks = {name: item[()].tobytes() for name, item in file["tasks"].items()}
            return tasks, file.attrs["created"], support.arrays(self.output)

    def fit(self, *overrides, ranks=None):
        result = support.run(["fit", self.config, *overrides], ranks)
        self.assert_done(result)
        return result

    def test_once_more_does_nothing(self):
        first = self.fit(*SHORT, ranks=2)
        before = self.everything()
        for ranks in (None, 3):
            again = self.fit(*SHORT, ranks=ranks)
            self.assertTrue(self.everything() == before)
            self.assertEqual(again.out, first.out)
            self.assertEqual(self.status().code, 0)

    def test_overwrite_does_it_again(self):
        self.fit(*SHORT, ranks=2)
        before = self.everything()
        time.sleep(1)  # the time of creation is in whole seconds
        self.fit(*SHORT, "run.resume=overwrite", ranks=3)
        after = self.everything()
        self.assertNotEqual(after[0]["started"], before[0]["started"])
        self.assertNotEqual(after[1], before[1])
        self.assertTrue(after[2] == before[2])

    def test_overwrite_replaces_a_run_of_other_settings(self):
        self.fit("splits.num_splits=7")
        self.fit(*SHORT, "run.resume=overwrite")
        self.assertEqual(self.n_done(), 20 * N_ANIMAL)

    def test_never_writes_a_new_file(self):
        self.fit(*SHORT, "run.resume=never", ranks=2)
        self.assertEqual(self.status().code, 0)


if __name__ == "__main__":
    unittest.main()
