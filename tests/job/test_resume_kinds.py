"""Fits of every kind of source, killed and resumed on another number of ranks: the same bytes as in one
go."""
import unittest

import h5py

import support
from resuming import ResumeTest


class EveryKind(ResumeTest):
    @classmethod
    def make_reference(cls, folder):
        """Every test has its own."""

    def check(self, *overrides, kill_on, go_on_on):
        reference = self.folder / "reference.h5"
        self.assert_done(support.run(["fit", self.config, *overrides, f"run.output={reference}"],
                                     2))
        run = self.start(kill_on, *overrides)
        self.wait_for_work(run, 0.3)
        run.kill()
        run.wait()
        self.assertEqual(self.status().code, 75)
        self.assertGreater(self.n_done(), 0)
        result = support.run(["fit", self.config, *overrides], go_on_on)
        self.assert_done(result)
        self.assertIn("goes on", result.err)
        self.assert_same(self.output, support.arrays(reference))
        self.assertEqual(self.status().code, 0)
        self.assert_no_leftovers(self.output)

    def test_parameters_for_single_cells(self):
        cells = self.folder / "cells.csv"
        cells.write_text("cell_id,split,alpha,train_frac\n*,*,3,\nrat_a_0,*,,0.5\n"
                         "rat_b_3,7,100,0.1\nrat_b_3,8,0,0.1\n*,9,20,\n")
        self.check(f"map.per_cell={cells}", kill_on=2, go_on_on=3)

    def test_responses(self):
        model = self.folder / "model.h5"
        with h5py.File(model, "w") as file:
            file["units"] = support.responses(7, 20, 20, 700)
        self.check("source.kind=response", f"source.response={model}:/units", kill_on=3,
                   go_on_on=None)

    def test_pairs_of_animals_with_splits_that_are_kept(self):
        self.check("source.mode=pairwise", "splits.keep=yes", "splits.num_splits=100",
                   kill_on=None, go_on_on=2)

    def test_a_joint_map(self):
        self.check("map.type=pls", "map.n_components=2", "splits.num_splits=200", kill_on=2,
                   go_on_on=1)


if __name__ == "__main__":
    unittest.main()
