"""Runs of some seconds that are interrupted, and what has to hold of them afterwards."""
import json
import re
import tempfile
import time
from pathlib import Path

import h5py
import numpy as np

import support
from support import JobTest

N_SPLIT, N_ANIMAL, N_CELL = 400, 6, 120
N_TASK = N_SPLIT * N_ANIMAL
SHORT = ["splits.num_splits=20"]  # where no run is interrupted


class ResumeTest(JobTest):
    """Runs of some seconds, written to disk many times a second."""
    job = "fit"

    @classmethod
    def setUpClass(cls):
        shared = tempfile.TemporaryDirectory(prefix="mec-job-")
        cls.addClassCleanup(shared.cleanup)
        folder = Path(shared.name)
        cls.data = support.write_dataset(
            folder / "data.h5", {"1.0": support.animals(N_ANIMAL, 20, 20, N_CELL)})
        cls.make_reference(folder)

    @classmethod
    def make_reference(cls, folder):
        """The run of `write_config` in one go."""
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
        run = support.start([self.job, self.config, *overrides], ranks, env)
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

    def check_killed(self, *overrides, kill_on, go_on_on):
        """Killed in the middle of its work, and gone on with on other ranks: the same bytes."""
        reference = self.folder / "reference.h5"
        self.assert_done(support.run([self.job, self.config, *overrides, f"run.output={reference}"],
                                     2))
        run = self.start(kill_on, *overrides)
        self.wait_for_work(run, 0.3)
        run.kill()
        run.wait()
        self.assertEqual(self.status().code, 75)
        self.assertGreater(self.n_done(), 0)
        result = support.run([self.job, self.config, *overrides], go_on_on)
        self.assert_done(result)
        self.assertIn("goes on", result.err)
        self.assert_same(self.output, support.arrays(reference))
        self.assertEqual(self.status().code, 0)
        self.assert_no_leftovers(self.output)
