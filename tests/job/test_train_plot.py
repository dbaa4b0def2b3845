"""mec show --plot of a training: its curves, and the rate maps that mec ratemaps draws of its
newest checkpoint from the same walks."""
import math
import re
import unittest

import h5py
import numpy as np

import support
import training
from test_plot import read_png, svg_texts
from training import TrainTest

# What a network this small is followed for: 40 samples for each of 44 x 44 bins of 5 cm, in batches
# of about 4000.
N_WALK = 4000 // TrainTest.MODEL["sequence_length"]
N_BATCH = math.ceil(40 * 44 * 44 / (N_WALK * TrainTest.MODEL["sequence_length"]))


class PlotTest(TrainTest):
    TRAIN = dict(TrainTest.TRAIN, eval_seeds=1)

    def plot(self, output, picture="run.svg", code=0):
        result = support.run(["show", "--plot", self.folder / picture, output])
        self.assertEqual(result.code, code, result.err)
        return result

    def units(self, picture="run.svg"):
        """[(unit, grid score)] as the picture has them."""
        texts = svg_texts(self.folder / picture)
        numbers = [text for text in texts if re.fullmatch(r"\d+|grid -?\d\.\d\d", text)]
        return [(int(unit), score) for unit, score in zip(numbers, numbers[1:])
                if score.startswith("grid") and not unit.startswith("grid")]

    def expected(self, output, *overrides, config=None):
        """The same from mec ratemaps."""
        maps = self.folder / "maps.h5"
        text = re.sub(r"\[train\][^[]*|\[reward\][^[]*", "", (config or self.config).read_text())
        job = self.folder / "maps.ini"
        job.write_text(text)
        self.assert_done(support.run(
            ["ratemaps", job, f"run.output={maps}", "run.resume=overwrite", f"model.file={output}",
             f"model.batch_size={N_WALK}", f"ratemaps.n_eval_seq={N_BATCH}", "ratemaps.bin_cm=5",
             *overrides]))
        with h5py.File(maps) as file:
            score = file["ratemaps/2.2/statistics/g/grid_score"][()]
        order = sorted(np.flatnonzero(np.isfinite(score)), key=lambda unit: (-score[unit], unit))
        self.assertGreater(len(order), 3)
        return [(unit, f"grid {score[unit]:.2f}") for unit in order[:24]]


class Curves(PlotTest):
    def test_svg(self):
        output, _ = self.train("run.h5")
        told = self.plot(output).out
        self.assertRegex(told, r"wrote \S+run.svg: 60 steps; rate maps of \d+ of 16 units after "
                               r"step 60\n")
        texts = " ".join(svg_texts(self.folder / "run.svg"))
        for part in ("Loss", "Error", "of a perfect place code", "eval_seeds", "run.h5",
                     "Rate maps of layer g after step 60", "highest grid score first",
                     f"{N_BATCH * N_WALK} walks, bins of 5 cm"):
            self.assertIn(part, texts)

    def test_png(self):
        output, _ = self.train("run.h5")
        self.plot(output, "run.png")
        rows, columns, drawn = read_png(self.folder / "run.png")
        self.assertGreater(rows, 1000)
        self.assertGreater(columns, 2000)
        self.assertTrue(0.02 < drawn < 0.5, drawn)


class Maps(PlotTest):
    def test_they_are_those_of_ratemaps(self):
        output, _ = self.train("run.h5")
        self.plot(output)
        self.assertEqual(self.units(), self.expected(output))

    def test_of_a_larger_network_the_24_best(self):
        output, _ = self.train("run.h5", "model.Ng=60")
        self.plot(output)
        self.assertEqual(self.units(), self.expected(output, "model.Ng=60"))
        self.assertEqual(len(self.units()), 24)

    def test_with_cues_and_rewards(self):
        """Cues are felt; rewards, which would keep the walks to a corner, are left out."""
        for name in ("CueUGRNN_relu_two_shards", "UGRNN_tanh_rewards"):
            with self.subTest(name):
                output = self.folder / f"{name}.h5"
                config = training.write_golden_config(self.folder / "golden.ini", output, name)
                config.write_text(config.read_text().replace(
                    "[model]", f"[model]\nsequence_length = {self.MODEL['sequence_length']}\n"
                ).replace("[reward]", "[reward]\nnavigate_timesteps = 3"))
                self.assert_done(support.run(["train", config]))
                self.plot(output)
                self.assertEqual(self.units(), self.expected(output, config=config)[:24])

    def test_of_a_stopped_run_the_newest_state(self):
        output = self.folder / "stopped.h5"
        result = support.run(["train", self.config, f"run.output={output}", "model.Ng=100",
                              "train.n_steps=100000", "run.time_limit=0.2"])
        self.assertEqual(result.code, 75, result.err)
        told = self.plot(output).out
        with h5py.File(output) as file:
            step = max(int(file[f"checkpoints/resume_{slot}/step"][0]) for slot in "ab")
        self.assertGreater(step, 0)
        self.assertTrue(told.endswith(f"after step {step}\n"), told)
        self.assertEqual(self.units(), self.expected(output, "model.Ng=100"))

    def test_a_silent_network(self):
        """With a rate that kills all units there is no map to draw, and the picture says so."""
        output, _ = self.train("run.h5", "train.n_epochs=1", "train.n_steps=1")
        with h5py.File(output, "r+") as file:
            for name in ("0", "1", "resume_a", "resume_b"):
                for weights in file[f"checkpoints/{name}/weights"].values():
                    weights[...] = 0
        self.plot(output)
        self.assertIn("no unit is active anywhere", " ".join(svg_texts(self.folder / "run.svg")))


class Refusals(PlotTest):
    def test_settings_of_another_network(self):
        output, _ = self.train("run.h5")
        for key, changed, part in (("Ng = 16", "Ng = 17", "another network"),
                                   ("batch_size = 7", "batch_sizf = 7", "unknown key batch_sizf")):
            with h5py.File(output, "r+") as file:
                text = bytes(file["config"][()])
                self.assertIn(key.encode(), text)
                file["config"][...] = np.frombuffer(
                    text.replace(key.encode(), changed.encode()), np.uint8)
            line = self.one_line_of_failure(self.plot(output, code=2).err)
            self.assertIn("run.h5", line)
            self.assertIn(part, line)
            self.assertFalse((self.folder / "run.svg").exists())
            with h5py.File(output, "r+") as file:
                file["config"][...] = np.frombuffer(text, np.uint8)


if __name__ == "__main__":
    unittest.main()
