"""Trainings that are stopped or killed go on to the bit, in the middle of an epoch too."""
import json
import random
import re
import signal
import time
import unittest

import h5py
import numpy as np

import support
import training
from training import TrainTest


class Resumed(TrainTest):
    """Some seconds; the state is written after every step where it is to be killed."""
    MODEL = dict(Ng=24, Np=32, batch_size=40, sequence_length=10)
    TRAIN = dict(n_epochs=6, n_steps=40, learning_rate="1e-2", max_to_keep=2, eval_seeds="1, 2")
    OFTEN = "run.flush_seconds=0.001"

    def expected(self, ranks):
        path, _ = self.train(f"expected{ranks}.h5", ranks=ranks)
        return support.arrays(path)

    def begin(self, ranks, *overrides):
        run = support.start(["train", self.config, *overrides], ranks)
        self.addCleanup(run.kill)
        return run

    def step(self):
        """That the file would go on from; 0 where it has none."""
        if not self.output.exists():
            return 0
        with h5py.File(self.output, "r") as file:
            slots = [file[f"checkpoints/{name}"] for name in ("resume_a", "resume_b")]
            return max([int(slot["step"][0]) for slot in slots if slot["complete"][0] == 1],
                       default=0)

    def check_ends_the_same(self, ranks, expected):
        result = support.run(["train", self.config], ranks)
        self.assert_done(result)
        self.assert_same_course(self.output, expected)
        self.assert_no_leftovers(self.output)
        self.assertEqual(support.run(["show", "--status", self.output]).code, 0)
        self.output.unlink()

    def wait_for_step(self, run, step):
        """Until the run has done that many steps by its own account, or has ended."""
        path = self.folder / "run.h5.progress"
        while run.process.poll() is None:
            lines = path.read_text().splitlines() if path.exists() else []
            done = [json.loads(line)["done"] for line in lines if line.endswith("}")]
            if done and done[-1] >= step:
                return
            time.sleep(0.002)

    def check_kills(self, ranks, n_kill, seed):
        """Each kill comes some steps after what the one before left, and at any moment then."""
        chance = random.Random(seed)
        expected = self.expected(ranks)
        steps = set()
        for _ in range(n_kill):
            run = self.begin(ranks, self.OFTEN, "run.log_seconds=0.001")
            self.wait_for_step(run, self.step() + chance.randrange(1, 25))
            time.sleep(chance.uniform(0, 0.05))
            run.kill()
            run.wait()
            (self.folder / "run.h5.lock").unlink(missing_ok=True)
            steps.add(self.step())
            self.assertEqual(support.run(["show", self.output]).code, 0)
        self.check_ends_the_same(ranks, expected)
        (self.folder / "run.h5.progress").unlink()
        return steps

    def test_kills_at_any_moment(self):
        for ranks, n_kill in ((None, 8), (2, 5)):
            with self.subTest(ranks=ranks):
                steps = self.check_kills(ranks, n_kill, seed=ranks or 1)
                self.assertGreater(len(steps), 2)
                self.assertTrue(any(step % 40 for step in steps))  # within an epoch

    def test_failures_while_saving(self):
        """As a kill at that place: every passage through the writing of a part, one after the
        other, until a run passes all of them."""
        expected = self.expected(None)
        for passage in range(1, 400, 13):
            run = support.run(["train", self.config, self.OFTEN], None,
                              env={"MEC_FAULT": f"part_write:0:{passage}"})
            if run.code == 0:
                break
            self.assertEqual(run.code, 1, run.err)
            self.one_line_of_failure(run.err)
        self.check_ends_the_same(None, expected)

    def test_requests_to_stop(self):
        for ranks in (None, 2):
            for number in (signal.SIGTERM, signal.SIGUSR1):
                with self.subTest(ranks=ranks, number=number):
                    expected = self.expected(ranks)
                    self.check_request(ranks, number, expected)

    def check_request(self, ranks, number, expected):
        """run.flush_seconds is never reached: what is saved is saved for the stop."""
        run = self.begin(ranks, "run.flush_seconds=1000", "run.log_seconds=0.001")
        while not self.progress_has("running"):
            self.assertIsNone(run.process.poll())
            time.sleep(0.005)
        run.kill(run.ranks()[-1:], number)
        result = run.wait()
        self.assertEqual(result.code, 75, result.err)
        self.assertRegex(self.one_line_of_failure(result.err), "stopped on request")
        self.assertGreater(self.step(), 0)
        shown = support.run(["show", "--status", self.output])
        self.assertEqual(shown.code, 75)
        self.assertIn(f", after step {self.step()}\n", shown.out)
        self.check_ends_the_same(ranks, expected)
        (self.folder / "run.h5.progress").unlink()

    def progress_has(self, text):
        path = self.folder / "run.h5.progress"
        return path.exists() and text in path.read_text()

    def test_the_time_limit(self):
        expected = self.expected(None)
        result = support.run(["train", self.config, "run.time_limit=0.15"])
        self.assertEqual(result.code, 75, result.err)
        self.assertIn("time limit of 0.15 s", self.one_line_of_failure(result.err))
        self.check_ends_the_same(None, expected)

    def test_work_before_a_stop_counts(self):
        """An epoch that was stopped in took as long as its steps, whenever they were done."""
        while self.step() % self.TRAIN["n_steps"] == 0:
            run = support.run(["train", self.config, "run.time_limit=0.15"])
            self.assertEqual(run.code, 75, run.err)
        with h5py.File(self.output) as file:
            before = np.nansum(file["train/seconds"][()])
        shown = support.run(["show", self.output]).out
        self.assertAlmostEqual(float(re.search(r"tasks, ([\d.]+) s of work", shown)[1]), before,
                               delta=0.051)
        last = self.step() - 1
        with h5py.File(self.output, "r+") as file:  # as if it had taken an hour
            file["train/seconds"][last] = 3600.0
        self.assert_done(support.run(["train", self.config]))
        with h5py.File(self.output) as file:
            steps = file["train/seconds"][()].reshape(self.TRAIN["n_epochs"], -1).sum(axis=1)
            self.assertTrue((file["tasks/seconds"][()] >= 0.99 * steps).all())
        self.assertIn("1 h 00 min", support.run(["show", self.output]).out)

    def test_another_number_of_ranks(self):
        """Is told of, and gives the same but for rounding."""
        whole, _ = self.train("whole.h5")
        run = support.run(["train", self.config, "run.time_limit=0.15"])
        self.assertEqual(run.code, 75, run.err)
        self.assertGreater(self.step(), 0)
        result = support.run(["train", self.config], 2)
        self.assert_done(result)
        self.assertIn("was trained on 1 ranks x 1 threads so far, now on 2 x 1", result.err)
        self.assert_near(self.output, "checkpoints/240/weights",
                         training.block(whole, "checkpoints/240/weights"), 1e-3)

    def test_a_complete_run_is_left_alone(self):
        self.assert_done(support.run(["train", self.config]))
        before = support.arrays(self.output)
        result = support.run(["train", self.config], 2)
        self.assert_done(result)
        self.assertTrue(before == support.arrays(self.output))
        self.assertIn("complete", result.out)


if __name__ == "__main__":
    unittest.main()
