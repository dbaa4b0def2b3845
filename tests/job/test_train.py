"""mec train: the reference's runs on any number of ranks, what is kept, and what it goes on from."""
import re
import unittest

import h5py
import numpy as np

import support
import training
from training import TrainTest


class Golden(TrainTest):
    """Losses to 1e-6, weights and m to 1e-5 of the largest, v to 5e-5 (Keras holds 0.999 as a
    float). Six walks: on four ranks some have one, some two."""
    TOLERANCE = {"weights": 1e-5, "adam/m": 1e-5, "adam/v": 5e-5}

    def check(self, name, ranks):
        output = self.folder / f"{name}{ranks}.h5"
        config = training.write_golden_config(self.folder / "golden.ini", output, name)
        self.assert_done(support.run(["train", config], ranks))
        loss, err_cm = training.read(output, "train/loss", "train/err_cm")
        wanted_loss, wanted_m = training.read(training.GOLDEN, f"training/{name}/loss",
                                              f"training/{name}/error_m")
        self.assertLessEqual(np.abs(loss / wanted_loss - 1).max(), 1e-6)
        self.assertLessEqual(np.abs(err_cm - 100 * wanted_m).max(), 1e-4)
        for group, golden in training.BLOCKS.items():
            expected = training.block(training.GOLDEN, f"training/{name}/{golden}")
            self.assert_near(output, f"checkpoints/resume_a/{group}", expected,
                             self.TOLERANCE[group])
        expected = training.block(training.GOLDEN, f"training/{name}/initial_weights")
        for key, values in training.block(output, "checkpoints/0/weights").items():
            self.assertTrue((values == expected[key]).all(), key)

    def test_runs_of_the_reference(self):
        for name in training.GOLDEN_RUNS:
            for ranks in (1, 2, 3, 4):
                with self.subTest(name, ranks=ranks):
                    self.check(name, ranks)

    def test_runs_of_the_reference_from_the_middle(self):
        """TensorFlow's own checkpoint, its moments, its learning rate."""
        for name, ranks in (("UGRNN_relu", 2), ("CueUGRNN_relu_two_shards", None)):
            start = training.CHECKPOINTS / name / "ckpts" / "ckpt-2"
            output = self.folder / f"{name}.h5"
            config = training.write_golden_config(self.folder / "golden.ini", output, name)
            text = config.read_text().replace("learning_rate = 1e-3", f"start_from = {start}")
            config.write_text(text)
            result = support.run(["train", config], ranks)
            self.assert_done(result)
            self.assertRegex(result.err, r"train.learning_rate = 0.00100000\d*, from .*ckpt-2")
            step, loss = training.read(output, "train/step", "train/loss")
            wanted, = training.read(training.GOLDEN, f"training/{name}/loss")
            self.assertEqual(step[-1], len(wanted))
            self.assertLessEqual(np.abs(loss / wanted[step - 1] - 1).max(), 1e-6)
            self.assertEqual(len(step), len(wanted) // 2)
            for group, golden in training.BLOCKS.items():
                self.assert_near(output, f"checkpoints/resume_b/{group}",
                                 training.block(training.GOLDEN, f"training/{name}/{golden}"),
                                 self.TOLERANCE[group])


class Ranks(TrainTest):
    def test_the_same_bytes_twice(self):
        for ranks in (2, 3):
            first, _ = self.train(f"first{ranks}.h5", ranks=ranks)
            second, _ = self.train(f"second{ranks}.h5", ranks=ranks)
            self.assert_same_course(second, support.arrays(first))

    def test_numbers_of_ranks_differ_by_rounding(self):
        """Within 2e-5 of each array's largest value after 60 steps at a rate of 1e-2 (seen: 2e-6).
        Seven walks on four ranks are uneven, three on four leave one rank without."""
        for walks in (7, 3):
            one, _ = self.train(f"one{walks}.h5", f"model.batch_size={walks}")
            expected = training.block(one, "checkpoints/60/weights")
            loss, = training.read(one, "train/loss")
            for ranks in (2, 3, 4):
                many, _ = self.train(f"{walks}_{ranks}.h5", f"model.batch_size={walks}",
                                     ranks=ranks)
                self.assert_near(many, "checkpoints/60/weights", expected, 2e-5)
                found, = training.read(many, "train/loss")
                self.assertLessEqual(np.abs(found / loss - 1).max(), 1e-5)

    def test_who_holds_the_moments_changes_no_bit(self):
        for ranks in (None, 3):
            plain, _ = self.train(f"plain{ranks}.h5", ranks=ranks)
            other, _ = self.train(f"other{ranks}.h5", "train.shard_optimizer=yes", ranks=ranks)
            self.assert_same_course(other, support.arrays(plain))

    def test_gates_made_again_change_the_order_of_sums(self):
        plain, _ = self.train("plain.h5", ranks=2)
        other, _ = self.train("other.h5", "train.recompute=yes", ranks=2)
        self.assert_near(other, "checkpoints/60/weights",
                         training.block(plain, "checkpoints/60/weights"), 2e-5)


class Kept(TrainTest):
    def test_the_first_and_the_newest(self):
        """Arrays are used again; those that are kept hold what a run that keeps all has."""
        every, _ = self.train("every.h5", "train.max_to_keep=9", "train.keep_moments=yes")
        self.assertEqual(training.complete(every) - {"resume_a", "resume_b"},
                         {"0", "15", "30", "45", "60"})
        for keep, names in ((1, {"0", "60"}), (2, {"0", "45", "60"})):
            few, _ = self.train(f"keep{keep}.h5", f"train.max_to_keep={keep}",
                                "train.keep_moments=yes", ranks=2)
            again, _ = self.train(f"all{keep}.h5", "train.max_to_keep=9",
                                  "train.keep_moments=yes", ranks=2)
            self.assertEqual(training.complete(few) - {"resume_a", "resume_b"}, names)
            for name in names:
                for group in training.BLOCKS:
                    expected = training.block(again, f"checkpoints/{name}/{group}")
                    for key, values in training.block(few, f"checkpoints/{name}/{group}").items():
                        self.assertTrue((values == expected[key]).all(), f"{name} {group} {key}")
                step, epoch = training.read(few, f"checkpoints/{name}/step",
                                            f"checkpoints/{name}/epoch")
                self.assertEqual((step[0], epoch[0]), (int(name), int(name) // 15))
            self.assertLess(few.stat().st_size, every.stat().st_size)

    def test_checkpoints_every_few_epochs(self):
        output, _ = self.train("few.h5", "train.checkpoint_epochs=3")
        self.assertEqual(training.complete(output), {"0", "45", "60", "resume_a", "resume_b"})

    def test_what_is_judged_after_an_epoch(self):
        """Step 16 takes the batch of seed 515 with the weights that epoch 1 left."""
        output, _ = self.train("eval.h5", "train.trajectory_seed=500",
                               "train.eval_seeds=515, 530, 545", ranks=2)
        loss, err_cm = training.read(output, "train/loss", "train/err_cm")
        eval_loss, eval_err, epoch, seed = training.read(
            output, "train/eval/loss", "train/eval/err_cm", "train/eval/epoch", "train/eval/seed")
        self.assertEqual((list(epoch), list(seed)), ([1, 2, 3, 4], [515, 530, 545]))
        self.assertTrue(np.isfinite(eval_loss).all())
        for i in range(3):
            self.assertEqual(eval_loss[i, i], loss[15 * (i + 1)])
            self.assertEqual(eval_err[i, i], err_cm[15 * (i + 1)])

    def test_bounds_beside_loss_and_error(self):
        output, _ = self.train("bounds.h5", "model.Np=256", "model.DoG=no")
        loss, entropy, floor, rate, step = training.read(
            output, "train/loss", "train/entropy", "train/floor_cm", "train/learning_rate",
            "train/step")
        self.assertTrue((loss > entropy).all() and (entropy > 1).all())
        self.assertLess(abs(floor.mean() - 6.0), 1)  # 12.8 cm at 64 place cells, 4.1 at 512
        self.assertTrue((rate == 1e-2).all() and (step == np.arange(1, 61)).all())


class StartFrom(TrainTest):
    def test_a_checkpoint_with_moments(self):
        whole, _ = self.train("whole.h5", "train.keep_moments=yes", "train.max_to_keep=9")
        rest, result = self.train("rest.h5", f"train.start_from={whole}:/checkpoints/30",
                                  ranks=1)
        self.assertIn("goes on from", result.err)
        expected = training.block(whole, "checkpoints/60/weights")
        for name, values in training.block(rest, "checkpoints/60/weights").items():
            self.assertTrue((values == expected[name]).all(), name)
        step, loss = training.read(rest, "train/step", "train/loss")
        self.assertEqual((step[0], step[-1]), (31, 60))
        self.assertTrue((loss == training.read(whole, "train/loss")[0][30:]).all())

    def test_weights_alone(self):
        whole, _ = self.train("whole.h5")
        again, result = self.train("again.h5", f"train.start_from={whole}:/checkpoints/60",
                                   "train.n_epochs=1")
        self.assertIn("has no moments", result.err)
        start, = training.read(again, "train/step")
        self.assertEqual(start[0], 1)
        expected = training.block(whole, "checkpoints/60/weights")
        for name, values in training.block(again, "checkpoints/0/weights").items():
            self.assertTrue((values == expected[name]).all(), name)

    def test_rates_that_are_set_win(self):
        whole, _ = self.train("whole.h5", "train.keep_moments=yes", "train.n_epochs=2")
        rest, result = self.train("rest.h5", f"train.start_from={whole}",
                                  "train.learning_rate=5e-3", "train.n_epochs=3")
        self.assertIn("train.learning_rate = 0.005, as set", result.err)
        self.assertTrue((training.read(rest, "train/learning_rate")[0] == 5e-3).all())

    def test_what_does_not_fit(self):
        whole, _ = self.train("whole.h5", "train.n_epochs=2")
        start = f"train.start_from={whole}"
        for overrides, says in (
                ([start, "model.Ng=17"], ["[model] Ng", "found 17", "accepted: 16"]),
                ([start, "model.activation=tanh"], ["[model] activation", "accepted: relu"]),
                ([start, "train.n_epochs=2"], ["[train] n_epochs", "accepted: more than the 30"]),
                ([start + ":/checkpoints/31"], ["checkpoint 31"]),
                (["train.start_from=none.h5"], ["[train] start_from", "none.h5"])):
            for ranks in (None, 2):
                _, result = self.train("not.h5", *overrides, ranks=ranks, code=2)
                line = self.failures(result.err)[-1]
                for part in says:
                    self.assertIn(part, line)
                self.assertFalse((self.folder / "not.h5").exists())


class Trouble(TrainTest):
    def test_a_loss_that_is_not_finite(self):
        for ranks in (None, 3):
            output, result = self.train(f"nan{ranks}.h5", "train.learning_rate=1e30", ranks=ranks,
                                        code=1)
            line = self.one_line_of_failure(result.err)
            step = int(re.search(r"step (\d+): the (loss|gradient) is not finite", line)[1])
            loss, = training.read(output, "train/loss")
            self.assertTrue(np.isfinite(loss[:step - 1]).all())
            self.assertTrue(np.isnan(loss[step - 1:]).all())
            self.assertIn("0", training.complete(output))
            self.assertEqual(support.run(["show", "--status", output]).code, 75)
            self.assert_no_leftovers(output)

    def test_gradients_are_clipped(self):
        """Adam does not see the size of a gradient, but that of one among others."""
        plain, _ = self.train("plain.h5")
        tight, _ = self.train("tight.h5", "train.clip_norm=1e-4", ranks=2)
        wide, _ = self.train("wide.h5", "train.clip_norm=1e4")
        expected = support.arrays(plain)
        self.assert_same_course(wide, expected)
        self.assertNotEqual(support.arrays(tight)["/train/loss"], expected["/train/loss"])
        m = training.block(tight, "checkpoints/resume_a/adam/m")
        self.assertLess(np.sqrt(sum((x ** 2).sum() for x in m.values())), 1.01e-4)

    def test_refusals(self):
        for override, says in (
                ("run.output=", ["[run] output", "is empty"]),
                ("model.Np=2", ["[model] Np", "at least 3"]),
                ("model.rnn_type=CueUGRNN", ["[model] rnn_type", "no cue"]),
                ("train.n_epochs=0", ["[train] n_epochs", 'found "0"']),
                ("train.beta_1=1", ["[train] beta_1", 'found "1"']),
                ("train.trajectory_seed=4294967290", ["[train] trajectory_seed", "4294967295"]),
                ("train.eval_seeds=1.5", ["[train] eval_seeds", "whole numbers"]),
                ("train.weight_decay_on=all", ["[train] weight_decay_on", "bias recurrent"]),
                ("model.Ng=2048 train.n_epochs=1000000 train.max_to_keep=1000000",
                 ["run.h5", "needs", "of disk"]),
                ("model.batch_size=100000 model.sequence_length=100000",
                 ["[model] Ng", "of memory", "accepted: fewer"]),
                ("train.momentum=1", ["momentum in [train]"])):
            for ranks in (None, 3):
                with self.subTest(override, ranks=ranks):
                    result = support.run(["train", self.config, *override.split()], ranks)
                    self.assertEqual(result.code, 2, result.err)
                    line = self.one_line_of_failure(result.err)
                    for part in says:
                        self.assertIn(part, line)
                    self.assertEqual([path.name for path in self.folder.iterdir()], ["train.ini"])

    def test_other_settings_are_another_run(self):
        self.train("run.h5", "train.n_epochs=2")
        _, result = self.train("run.h5", "train.n_epochs=3", code=2)
        self.assertIn("[train] n_epochs is 2 there and 3 here", result.err)


class Looking(TrainTest):
    def test_dry_run(self):
        for ranks in (None, 2):
            result = support.run(["train", self.config, "--dry-run"], ranks)
            self.assert_done(result)
            self.assertIn("steps:   60, of 7 trajectories of 6 steps", result.out)
            self.assertRegex(result.out, r"memory:  .* a rank, with [12] rank")
            self.assertRegex(result.out, r"disk:    \d")
            self.assertFalse(self.output.exists())

    def test_disk_is_what_the_dry_run_says(self):
        result = support.run(["train", self.config, "--dry-run", "model.Ng=100"])
        told = float(re.search(r"disk:    ([\d.]+) MiB", result.out)[1]) * 2 ** 20
        output, _ = self.train("large.h5", "model.Ng=100", "train.n_epochs=4")
        self.assertLess(abs(output.stat().st_size / told - 1), 0.15)

    def test_show(self):
        output, result = self.train("run.h5", "train.eval_seeds=1")
        shown = support.run(["show", output])
        self.assert_done(shown)
        self.assertEqual(shown.out, result.out)
        loss, err_cm = training.read(output, "train/loss", "train/err_cm")
        last = [line.split() for line in shown.out.splitlines() if line.split()[:1] == ["60"]][-1]
        self.assertEqual(last[1], f"{loss[-1]:.4f}")
        self.assertEqual(last[3], f"{err_cm[-1]:.2f}")
        self.assertIn("after step 60: loss", shown.out)
        self.assertIn("2 more not complete", shown.out)

    def test_the_last_line_tells_the_error(self):
        output, result = self.train("run.h5", "run.log_seconds=1000")
        loss, err_cm = training.read(output, "train/loss", "train/err_cm")
        self.assertIn(f"60 of 60 steps done (100 %)", result.err)
        self.assertRegex(result.err, rf"loss {loss[-1]:.4f} .*error {err_cm[-1]:.1f} cm")

    def test_dimensions_are_labelled(self):
        output, _ = self.train("run.h5")
        with h5py.File(output, "r") as file:
            self.assertEqual(file["train/loss"].dims[0][0].name, "/train/step")
            self.assertEqual(file["train/err_cm"].attrs["units"], b"cm")
            self.assertEqual(file["checkpoints/60/weights/W"].shape, (32, 32))


if __name__ == "__main__":
    unittest.main()
