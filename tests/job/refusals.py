"""What the program refuses: tables of cases, each run on one process and under mpirun on three
ranks. Exit code 2, one line that says what and where, and nothing written."""
import os
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple

import support
from support import JobTest


class Case(NamedTuple):
    """`prepare` fills the folder that the run starts in; the line must hold every one of `says`."""
    name: str
    arguments: list
    says: list
    prepare: object = lambda folder: None


def contents(folder):
    """{path: bytes} of all that is in the folder; None for directories."""
    found = {}
    for path in folder.rglob("*"):
        readable = path.is_file() and os.access(path, os.R_OK)
        found[path] = path.read_bytes() if readable else None
    return found


class RefusalTest(JobTest):
    ranks = (None, 3)  # None: without mpirun

    def run_case(self, number, case):
        """Results on one process and on three ranks, and whether the folder stayed as it was."""
        folder = self.folder / str(number)
        folder.mkdir()
        case.prepare(folder)
        before = contents(folder)
        results = [support.run(case.arguments, ranks, timeout=20, cwd=folder)
                   for ranks in self.ranks]
        return results, sorted(map(str, before)), sorted(map(str, contents(folder))), \
            before == contents(folder)

    def check(self, cases):
        with ThreadPoolExecutor(max_workers=6) as pool:  # a start is mostly waiting
            outcomes = list(pool.map(self.run_case, range(len(cases)), cases))
        for case, (results, before, after, untouched) in zip(cases, outcomes):
            for result, ranks in zip(results, self.ranks):
                with self.subTest(case.name, ranks=ranks):
                    self.assertEqual(result.code, 2, result.err)
                    self.assertEqual(result.out, "")
                    self.assertEqual(len(result.err.splitlines()), 1, result.err)
                    self.assertTrue(result.err.startswith("mec: "), result.err)
                    for fragment in case.says:
                        self.assertIn(fragment, result.err)
            with self.subTest(case.name + ": nothing was written"):
                self.assertEqual(after, before)
                self.assertTrue(untouched, "a file was changed")
