"""The README's example of a new regression type: its two pieces of code, put where it says, build
into a program that fits it."""
import os
import re
import shutil
import subprocess
import unittest

import h5py
import numpy as np

import support
from support import PROJECT, GOLDEN, JobTest


def code_blocks():
    """The C code of the README's section."""
    text = (PROJECT / "README.md").read_text()
    section = text[text.index("### A new regression type"):]
    return re.findall(r"^```c\n(.*?)^```$", section, re.M | re.S)[:2]


def copy_project(folder):
    for name in ("src", "include", "jobs"):
        shutil.copytree(PROJECT / name, folder / name)
    for name in ("CMakeLists.txt", "CMakePresets.json", "README.md", "LICENSE"):
        shutil.copy(PROJECT / name, folder / name)
    shutil.copytree(PROJECT / "ini", folder / "ini")


def add_type(folder):
    source, lines = code_blocks()
    extern, row = lines.splitlines()
    (folder / "src/maps/matched_filter.c").write_text(source)
    header = folder / "include/maps/map.h"
    text = header.read_text()
    text = text.replace("#define MEC_REGRESSIONS", extern + "\n#define MEC_REGRESSIONS", 1)
    head = re.search(r"#define MEC_REGRESSIONS\(ROW\) *\\\n", text)
    header.write_text(text[:head.end()] + row + "\n" + text[head.end():])


def build(folder):
    for arguments in (["cmake", "--preset", "debug", "-DMEC_TESTS=OFF"],
                      ["cmake", "--build", "--preset", "debug", "--target", "mec"]):
        done = subprocess.run(arguments, cwd=folder, capture_output=True, text=True)
        if done.returncode or "warning:" in done.stderr + done.stdout:
            raise AssertionError(done.stdout + done.stderr)
    return folder / "build/debug/mec"


class NewRegression(JobTest):
    def fit(self, name, *settings):
        path = self.folder / f"{name}.h5"
        (self.folder / "empty.ini").write_text("[run]\n")
        self.assert_done(support.run(["fit", self.folder / "empty.ini", f"run.output={path}",
                                      f"data.dataset={GOLDEN}:/dataset", "data.arenas=1.0",
                                      *settings], ranks=2))
        with h5py.File(path) as run:
            return run["/fits/1.0/rat_c/corr_per_split"][:]

    def test_the_example_builds_and_fits(self):
        copy_project(self.folder)
        add_type(self.folder)
        program = build(self.folder)
        old = os.environ["MEC"]
        os.environ["MEC"] = str(program)
        self.addCleanup(os.environ.__setitem__, "MEC", old)
        found = self.fit("new", "map.regression_type=MatchedFilter")
        # One component of partial least squares, a target at a time, has the same weights.
        wanted = self.fit("pls", "map.type=pls", "map.n_components=1",
                          "map.fit_per_target_unit=yes")
        np.testing.assert_allclose(found, wanted, rtol=0, atol=1e-10)


if __name__ == "__main__":
    unittest.main()
