"""mec show --tasks: what /tasks of a run says of the load of its ranks, in words and as a picture.
"""
import re
import unittest

import h5py
import numpy as np

import support
from resuming import SHORT, ResumeTest
from test_plot import read_png, svg_texts


class Tasks(ResumeTest):
    def show(self, *arguments, code=0):
        result = support.run(["show", "--tasks", *arguments])
        self.assertEqual(result.code, code, result.err)
        return result

    def table(self, path):
        with h5py.File(path) as file:
            return {name: item[()] for name, item in file["tasks"].items()}

    def test_loads_and_the_slowest_tasks(self):
        self.assert_done(support.run(["fit", self.config, *SHORT], 3))
        out = self.show(self.output).out
        tasks = self.table(self.output)
        self.assertIn("fit, complete, 120 of 120 tasks", out)
        rows = re.findall(r"(?m)^ +(\d+) +(\d+) .* +(\d+\.\d) %$", out)
        self.assertEqual([int(row[0]) for row in rows], list(range(len(rows))))
        self.assertEqual([int(row[1]) for row in rows],
                         list(np.bincount(tasks["rank"], minlength=len(rows))))
        starts, ends = tasks["started"], tasks["started"] + tasks["seconds"]
        busy = np.bincount(tasks["rank"], tasks["seconds"])
        times = np.linspace(starts.min(), ends.max(), 20001)  # the time in which any rank worked
        working = ((starts[:, None] <= times) & (times <= ends[:, None])).any(axis=0).mean()
        idle = 100 * (1 - busy / (working * (ends.max() - starts.min())))
        for row, expected in zip(rows, idle):
            self.assertAlmostEqual(float(row[2]), max(expected, 0), delta=2)
        slowest = re.findall(r"(?m)^ +(\d+\.\d{3}) +(\d+)  (.+)$", out)
        self.assertEqual(len(slowest), 10)
        order = np.argsort(-tasks["seconds"], kind="stable")[:10]
        self.assertEqual([name for _, _, name in slowest],
                         support.texts(tasks["name"][order]))
        self.assertNotIn("not done", out)

    def test_tasks_that_are_not_done(self):
        run = self.start(2)
        self.wait_for_work(run, 0.3)
        refused = self.show(self.output, code=2)
        self.assertIn("is being written", self.one_line_of_failure(refused.err))
        run.kill()
        run.wait()
        n = 2400 - self.n_done()
        out = self.show(self.output).out
        self.assertIn(f"not done: {n} of 2400 tasks\n  1.0/rat_", out)
        self.assertIn(f"... and {n - 10} more", out)

    def test_none_is_done(self):
        self.assert_done(support.run(["fit", self.config, *SHORT]))
        with h5py.File(self.output, "r+") as file:
            file["tasks/done"][:] = 0
        out = self.show(self.output).out
        self.assertIn("0 of 120 tasks", out)
        self.assertNotIn("slowest", out)
        result = self.show("--plot", self.folder / "x.svg", self.output, code=2)
        self.assertIn("no task is done yet", self.one_line_of_failure(result.err))

    def test_the_timeline(self):
        self.assert_done(support.run(["fit", self.config, *SHORT], 3))
        n_rank = self.table(self.output)["rank"].max() + 1
        for name in ("time.svg", "time.png"):
            picture = self.folder / name
            told = self.show("--plot", picture, self.output).out
            self.assertEqual(told, f"wrote {picture}: 120 tasks on {n_rank} ranks\n")
        found = " ".join(svg_texts(self.folder / "time.svg"))
        for text in (f"Work of {n_rank} ranks, 120 tasks; idle", "Rank",
                     "Time since the first task began (s)", str(self.output)[-20:]):
            self.assertIn(text, found)
        drawn = re.findall(r"(?m)^\s*<polygon|<path", (self.folder / "time.svg").read_text())
        self.assertGreaterEqual(len(drawn), n_rank)
        self.assertGreater(read_png(self.folder / "time.png")[2], 0.005)

    def test_what_is_refused(self):
        for arguments in ([self.data], [self.folder / "no.h5"], [self.reference, self.reference],
                          [self.reference, "score=corr"], ["--status", self.reference],
                          ["--plot", self.folder / "x.jpg", self.reference]):
            with self.subTest(arguments):
                self.one_line_of_failure(self.show(*arguments, code=2).err)


if __name__ == "__main__":
    unittest.main()
