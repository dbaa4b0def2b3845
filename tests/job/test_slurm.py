"""Runs under a real SLURM, started here: arrays, killed, preempted and stopped jobs that end with the
bytes of a run in one go, and what srun makes of signals and of processes that were started apart."""
import os
import re
import signal
import subprocess
import tempfile
import time
import unittest
from pathlib import Path

import slurm_cluster
import support
from support import JobTest

SLURM = support.PROJECT / "slurm"
LONG = "splits.num_splits=1200"  # some times as long as the others
ENDED = ("COMPLETED", "FAILED", "CANCELLED", "NODE_FAIL", "TIMEOUT", "PREEMPTED")

cluster = None


def setUpModule():
    global cluster  # one for all: its daemons take a second or two
    missing = slurm_cluster.missing()
    if missing:
        raise unittest.SkipTest(f"not here: {', '.join(missing)}")
    if os.geteuid() != 0:
        raise unittest.SkipTest("slurmd needs root")
    folder = tempfile.TemporaryDirectory(prefix="mec-slurm-")
    unittest.addModuleCleanup(folder.cleanup)
    cluster = slurm_cluster.Cluster(folder.name)
    unittest.addModuleCleanup(cluster.stop)
    try:
        cluster.start()
    except (AssertionError, OSError) as error:
        raise unittest.SkipTest(f"SLURM's daemons do not start here: {error}") from error


class SlurmTest(JobTest):
    """Runs of some seconds in a folder whose name a shell would take apart."""

    @classmethod
    def setUpClass(cls):
        shared = tempfile.TemporaryDirectory(prefix="mec-job-")
        cls.addClassCleanup(shared.cleanup)
        cls.shared = Path(shared.name)
        cls.known = {}
        cls.data = support.write_dataset(cls.shared / "data.h5",
                                         {"1.0": support.animals(6, 20, 20, 120)})

    def setUp(self):
        super().setUp()
        self.folder = self.folder / "ä $(touch x) %j"
        self.folder.mkdir()
        self.output = self.folder / "run.h5"
        self.config = support.write_config(self.folder / "run.ini", self.output, self.data,
                                           splits_num_splits=600, run_flush_seconds=0.5,
                                           run_log_seconds=0.2)
        self.addCleanup(self.cancel)

    def cancel(self):
        cluster.tell("scancel", "--user=root")
        cluster.wait_for(lambda: not cluster.tell("squeue", "-h"), "the end of all jobs")

    def command(self, *argv, code=0, env=None):
        result = subprocess.run(
            list(map(str, argv)), cwd=self.folder, text=True, capture_output=True, timeout=60,
            env=support.environment({**cluster.environment, "MEC": support.program(), **(env or {})}),
            check=False)
        self.assertEqual(result.returncode, code, result.stderr)
        return result

    def submit(self, *arguments, env=None):
        """The ids of the jobs that slurm/submit submits."""
        options = [a for a in arguments if a.startswith("--")]
        settings = [a for a in arguments if not a.startswith("--")]
        result = self.command(SLURM / "submit", *options, "fit", self.config, *settings, env=env)
        return re.findall(r"(?m)^job (\d+)$", result.stdout)

    def expected(self, *settings):
        """The arrays of a run in one go."""
        whole = self.shared / "whole.h5"
        if settings not in self.known:
            self.assert_done(support.run(["fit", self.config, "run.resume=overwrite",
                                          f"run.output={whole}", *settings], 2, timeout=200))
            self.known[settings] = support.arrays(whole)
        return self.known[settings]

    def state(self, job):
        return cluster.job(job).get("JobState")

    def wait_until_ended(self, job, state="COMPLETED", timeout=120):
        def has_ended():
            cluster.release()
            if self.state(job) not in ENDED:
                return False
            time.sleep(3)  # a job that is queued again passes through such a state
            return self.state(job) in ENDED

        cluster.wait_for(has_ended, f"the end of {job}", timeout)
        self.assertEqual(self.state(job), state, self.log(job))

    def wait_for_work(self, output=None):
        """Until something has been flushed."""
        path = Path(f"{output or self.output}.progress")
        cluster.wait_for(lambda: path.exists() and
                         re.search(r'"flushed": [1-9].*}\n', path.read_text()), "work", 60)

    def kill(self, processes):
        self.assertTrue(processes)
        for pid, *_ in processes:
            os.kill(pid, signal.SIGKILL)

    def log(self, job):
        names = [path for path in self.folder.glob("run.slurm-*.log")
                 if re.search(rf"-{job}(-merge)?\.log$", path.name)]
        return "".join(path.read_text() for path in names)

    def n_restart(self, job):
        return int(cluster.job(job)["Restarts"])

    def status(self, path=None):
        return support.run(["show", "--status", path or self.output])


class Array(SlurmTest):
    def part(self, shard):
        return self.folder / f"run.{shard}-of-4.h5"

    def test_an_element_is_killed_and_requeued(self):
        """The others are left alone, and the merge names what is missing until it is there."""
        array, merge = self.submit("--ntasks=2", "run.shards=4", LONG)
        killed = f"{array}_2"
        self.wait_for_work(self.part(2))
        self.kill(cluster.processes(SLURM_ARRAY_JOB_ID=array, SLURM_ARRAY_TASK_ID=2))
        self.wait_until_ended(killed, "FAILED")
        for shard in (0, 1, 3):
            self.wait_until_ended(f"{array}_{shard}")
        self.wait_until_ended(merge, "FAILED")
        self.assertRegex(self.log(merge), r"tasks are missing: .*shard 2 has \d+ of 1800 tasks")
        self.assertFalse(self.output.exists())

        others = {shard: self.part(shard).read_bytes() for shard in (0, 3)}
        cluster.tell("scontrol", "requeue", killed)
        self.wait_until_ended(killed)
        self.assertRegex(self.log(killed), r"goes on, \d+ of 1800 tasks are done")
        cluster.tell("scontrol", "requeue", merge)
        self.wait_until_ended(merge)
        expected = self.expected(LONG)
        self.assert_same(self.output, expected)

        self.part(1).unlink()
        self.output.unlink()
        again, merge = self.submit("--ntasks=2", "--array=1", "run.shards=4", LONG)
        self.wait_until_ended(merge)
        self.assertEqual(cluster.job(again)["ArrayTaskId"], "1")
        self.assertIn("1800 of 1800 tasks of shard 1", self.log(f"{again}_1"))
        self.assert_same(self.output, expected)
        for shard in (0, 3):
            self.assertEqual(self.part(shard).read_bytes(), others[shard])

    def test_an_element_that_stops_is_waited_for(self):
        """The merge does not start while an element waits to go on."""
        array, merge = self.submit("--ntasks=1", "run.shards=2", LONG)
        stopped = f"{array}_1"
        self.wait_for_work(self.folder / "run.1-of-2.h5")
        cluster.tell("scancel", "--signal=USR1", stopped)
        self.wait_until_ended(merge)
        self.assertEqual(self.n_restart(stopped), 1)
        self.assertIn("queued again", self.log(stopped))
        self.assert_same(self.output, self.expected(LONG))


class Stopped(SlurmTest):
    def check_goes_on(self, job, *settings, restarts=1):
        self.wait_until_ended(job, timeout=200)
        self.assertGreaterEqual(self.n_restart(job), restarts)
        self.assertRegex(self.log(job), r"goes on, \d+ of \d+ tasks are done")
        self.assertEqual(self.status().code, 0)
        self.assert_same(self.output, self.expected(*settings))

    def test_a_time_limit_that_is_too_short(self):
        """SLURM's shortest is a minute, of which the stop is given most: twelve seconds are left for
        what takes some thirty here."""
        started = time.monotonic()
        self.assert_done(support.run(["fit", self.config, f"run.output={self.shared / 'try.h5'}"], 2))
        n_split = 600 * 30 / (time.monotonic() - started)
        long = f"splits.num_splits={min(max(int(n_split), 1200), 50000)}"
        [job] = self.submit("--ntasks=2", "--time=1", long, "run.stop_seconds=48")
        self.check_goes_on(job, long)
        self.assertIn("mec: stopped at the time limit of", self.log(job))
        self.assertIn("ended with 75", self.log(job))

    def test_what_to_do_with_an_old_file_is_asked_once(self):
        self.expected("map.alpha=3", "splits.num_splits=3")
        self.output.write_bytes((self.shared / "whole.h5").read_bytes())
        [job] = self.submit("--ntasks=2", "run.resume=overwrite")
        self.wait_for_work()
        cluster.tell("scancel", "--signal=TERM", job)
        self.check_goes_on(job)

    def test_preempted(self):
        """By a job of a partition of higher priority: SLURM itself queues it again."""
        [job] = self.submit("--ntasks=3", "--nodes=2", LONG)
        self.wait_for_work()
        self.command("srun", "--partition=urgent", "--nodes=2", "--exclusive", "true")
        self.check_goes_on(job, LONG)

    def test_mpirun(self):
        [job] = self.submit("--ntasks=3", "--nodes=1", LONG, env={"MEC_LAUNCHER": "mpirun"})
        self.wait_for_work()
        cluster.tell("scancel", "--full", "--signal=USR1", job)
        self.check_goes_on(job, LONG)
        self.assertIn("3 ranks", self.log(job))

    def test_cancelled(self):
        """What is finished is saved, and the job does not come back."""
        [job] = self.submit("--ntasks=2", "run.flush_seconds=1000")
        path = Path(f"{self.output}.progress")
        cluster.wait_for(lambda: path.exists() and
                         re.search(r'"fraction": 0\.[2-9]', path.read_text()), "work")
        cluster.tell("scancel", job)
        self.wait_until_ended(job, "CANCELLED")
        cluster.wait_for(lambda: not cluster.tell("squeue", "-h"), "the end of the job")
        self.assertEqual(self.status().code, 75)
        self.assertRegex(self.status().out, r"stopped, [1-9]\d* of 3600 tasks")
        self.assertEqual(self.n_restart(job), 0)

    def test_a_rank_that_dies(self):
        """The others end, and the job goes on."""
        [job] = self.submit("--ntasks=3", "--nodes=2", LONG)
        self.wait_for_work()
        cluster.tell("scancel", "--signal=STOP", job)  # so that it does not end meanwhile
        self.kill([process for process in cluster.processes(SLURM_JOB_ID=job, SLURM_PROCID=2)
                   if process[1] == "mec"])
        self.check_goes_on(job, LONG)

    def test_no_further(self):
        """A run that fails whenever it is started is not started for ever."""
        [job] = self.submit("--ntasks=2", env={"MEC_FAULT": "compute:0:1"})
        self.wait_until_ended(job, "FAILED")
        self.assertLessEqual(self.n_restart(job), 2)
        self.assertIn("injected", self.log(job))
        self.assertIn("no further: not queued again", self.log(job))

    def test_training(self):
        """Its tasks are epochs; steps count as well."""
        self.config.write_text(
            f"[run]\noutput = {self.output}\nflush_seconds = 0.2\nlog_seconds = 0.05\n"
            "[model]\nNg = 32\nNp = 32\nbatch_size = 8\n"
            "[train]\nn_epochs = 1\nn_steps = 5000\n")
        result = self.command(SLURM / "submit", "--ntasks=2", "train", self.config)
        [job] = re.findall(r"(?m)^job (\d+)$", result.stdout)
        self.wait_for_work()
        cluster.tell("scancel", "--signal=USR1", job)
        self.wait_until_ended(job)
        self.assertEqual(self.n_restart(job), 1)
        self.assertIn("goes on after step", self.log(job))
        self.assertIn("1 of 1 tasks, after step 5000", self.log(job))


class Srun(SlurmTest):
    """Without a batch script."""
    STEP = ["srun", "--mpi=pmix", "--kill-on-bad-exit=1", "--ntasks=3", "--nodes=2"]

    def start(self, *settings):
        run = support.Run([*self.STEP, support.program(), "fit", str(self.config), *settings],
                          {**cluster.environment}, self.folder)
        self.addCleanup(run.kill)
        self.wait_for_work()
        return run

    def forget_progress(self):
        Path(f"{self.output}.progress").unlink()

    def test_signals(self):
        for name in ("USR1", "TERM", "INT"):
            with self.subTest(name):
                run = self.start(LONG)
                cluster.tell("scancel", "--user=root", f"--signal={name}")
                result = run.wait(30)
                self.assertEqual(result.code, 75, result.err)
                self.assertEqual(result.err.count("mec: stopped on request (signal"), 1)
                self.assertEqual(self.status().code, 75)
                self.assertIn("stopped", self.status().out)
                self.forget_progress()
        self.command(*self.STEP, support.program(), "fit", self.config, LONG)
        self.assert_same(self.output, self.expected(LONG))

    def test_processes_apart(self):
        apart = ["srun", "--mpi=none", "--ntasks=3", support.program()]
        result = self.command(*apart, "fit", self.config, code=2)
        self.assertEqual(result.stderr.count("mec: "), 1)
        self.assertIn("mec: 3 separate processes were started", result.stderr)
        self.assertFalse(self.output.exists())
        whole = self.shared / "whole.h5"
        self.assert_done(support.run(["fit", self.config, "splits.num_splits=3",
                                      f"run.output={whole}"]))
        for arguments in (["--help"], ["show", whole], ["export", whole],
                          ["merge", self.folder / "joined.h5", whole]):
            with self.subTest(arguments):
                alone = support.run(arguments)
                self.assertEqual(self.command(*apart, *arguments).stdout, alone.out)


if __name__ == "__main__":
    unittest.main()
