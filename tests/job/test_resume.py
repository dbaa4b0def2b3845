"""Runs that are killed at any moment: the file opens, what it calls done is right, and the same
command goes on to the same bytes. Runs that are complete."""
import time
import unittest
from pathlib import Path

import h5py

import support
from resuming import N_ANIMAL, N_TASK, SHORT, ResumeTest


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
