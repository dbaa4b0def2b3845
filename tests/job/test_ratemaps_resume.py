"""Rate maps are the same bytes on any number of ranks, and after any end and any going on."""
import re
import signal
import time
import unittest

import h5py
import numpy as np

import rate_maps
import support
from support import JobTest

N_BATCH, N_BOX = 40, 2
BOXES = ["-0.5 0.5 -0.5 0.5", "-1.1 1.1 -0.5 0.5"]


class SameBytes(JobTest):
    @classmethod
    def setUpClass(cls):
        cls.expected = None

    def setUp(self):
        super().setUp()
        self.output = self.folder / "maps.h5"
        self.config = rate_maps.write_config(
            self.folder / "maps.ini", self.output, model={"batch_size": 60},
            ratemaps={"layers": "g, pre_g, dc", "environment": BOXES, "n_eval_seq": N_BATCH},
            run={"flush_seconds": 0.01, "log_seconds": 0.01})
        if self.expected is None:
            reference = self.folder / "reference.h5"
            self.assert_done(support.run(["ratemaps", self.config, f"run.output={reference}",
                                          "run.flush_seconds=1000"]))
            type(self).expected = support.arrays(reference)

    def n_done(self):
        with h5py.File(self.output) as file:
            return int(file["tasks/done"][()].sum())

    def end_early(self, ranks, n_task, number):
        """Ends a run once it has flushed so many tasks; whether it was still at work."""
        run = support.start(["ratemaps", self.config], ranks)
        self.addCleanup(run.kill)
        progress = self.folder / "maps.h5.progress"
        limit = time.monotonic() + 30
        while run.process.poll() is None and time.monotonic() < limit:
            text = progress.read_text() if progress.exists() else ""
            done = re.findall(r'"done": *(\d+)', text)
            if done and int(done[-1]) >= n_task:
                break
            time.sleep(0.002)
        run.kill(number=number)
        return run.wait()

    def check_goes_on(self, ranks):
        self.assert_done(support.run(["ratemaps", self.config], ranks))
        self.assert_same(self.output, self.expected)
        self.assert_no_leftovers(self.output)
        self.assertEqual(support.run(["show", "--status", self.output]).code, 0)
        self.assertEqual(self.n_done(), N_BATCH * N_BOX)

    def test_on_any_number_of_ranks(self):
        for ranks in (1, 2, 3):
            with self.subTest(ranks=ranks):
                self.check_goes_on(ranks)
                self.output.unlink()

    def test_killed_at_any_moment(self):
        """Early and late in either box, several times in one run."""
        n_early = 0
        for ranks, n_task in ((2, 5), (3, 30), (1, 46), (2, 70)):
            self.end_early(ranks, n_task, signal.SIGKILL)
            n_early += self.n_done() < N_BATCH * N_BOX
            self.assertEqual(support.run(["show", "--status", self.output]).code in (0, 75), True)
        self.assertGreater(n_early, 1)
        self.check_goes_on(2)

    def test_stopped_on_request(self):
        result = self.end_early(None, 10, signal.SIGTERM)
        self.assertEqual(result.code, 75, result.err)
        self.assertLess(self.n_done(), N_BATCH * N_BOX)
        shown = support.run(["show", self.output]).out
        self.assertRegex(shown, r"(?m)^-1\.1_1\.1_-0\.5_0\.5  g .* not drawn yet$")
        self.assertNotIn("units of the highest", shown)
        self.check_goes_on(3)

    def test_the_time_limit_while_units_are_measured(self):
        """Few batches, and so many bins that their correlograms take far longer than the limit."""
        config = rate_maps.write_config(
            self.folder / "fine.ini", self.output,
            ratemaps={"layers": "g, pre_g, dc", "n_eval_seq": 2, "nbins": 120})
        for limit in (0.7, 1.4, 2.8, 5.6):  # on a busy machine the start may take all of the first
            result = support.run(["ratemaps", config, f"run.time_limit={limit}"], 2)
            self.assertEqual(result.code, 75, result.err)
            if self.n_done() == 2:
                break
        self.assertEqual(self.n_done(), 2)
        self.assertIn(f"time limit of {limit} s", result.err)
        self.assertEqual(support.run(["show", "--status", self.output]).code, 75)
        self.assert_done(support.run(["ratemaps", config], 2, timeout=240))
        with h5py.File(self.output) as file:
            for layer in ("g", "pre_g", "dc"):
                scores = file[f"ratemaps/2.2/statistics/{layer}/sparsity"][()]
                self.assertEqual(scores.shape, file[f"ratemaps/2.2/{layer}"].shape[-1:])
                self.assertTrue(layer == "dc" or np.isfinite(scores).any())

    def test_nothing_is_left_to_do(self):
        self.check_goes_on(None)
        before = self.output.read_bytes()
        self.assert_done(support.run(["ratemaps", self.config], 2))
        self.assertEqual(self.output.read_bytes(), before)

    def test_other_settings_are_another_run(self):
        self.check_goes_on(None)
        for change in ("ratemaps.trajectory_seed=1", "ratemaps.environment=-1 1 -1 1",
                       "model.DoG=no", "reward.zone_size=0.2"):
            with self.subTest(change):
                result = support.run(["ratemaps", self.config, change])
                self.assertEqual(result.code, 2, result.err)
        other = f"model.file={rate_maps.CHECKPOINTS}/UGRNN_relu/ckpts/ckpt-1"
        result = support.run(["ratemaps", self.config, other])
        self.assertEqual(result.code, 2)
        self.assertIn("another dataset", result.err)


if __name__ == "__main__":
    unittest.main()
