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

    def test_parameters_for_single_cells(self):
        cells = self.folder / "cells.csv"
        cells.write_text("cell_id,split,alpha,train_frac\n*,*,3,\nrat_a_0,*,,0.5\n"
                         "rat_b_3,7,100,0.1\nrat_b_3,8,0,0.1\n*,9,20,\n")
        self.check_killed(f"map.per_cell={cells}", kill_on=2, go_on_on=3)

    def test_responses(self):
        model = self.folder / "model.h5"
        with h5py.File(model, "w") as file:
            file["units"] = support.responses(7, 20, 20, 700)
        self.check_killed("source.kind=response", f"source.response={model}:/units", kill_on=3,
                          go_on_on=None)

    def test_pairs_of_animals_with_splits_that_are_kept(self):
        self.check_killed("source.mode=pairwise", "splits.keep=yes", "splits.num_splits=100",
                          kill_on=None, go_on_on=2)

    def test_a_joint_map(self):
        self.check_killed("map.type=pls", "map.n_components=2", "splits.num_splits=200",
                          kill_on=2, go_on_on=1)


if __name__ == "__main__":
    unittest.main()
