"""What a setting asks for is compared with the memory and the disk that there are before any of it
is taken: one line that says what is needed, what there is and what would fit, exit code 2, and
nothing written. SLURM's grant stands for a small machine."""
import re
import unittest

import rate_maps
import support
from refusals import Case, RefusalTest
from support import JobTest

NEED = ["of memory", ", and ", " has ", "; accepted: "]


def fit(folder):
    support.write_dataset(folder / "data.h5", {"1.0": support.animals(6)})
    support.write_config(folder / "fit.ini", "out.h5", "data.h5")


def grid(folder):
    support.write_dataset(folder / "data.h5", {"1.0": support.animals(2)})
    support.write_config(folder / "grid.ini", "out.h5", "data.h5")


def maps(**sections):
    def write(folder):
        rate_maps.write_config(folder / "maps.ini", "out.h5", **sections)
    return write


def train(text):
    def write(folder):
        (folder / "train.ini").write_text(f"[run]\noutput = out.h5\n{text}")
    return write


def synth(text):
    def write(folder):
        (folder / "synth.ini").write_text(f"[run]\noutput = out.h5\n[synth]\n{text}")
    return write


class Settings(RefusalTest):
    """Of this machine: more than any has."""

    def test_more_than_there_is(self):
        self.check([
            Case("bins", ["ratemaps", "maps.ini"], ["[ratemaps] nbins", *NEED, "fewer bins"],
                 maps(ratemaps={"nbins": 10000, "bin_cm": None, "layers": "g"},
                      model={"file": None, "Ng": 100000, "random_init": "yes"})),
            Case("network of rate maps", ["ratemaps", "maps.ini"], ["[model] Ng", *NEED],
                 maps(model={"file": None, "Ng": 1000000, "random_init": "yes"})),
            Case("batches of rate maps", ["ratemaps", "maps.ini"],
                 ["[ratemaps] n_eval_seq", "5010000 tasks", "accepted: at most"],
                 maps(ratemaps={"n_eval_seq": 167000,
                                "trajectory_seed": ", ".join(map(str, range(30)))})),
            Case("network", ["train", "train.ini"], ["[model] Ng", *NEED, "train.recompute"],
                 train("[model]\nNg = 1000000\n")),
            Case("walks", ["train", "train.ini"], ["[model] Ng", *NEED],
                 train("[model]\nNg = 64\nbatch_size = 100000\nsequence_length = 100000\n")),
            Case("steps", ["train", "train.ini"], ["[train] n_epochs", *NEED, "fewer steps"],
                 train("[model]\nNg = 64\n[train]\nn_epochs = 1000000\nn_steps = 1000000\n")),
            Case("splits", ["fit", "fit.ini", "splits.num_splits=1000000",
                            "source.mode=pairwise"],
                 ["num_splits = 1000000", "tasks; accepted: at most"], fit),
            Case("disk", ["synth", "synth.ini"], ["out.h5: needs ", "of disk", "are free"],
                 synth("n_cells = 100000\nn_animals = 100000\n")),
        ])


class Granted(JobTest):
    JOBS = (("fit", fit), ("grid", grid), ("ratemaps", maps()),
            ("train", train("[model]\nNg = 64\n[train]\nn_epochs = 1\nn_steps = 2\n")),
            ("synth", synth("arenas = 1.0\nn_cells = 3000\nn_animals = 2\n")))

    def run_granted(self, job, mib, ranks):
        name = {"ratemaps": "maps"}.get(job, job)
        return support.run([job, f"{name}.ini"], ranks, cwd=self.folder,
                           env={"SLURM_MEM_PER_NODE": str(mib)})

    def test_slurm_grants_less(self):
        for job, write in self.JOBS:
            with self.subTest(job):
                write(self.folder)
                result = self.run_granted(job, 1e-6, 2)
                self.assertEqual(result.code, 2, result.err)
                self.assertRegex(self.one_line_of_failure(result.err),
                                 "SLURM's job has 1 bytes|a rank has [01] bytes")
                self.assertFalse((self.folder / "out.h5").exists())

    def test_what_fits_is_said_and_true(self):
        """Three ranks are refused where memory is for two, and two run."""
        self.JOBS[-1][1](self.folder)
        refused = self.run_granted("synth", 1e-6, 3)
        size, unit = re.search(r"([\d.]+) (KiB|MiB) each", refused.err).groups()
        mib = float(size) / (1024 if unit == "KiB" else 1)
        result = self.run_granted("synth", 2.2 * mib, 3)
        self.assertEqual(result.code, 2, result.err)
        self.assertIn("accepted: 2 ranks a node, or ", result.err)
        self.assert_done(self.run_granted("synth", 2.2 * mib, 2))


if __name__ == "__main__":
    unittest.main()
