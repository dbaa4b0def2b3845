"""Runs that stop on request save and go on later; two runs never write one file; progress."""
import os
import re
import signal
import socket
import subprocess
import unittest

import support
from resuming import N_TASK, SHORT, ResumeTest


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

    def stop_after(self, limit, ranks):
        """One run of far more than that; returns how many tasks are done then."""
        n_done = self.n_done() if self.output.exists() else 0
        result = support.run(["fit", self.config, "splits.num_splits=5000",
                              f"run.time_limit={limit}"], ranks)
        self.check_stopped(result)
        self.assertIn(f"time limit of {limit} s", result.err)
        self.assertEqual("goes on" in result.err, n_done > 0)
        self.check_done_tasks()
        self.assertGreaterEqual(self.n_done(), n_done)
        return self.n_done()

    def test_the_time_limit(self):
        """Several times in a row, each going on with what the others left. The start counts too,
        and on a busy machine may take all of a short limit; a longer one then leaves time for
        work."""
        n_done = 0
        for ranks in (1, 2, 3):
            with self.subTest(ranks=ranks):
                limits = iter((0.7, 1.4, 2.8, 5.6, 11.2, 22.4))
                now = self.stop_after(next(limits), ranks)
                while now == n_done:
                    now = self.stop_after(next(limits), ranks)
                n_done = now

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
        self.assertRegex(shown.out, r"(?m)^last flush: .* ago$")
        self.assertRegex(shown.out, r"(?m)^load: \d+ % on average of 2 ranks, "
                                    r"least \d+ % on rank [01]$")
        self.assertRegex(shown.out, r"(?m)^load of ranks 0, 1, \.\.\.: \d+ % \d+ %$")
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


if __name__ == "__main__":
    unittest.main()
