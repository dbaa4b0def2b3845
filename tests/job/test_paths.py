"""Every job where folders and files have blanks, quotes, letters beyond ASCII and what a shell would
obey in their names; and whole jobs in small, which ./tests/run makes under the sanitizers too."""
import unittest

import support
from killing import JOBS
from support import JobTest

NAME = "Höhle 7 $(touch owned); 'räume' \"été\" &"


class Paths(JobTest):
    def setUp(self):
        super().setUp()
        self.place = self.folder / NAME
        self.place.mkdir()

    def run_here(self, *arguments, ranks=None):
        result = support.run(arguments, ranks, cwd=self.place, timeout=300)
        self.assert_done(result)
        return result

    def check_job(self, job, *overrides):
        output = self.place / f"{NAME}.h5"
        config = JOBS[job](self.place, output)
        for ranks in (None, 2):
            self.run_here(job, config, *overrides, ranks=ranks)
            self.assertEqual(support.run(["show", "--status", output]).code, 0)
            self.run_here("show", output)
            self.run_here("show", "--tasks", output)
            output.unlink()
        self.run_here(job, config, *overrides)
        return output

    def check_plot(self, *arguments):
        picture = self.place / f"{NAME}.png"
        self.run_here("show", "--plot", picture, *arguments)
        self.assertGreater(picture.stat().st_size, 0)

    def tearDown(self):
        self.assertFalse(list(self.folder.rglob("owned")))

    def test_fit(self):
        output = self.check_job("fit", "splits.num_splits=3")
        table = self.place / f"{NAME}.csv"
        self.run_here("export", output, table)
        self.assertIn("rat_a", table.read_text())
        self.check_plot(output)

    def test_grid(self):
        self.check_job("grid", "splits.num_splits=2")

    def test_ratemaps(self):
        self.check_plot(self.check_job("ratemaps", "ratemaps.n_eval_seq=2"))

    def test_train(self):
        self.check_plot(self.check_job("train", "train.n_epochs=1", "train.n_steps=3"))

    def test_synth(self):
        config = self.place / f"{NAME}.ini"
        config.write_text("[synth]\nn_cells = 3\narenas = 0.5\n")
        output = self.place / f"{NAME}.h5"
        self.run_here("synth", config, f"run.output={output}", ranks=2)
        self.run_here("show", output)


if __name__ == "__main__":
    unittest.main()
