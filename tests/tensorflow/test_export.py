"""What mec export --tensorflow writes, TensorFlow restores, and goes on from as mec does."""
import os
import unittest

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"

import h5py
import numpy as np
import tensorflow as tf

import network
import support
import training
from training import TrainTest

Adam = tf.keras.optimizers.legacy.Adam

# Networks of the golden data of which it has a batch: the settings, and the batch's seed.
CASES = {
    "UGRNN_relu": ({}, 20),
    "CueUGRNN_relu": (dict(rnn_type="CueUGRNN"), 21),
    "UGRNN_position_loss": (dict(place_cell_identity="yes"), 23),
}
N_STEP = 5  # before the export; the golden batch is that of the next one

# Of each array's largest value, as in test_train.py.
TOLERANCE = {"weights": 1e-5, "adam/m": 1e-5, "adam/v": 5e-5}


def golden_batch(name):
    """Inputs of all steps, the first place code, the place codes wanted."""
    with h5py.File(training.GOLDEN) as file:
        group = file[f"network/{name}"]
        steps = [group["velocity"][()]]
        if "cue_distance" in group:
            steps.append(group["cue_distance"][()])
        arrays = [np.concatenate(steps, axis=2), group["initial_place_code"][()],
                  group["target_place_code"][()]]
    return [tf.constant(array, tf.float32) for array in arrays]


class ExportTest(TrainTest):
    def train_case(self, name, *overrides):
        """N_STEP + 1 steps, a checkpoint after each: the run file, the batch of the last step."""
        settings, seed = CASES[name]
        self.output = self.folder / f"{name}.h5"
        batch = golden_batch(name)
        n_place, n_unit = batch[1].shape[1], 24
        cues = "\n[cues]\n" + "".join(f"cue = {cue}\n" for cue in training.CUES)
        training.write_config(
            self.config, self.output, dict(settings, Ng=n_unit, Np=n_place, batch_size=6),
            dict(n_epochs=N_STEP + 1, n_steps=1, learning_rate="1e-3", max_to_keep=N_STEP + 1,
                 trajectory_seed=seed - N_STEP, keep_moments="yes"), cues if "Cue" in name else "")
        self.assert_done(support.run(["train", self.config, *overrides]))
        return batch

    def export(self, step):
        folder = self.output.with_suffix(".ckpts")
        self.assert_done(support.run(["export", "--tensorflow", folder,
                                      f"{self.output}:/checkpoints/{step}"]))
        return tf.train.latest_checkpoint(folder)

    def assert_all_near(self, found, group):
        """{name: variable} against a group of the run file."""
        for name, wanted in training.block(self.output, group).items():
            error = np.abs(found[name].numpy() - wanted).max() / np.abs(wanted).max()
            self.assertLessEqual(error, TOLERANCE[group.split("/", 2)[2]], f"{group}/{name}")

    def slots(self, net, optimizer, slot):
        return {name: optimizer.get_slot(variable, slot)
                for name, variable in net.weights_by_name().items()}

    def restore(self, batch, prefix, create_slots):
        net = network.Network(24, batch[1].shape[1], "relu")
        net(tuple(batch[:2]))
        optimizer = Adam(learning_rate=0.5, beta_1=0.5, beta_2=0.5)  # the checkpoint's are taken
        if create_slots:
            optimizer._create_all_weights(net.trainable_variables)
        checkpoint = network.checkpoint_of(net, optimizer)
        return net, optimizer, checkpoint, checkpoint.restore(prefix)

    def check_next_step(self, name):
        batch = self.train_case(name)
        net, optimizer, checkpoint, found = self.restore(batch, self.export(N_STEP), True)
        found.assert_consumed()  # every object here has its value, every value there its object
        self.assertEqual(int(optimizer.iterations), N_STEP)
        self.assertEqual(float(optimizer.learning_rate), np.float32(1e-3))
        for group, variables in (("weights", net.weights_by_name()),
                                 ("adam/m", self.slots(net, optimizer, "m")),
                                 ("adam/v", self.slots(net, optimizer, "v"))):
            for key, wanted in training.block(self.output, f"checkpoints/{N_STEP}/{group}").items():
                self.assertTrue((variables[key].numpy() == wanted).all(), f"{group}/{key}")
        with tf.GradientTape() as tape:
            loss = network.loss_of(net, batch, "position" in name)
        wanted, = training.read(self.output, "train/loss")
        self.assertLessEqual(abs(float(loss) / wanted[N_STEP] - 1), 1e-6)
        variables = net.trainable_variables
        optimizer.apply_gradients(zip(tape.gradient(loss, variables), variables))
        after = f"checkpoints/{N_STEP + 1}"
        self.assert_all_near(net.weights_by_name(), f"{after}/weights")
        for slot in ("m", "v"):
            self.assert_all_near(self.slots(net, optimizer, slot), f"{after}/adam/{slot}")
        return net, optimizer, checkpoint

    def test_the_next_step_is_the_same(self):
        for name in CASES:
            with self.subTest(name):
                self.check_next_step(name)

    def test_the_next_step_differs_without_the_moments(self):
        """So that the test above would see them missing."""
        batch = self.train_case("UGRNN_relu", "train.keep_moments=no")
        net, optimizer, _, found = self.restore(batch, self.export(N_STEP), False)
        found.expect_partial()
        with tf.GradientTape() as tape:
            loss = network.loss_of(net, batch, False)
        wanted, = training.read(self.output, "train/loss")
        self.assertLessEqual(abs(float(loss) / wanted[N_STEP] - 1), 1e-6)
        optimizer.learning_rate = 1e-3
        variables = net.trainable_variables
        optimizer.apply_gradients(zip(tape.gradient(loss, variables), variables))
        with self.assertRaises(AssertionError):
            self.assert_all_near(net.weights_by_name(), f"checkpoints/{N_STEP + 1}/weights")

    def test_there_and_back(self):
        """What TensorFlow saves after a step of its own, mec trains on from."""
        net, optimizer, checkpoint = self.check_next_step("UGRNN_relu")
        checkpoint.step.assign_add(1)
        prefix = checkpoint.save(self.folder / "back" / "ckpts" / "ckpt")
        output = self.folder / "back.h5"
        text = self.config.read_text().replace("learning_rate = 1e-3", f"start_from = {prefix}")
        self.config.write_text(text)
        self.assert_done(support.run(["train", self.config, f"run.output={output}",
                                      f"train.n_epochs={N_STEP + 3}"]))
        self.assert_done(support.run(["train", self.config, "run.resume=overwrite",
                                      "train.start_from=", "train.learning_rate=1e-3",
                                      f"train.n_epochs={N_STEP + 3}"]))
        loss, = training.read(output, "train/loss")
        wanted, = training.read(self.output, "train/loss")
        self.assertEqual(len(loss), 2)
        self.assertLessEqual(np.abs(loss / wanted[-2:] - 1).max(), 1e-6)


if __name__ == "__main__":
    unittest.main()
