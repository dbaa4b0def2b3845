"""Small trainings: of the reference's golden networks, and of one of some seconds."""
from pathlib import Path

import h5py
import numpy as np

import support
from support import JobTest

GOLDEN = support.PROJECT / "tests" / "golden" / "model.h5"
CHECKPOINTS = support.PROJECT / "tests" / "golden" / "tf_ckpt"
BLOCKS = {"weights": "final_weights", "adam/m": "final_adam/m", "adam/v": "final_adam/v"}

CUES = ["0 0 .3 .3", ".35 .35 .2 .2", "-.3 -.3 .1 .1", ".6 .5 .1 .1", "-.7 -.6 .06 .06"]
GOLDEN_RUNS = {
    "UGRNN_relu": ({}, dict(n_steps=10, trajectory_seed=100)),
    "CueUGRNN_relu_two_shards": (dict(rnn_type="CueUGRNN"),
                                 dict(n_steps=5, trajectory_seed=130)),
    "UGRNN_tanh_rewards": (dict(activation="tanh"),
                           dict(n_steps=5, trajectory_seed=160, weight_decay="1e-2")),
    "UGRNN_position_loss": (dict(place_cell_identity="yes"),
                            dict(n_steps=5, trajectory_seed=190)),
}


def write_config(path, output, model, train, more=""):
    sections = {"run": {"output": output}, "model": model, "train": train}
    lines = [f"[{section}]\n" + "".join(f"{k} = {v}\n" for k, v in keys.items())
             for section, keys in sections.items()]
    Path(path).write_text("\n".join(lines) + more, encoding="utf-8")
    return path


def write_golden_config(path, output, name):
    """The settings of one of the reference's runs, as two epochs."""
    model, train = GOLDEN_RUNS[name]
    with h5py.File(GOLDEN, "r") as file:
        n_place, n_unit = file[f"training/{name}/initial_weights/W_enc"].shape
    more = ""
    if "Cue" in name:
        more = "\n[cues]\n" + "".join(f"cue = {cue}\n" for cue in CUES)
    if "rewards" in name:
        more = "\n[reward]\n"
    return write_config(path, output, dict(model, Ng=n_unit, Np=n_place, batch_size=6),
                        dict(train, n_epochs=2, learning_rate="1e-3"), more)


def read(path, *names):
    with h5py.File(path, "r") as file:
        return [file[name][()] for name in names]


def block(path, group):
    with h5py.File(path, "r") as file:
        return {name: values[()] for name, values in file[group].items()}


def complete(path):
    """Names of the complete checkpoints."""
    with h5py.File(path, "r") as file:
        return {name for name, group in file["checkpoints"].items()
                if isinstance(group, h5py.Group) and group["complete"][0] == 1}


def without_times(arrays):
    return {name: digest for name, digest in arrays.items()
            if not name.startswith("/train/seconds")}


class TrainTest(JobTest):
    """Runs of 60 steps in 4 epochs, on walks by counters."""
    MODEL = dict(Ng=16, Np=24, batch_size=7, sequence_length=6)
    TRAIN = dict(n_epochs=4, n_steps=15, learning_rate="1e-2", max_to_keep=2)

    def setUp(self):
        super().setUp()
        self.output = self.folder / "run.h5"
        self.config = write_config(self.folder / "train.ini", self.output, self.MODEL, self.TRAIN)

    def train(self, name, *overrides, ranks=None, code=0):
        """Runs to the end; the run file and what was said."""
        output = self.folder / name
        result = support.run(["train", self.config, f"run.output={output}", *overrides], ranks)
        if code == 0:
            self.assert_done(result)
        self.assertEqual(result.code, code, result.err)
        return output, result

    def assert_near(self, path, group, expected, tolerance):
        """Every array of the group, relative to its largest value."""
        for name, values in block(path, group).items():
            error = np.abs(values - expected[name]).max() / np.abs(expected[name]).max()
            self.assertLessEqual(error, tolerance, f"{path}: {group}/{name}")

    def assert_same_course(self, path, expected):
        """The same bytes but for times."""
        found = without_times(support.arrays(path))
        wanted = without_times(expected)
        self.assertEqual(sorted(found), sorted(wanted))
        differ = [name for name in wanted if found[name] != wanted[name]]
        self.assertEqual(differ, [])
