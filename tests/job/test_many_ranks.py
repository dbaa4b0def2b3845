"""Many more ranks than cores, and more than tasks: the same bytes as one rank, flushes and waves
included."""
import unittest

import support

RANKS = 16
SETTINGS = {
    "fit": {"splits_num_splits": 40},
    "grid": {"splits_num_splits": 2, "splits_train_frac": 0.5, "grid_parts": 4, "grid_tol": 1e-9,
             "grid_alpha": "geomspace(1e-3, 1e3, 9)", "grid_l1_ratio": "linspace(0.1, 1, 5)",
             "grid_keep_scores": "yes"}}


class ManyRanks(support.JobTest):
    def check(self, job, n_animal, **settings):
        """The number of tasks; the same bytes on 16 ranks as on one."""
        output = self.folder / "out.h5"
        dataset = support.write_dataset(self.folder / "data.h5", {"1.0": support.animals(n_animal)})
        config = support.write_config(self.folder / "job.ini", output, dataset, **settings)
        self.assert_done(support.run([job, config, "run.resume=overwrite"]))
        alone = support.arrays(output)
        self.assert_done(support.run(
            [job, config, "run.resume=overwrite", "run.flush_seconds=0.02"], RANKS))
        self.assert_same(output, alone)
        return len(alone["/tasks/done"])

    def test_bytes_are_those_of_one_rank(self):
        for job, settings in SETTINGS.items():
            with self.subTest(job):
                self.assertGreater(self.check(job, 3, **settings), 2 * RANKS)

    def test_there_may_be_fewer_tasks_than_ranks(self):
        self.assertLess(self.check("fit", 2, splits_num_splits=1), RANKS)


if __name__ == "__main__":
    unittest.main()
