"""Disks that are full or broken: one line that says so, exit code 1, the file still good, and the
same command ends with the same bytes once there is room. A library that is preloaded makes writes
fail; a small file system is full by itself."""
import errno
import os
import random
import signal
import subprocess
import unittest
from pathlib import Path

import support
from killing import EndedEarly, EveryJob

SEED = int(os.environ.get("MEC_KILL_SEED", random.SystemRandom().randrange(10 ** 6)))
N_PLACE = 2  # of one job and kind of failure


class FailingWrites(EveryJob, EndedEarly):
    def setUp(self):
        super().setUp()
        self.library = self.folder / "failing_writes.so"
        source = Path(__file__).with_name("failing_writes.c")
        subprocess.run(["cc", "-shared", "-fPIC", "-O1", "-o", self.library, source, "-ldl"],
                       check=True)

    def run_failing(self, number, first, ranks, log=""):
        """Writes of rank 0's node-mates fail alike: each process counts its own."""
        env = {"LD_PRELOAD": self.library, "MEC_FAIL_WRITES": f"/out.h5:{number}:{first}",
               "MEC_FAIL_LOG": str(log)}
        return support.run([self.job, self.config], ranks, env={k: str(v) for k, v in env.items()})

    def take_count(self, log):
        """The most writes that one process of a run has made."""
        most = max(int(line) for line in log.read_text().split())
        log.unlink()
        return most

    def count_writes(self, ranks):
        log = self.folder / "calls"
        self.assert_done(self.run_failing(errno.EIO, 0, ranks, log))
        self.clear()
        return self.take_count(log)

    def check_failed(self, result, ranks, what):
        self.assertEqual(result.code, 1, f"{what}: {result.err}")
        self.assertIn("out.h5", self.one_line_of_failure(result.err))
        self.check_file(what)
        self.check_goes_on(ranks, self.reference(ranks), what)

    def check_job(self, job):
        self.prepare(job)
        chance = random.Random(f"{SEED} {job}")
        ranks = 2
        n_write = self.count_writes(ranks)
        self.assertGreater(n_write, 10)
        for number in (errno.ENOSPC, errno.EIO, errno.EFBIG):
            for _ in range(N_PLACE):
                first = chance.randrange(1, n_write // 2)
                what = (f"{job}: {errno.errorcode[number]} from write {first} of {n_write} on, "
                        f"MEC_KILL_SEED={SEED}")
                with self.subTest(what):
                    log = self.folder / "calls"
                    result = self.run_failing(number, first, ranks, log)
                    if self.take_count(log) < first:  # a faster run flushes less often
                        self.assert_done(result)
                    else:
                        self.check_failed(result, ranks, what)
                self.clear()


class Limits(EndedEarly):
    def test_the_signal_of_a_file_that_is_too_large(self):
        """The kernel sends it with the error, and by itself it would end the process."""
        self.prepare("fit")
        run = support.start(["fit", self.config])
        self.addCleanup(run.kill)
        while not self.output.exists():
            self.assertIsNone(run.process.poll())
        run.kill(run.ranks(), signal.SIGXFSZ)
        self.assert_done(run.wait())

    def test_a_disk_with_too_little_room(self):
        self.prepare("fit")
        small = self.place / "small"
        small.mkdir()
        if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64k", "none", small],
                          capture_output=True).returncode != 0:
            self.skipTest("file systems cannot be mounted here")
        try:
            result = support.run(["fit", self.config, f"run.output={small}/out.h5"], 2)
            self.assertEqual(result.code, 2, result.err)
            self.assertRegex(self.one_line_of_failure(result.err), "needs .* of disk, and .* free")
            self.assertEqual(list(small.iterdir()), [])
        finally:
            subprocess.run(["umount", small], check=True)


if __name__ == "__main__":
    unittest.main()
