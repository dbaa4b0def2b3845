"""Small runs of the four jobs that take long, for the tests that end them early: a second or so of
work, written to disk as often as can be."""
import subprocess

import h5py

import rate_maps
import support
import training
from support import JobTest


def fit(folder, output):
    data = support.write_dataset(folder / "data.h5", {"1.0": support.animals(4, 16, 16, 60)})
    return support.write_config(folder / "fit.ini", output, data, splits_num_splits=150,
                                fit_scores="corr, mse", run_flush_seconds=0.02)


def grid(folder, output):
    data = support.write_dataset(folder / "data.h5", {"1.0": support.animals(2, n_cell=3)})
    return support.write_config(folder / "grid.ini", output, data, splits_num_splits=5,
                                grid_alpha="geomspace(1e-2, 1e2, 19)", run_flush_seconds=0.02,
                                grid_l1_ratio="linspace(0.1, 1, 19)", grid_parts=4)


def ratemaps(folder, output):
    boxes = ["-0.5 0.5 -0.5 0.5", "-1.1 1.1 -0.5 0.5"]
    return rate_maps.write_config(folder / "ratemaps.ini", output, model={"batch_size": 60},
                                  ratemaps={"layers": "g, dc", "environment": boxes,
                                            "n_eval_seq": 20}, run={"flush_seconds": 0.01})


def train(folder, output):
    config = training.write_config(
        folder / "train.ini", output,
        dict(Ng=24, Np=32, batch_size=20, sequence_length=8),
        dict(n_epochs=4, n_steps=25, max_to_keep=2, learning_rate="1e-2", eval_seeds="1"))
    text = config.read_text().replace("[run]\n", "[run]\nflush_seconds = 0.001\n")
    config.write_text(text)
    return config


JOBS = {"fit": fit, "grid": grid, "ratemaps": ratemaps, "train": train}


class EndedEarly(JobTest):
    """A run of `job` and what an uninterrupted one gives, for each number of ranks that matters."""

    def prepare(self, job):
        self.job = job
        self.place = self.folder / job
        self.place.mkdir()
        self.output = self.place / "out.h5"
        self.config = JOBS[job](self.place, self.output)
        self.expected = {}

    def ranks_again(self, ranks, other):
        """A training gives the same bytes on the same number of ranks only."""
        return ranks if self.job == "train" else other

    def reference(self, ranks):
        key = ranks if self.job == "train" else None
        if key not in self.expected:
            path = self.place / f"reference{key}.h5"
            self.assert_done(support.run([self.job, self.config, f"run.output={path}"], ranks))
            self.expected[key] = training.without_times(support.arrays(path))
        return self.expected[key]

    def check_file(self, what):
        """It opens with h5py and h5dump, or is not there yet."""
        if not self.output.exists():
            return
        with h5py.File(self.output) as file:
            file.visititems(lambda name, item: item[()] if isinstance(item, h5py.Dataset) else None)
        dump = subprocess.run(["h5dump", self.output], stdout=subprocess.DEVNULL,
                              stderr=subprocess.PIPE)
        self.assertEqual(dump.returncode, 0, f"{what}: {dump.stderr}")

    def check_goes_on(self, ranks, expected, what):
        """The same command ends with the bytes of an uninterrupted run."""
        result = support.run([self.job, self.config], ranks)
        self.assertEqual(result.code, 0, f"{what}: {result.err}")
        found = training.without_times(support.arrays(self.output))
        differ = [name for name in expected if found.get(name) != expected[name]]
        self.assertEqual((differ, sorted(found)), ([], sorted(expected)), what)
        self.assert_no_leftovers(self.output)

    def clear(self):
        for path in self.place.glob("out.h5*"):
            path.unlink()


class EveryJob:
    """Tests of all jobs, each by the class's own check_job."""
    def test_fit(self):
        self.check_job("fit")

    def test_grid(self):
        self.check_job("grid")

    def test_ratemaps(self):
        self.check_job("ratemaps")

    def test_train(self):
        self.check_job("train")
