"""What the program makes of what SLURM says, in its environment and through squeue, here a script:
time limits, locks of jobs that ended elsewhere, processes that were started apart."""
import os
import signal
import socket
import time
import unittest

import support
from resuming import SHORT, ResumeTest


class SlurmTest(ResumeTest):
    def squeue(self, answer, code=0):
        """An environment in which squeue answers so, and keeps how it was asked."""
        script = self.folder / "squeue"
        script.write_text(f'#!/bin/sh\necho "$@" >> "{self.folder}/asked"\n'
                          f"printf '{answer}'\nexit {code}\n")
        script.chmod(0o755)
        return {"PATH": f"{self.folder}:{os.environ['PATH']}", "SLURM_JOB_ID": "17"}

    def asked(self):
        path = self.folder / "asked"
        return path.read_text().splitlines() if path.exists() else []


class TimeLimit(SlurmTest):
    LONG = ["splits.num_splits=20000", "run.stop_seconds=1"]

    def check_stopped(self, env, *overrides, ranks=2):
        result = support.run(["fit", self.config, *self.LONG, *overrides], ranks, env=env)
        self.assertEqual(result.code, 75, result.err)
        # On a machine with other work to do the grace may be over first.
        self.assertRegex(result.err, "stopped at the time limit of|as run.stop_seconds are over")
        self.assertEqual(self.status().code, 75)
        return result

    def test_from_the_environment(self):
        env = {"SLURM_JOB_END_TIME": str(int(time.time()) + 5)}
        result = self.check_stopped(env)
        self.assertRegex(result.err, r"SLURM ends this job in \d s: stops after \d s, to save")

    def test_from_squeue(self):
        self.check_stopped(self.squeue("0:04\\n"))
        self.assertEqual(self.asked(), ["-h -j 17 -o %L"])  # once, however many ranks

    def test_it_is_nearly_over(self):
        self.check_stopped(self.squeue("0:01\\n"))

    def test_an_earlier_limit_of_the_run(self):
        result = self.check_stopped(self.squeue("1-00:00:00\\n"), "run.time_limit=2")
        self.assertIn("limit of 2 s", result.err)

    def test_no_limit_and_no_answer(self):
        for answer, code in (("UNLIMITED\\n", 0), ("", 1), ("slurm_load_jobs error\\n", 1)):
            with self.subTest(answer):
                result = support.run(["fit", self.config, *SHORT], 2,
                                     env=self.squeue(answer, code))
                self.assertEqual(result.code, 0, result.err)
                self.assertNotIn("SLURM ends", result.err)
                self.clear()
        env = {"SLURM_JOB_ID": "17", "PATH": os.environ["PATH"]}  # no squeue
        self.assertEqual(support.run(["fit", self.config, *SHORT], env=env).code, 0)


class Locks(SlurmTest):
    def locked(self, host, env=None, pid=1, more=""):
        """Whether a run finds the lock of such a holder, of job 16, to hold."""
        self.lock.write_text(f"host {host} pid {pid} job 16{more}\n")
        result = support.run(["fit", self.config, *SHORT, "run.resume=overwrite"], env=env)
        self.assertIn(result.code, (0, 2), result.err)
        self.assertEqual(self.lock.exists(), result.code == 2)
        return result.code == 2

    def test_a_job_of_another_host(self):
        for answer, code, holds in (("RUNNING\\n", 0, True), ("COMPLETING\\n", 0, True),
                                    ("", 0, False), ("PENDING\\n", 0, False),
                                    ("slurm_load_jobs error: Invalid job id specified\\n", 1,
                                     False),
                                    ("slurm_load_jobs error: Unable to contact\\n", 1, True)):
            with self.subTest(answer):
                self.assertEqual(self.locked("elsewhere.example", self.squeue(answer, code)), holds)
        self.assertIn("-h -j 16 -o %T", self.asked())

    def test_the_same_job_started_again(self):
        env = {"SLURM_JOB_ID": "16", "SLURM_JOB_END_TIME": str(int(time.time()) + 1000)}
        for again, more, holds in (("1", " restart 0 start 5", False),
                                   ("1", " restart 1 start 5", True), ("1", "", False)):
            with self.subTest(again=again, more=more):
                given = {**env, "SLURM_RESTART_COUNT": again}
                self.assertEqual(self.locked("elsewhere.example", given, more=more), holds)
        self.assertTrue(self.locked("elsewhere.example", env, more=" restart 0 start 5"))

    def test_a_number_that_another_process_has_now(self):
        self.assertFalse(self.locked(socket.gethostname(), pid=os.getpid(),
                                     more=" restart 0 start 1"))
        self.assertTrue(self.locked(socket.gethostname(), pid=os.getpid()))


class Apart(SlurmTest):
    ENV = {"SLURM_STEP_NUM_TASKS": "4", "SLURM_NTASKS": "4"}

    def test_jobs_that_write_are_refused(self):
        for name in ("fit", "grid", "train", "ratemaps", "synth"):
            with self.subTest(name):
                first = support.run([name, self.config], env={**self.ENV, "SLURM_PROCID": "0"})
                self.assertEqual(first.code, 2)
                line = self.one_line_of_failure(first.err)
                self.assertIn("4 separate processes were started", line)
                self.assertIn("--mpi=pmix", line)
                other = support.run([name, self.config], env={**self.ENV, "SLURM_PROCID": "2"})
                self.assertEqual((other.code, other.out, other.err), (2, "", ""))
        self.assertFalse(self.output.exists())

    def test_what_needs_one_process_is_not(self):
        env = {**self.ENV, "SLURM_PROCID": "0"}
        for arguments in (["--help"], ["fit", "--help"], ["show", self.reference],
                          ["export", self.reference], ["merge", self.output, self.reference]):
            with self.subTest(arguments):
                self.assertEqual(support.run(arguments, env=env).code, 0)
                other = support.run(arguments, env={**self.ENV, "SLURM_PROCID": "1"})
                self.assertEqual((other.code, other.out, other.err), (0, "", ""))

    def test_ranks_that_know_one_another_are_not(self):
        self.assert_done(support.run(["fit", self.config, *SHORT], 2, env=self.ENV))
        self.assert_done(support.run(["fit", self.config, *SHORT, "run.resume=overwrite"], 1,
                                     env=self.ENV))
        self.assert_done(support.run(["fit", self.config, *SHORT, "run.resume=overwrite"],
                                     env={"SLURM_STEP_NUM_TASKS": "1", "SLURM_NTASKS": "4"}))


class Late(SlurmTest):
    def test_a_rank_that_does_not_come_to_its_end(self):
        """The others do not wait for it; what was flushed is there."""
        run = self.start(2, "run.stop_seconds=1")
        self.wait_for_work(run, 0.3)
        ranks = run.ranks()
        run.kill(ranks[1:], signal.SIGSTOP)
        run.kill(ranks[:1], signal.SIGUSR1)
        result = run.wait(30)
        self.assertEqual(result.code, 75, result.err)
        self.assertIn("run.stop_seconds are over", result.err)
        self.assertGreater(self.check_goes_on(2), 0)


if __name__ == "__main__":
    unittest.main()
