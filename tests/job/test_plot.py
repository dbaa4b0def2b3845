"""mec show --plot: pictures that hold what they should, or one line that says why not."""
import os
import struct
import unittest
import xml.etree.ElementTree as ElementTree
import zlib

import numpy as np

import results
import support
from support import JobTest


def read_png(path):
    """(rows, columns, share of the bytes that differ from what PNG predicts from neighbours): a
    blank picture has a share of about 0."""
    data = path.read_bytes()
    assert data[:8] == b"\x89PNG\r\n\x1a\n", path
    width, height, depth, kind = struct.unpack(">IIBB", data[16:26])
    assert depth == 8 and kind in (2, 6), (depth, kind)
    body, at = b"", 8
    while at < len(data):
        length, name = struct.unpack(">I4s", data[at:at + 8])
        if name == b"IDAT":
            body += data[at + 8:at + 8 + length]
        at += 12 + length
    rows = np.frombuffer(zlib.decompress(body), np.uint8).reshape(height, -1)
    return height, width, (rows[:, 1:] != 0).mean()


def svg_texts(path):
    root = ElementTree.parse(path).getroot()
    assert root.tag.endswith("svg"), root.tag
    return [text.text or "" for text in root.iter() if text.tag.endswith("}text")]


class PlotTest(JobTest):
    ARENAS = {"1.0": support.animals(4, seed=300), "open field": support.animals()}

    def setUp(self):
        super().setUp()
        self.data = support.write_dataset(self.folder / "data.h5", self.ARENAS)
        self.output = self.fit("run.h5")

    def fit(self, name, *overrides, data=None):
        output = self.folder / name
        config = support.write_config(self.folder / "fit.ini", output, data or self.data,
                                      splits_num_splits=2)
        self.assert_done(support.run(["fit", config, *overrides]))
        return output

    def plot(self, picture, *arguments, code=0, env=None):
        result = support.run(["show", "--plot", self.folder / picture, *arguments], env=env)
        self.assertEqual(result.code, code, result.err)
        if code == 0:
            self.assertEqual(result.err, "")
        return result


class OneFile(PlotTest):
    def test_png(self):
        told = self.plot("corr.png", self.output).out
        self.assertEqual(told, f"wrote {self.folder}/corr.png: corr of 44 cells in 2 arenas\n")
        rows, columns, drawn = read_png(self.folder / "corr.png")
        self.assertTrue(500 < rows < 2000, rows)
        self.assertTrue(700 < columns < 3000, columns)
        self.assertTrue(0.005 < drawn < 0.3, drawn)
        self.assertEqual([p for p in os.listdir(self.folder) if p.startswith("corr.png")],
                         ["corr.png"])

    def test_svg(self):
        self.plot("corr.svg", self.output)
        found = svg_texts(self.folder / "corr.svg")
        for text in ("rat_a", "rat_b", "rat_c", "rat_d", "arena 1.0", "arena open field", "5 cells"):
            self.assertIn(text, found)
        self.assertIn("Pearson correlation", " ".join(found))

    def test_other_scores_and_units(self):
        output = self.fit("scores.h5", results.SCORES, "data.arenas=1.0",
                          *results.halves(self.folder, self.ARENAS))
        for score, text in (("mse", "(Hz²)"), ("neg_emd", "(m)"), ("reliability", "Reliability"),
                            ("rsa", "Representational similarity"),
                            ("corr_noise_corrected", "over the square root of the reliability")):
            with self.subTest(score):
                self.plot("x.svg", output, f"score={score}")
                self.assertIn(text, " ".join(svg_texts(self.folder / "x.svg")))
        output = self.fit("rsa.h5", "fit.scores=rsa")
        self.assertEqual(self.plot("x.svg", output, "score=rsa").out,
                         f"wrote {self.folder}/x.svg: rsa of 7 animals in 2 arenas\n")

    def test_names_are_taken_as_they_are(self):
        members = support.animals(3)
        names = ["it's `date` \"%s\"", "x^2_{y}@z", "a_long_name_of_an_animal_and_more_of_it"]
        data = support.write_dataset(
            self.folder / "odd.h5", {"1.0": dict(zip(names, members.values())),
                                     "arena $HOME \\n": dict(zip(names, members.values()))})
        self.plot("odd.svg", self.fit("odd-run.h5", data=data))
        found = " ".join(svg_texts(self.folder / "odd.svg"))
        for text in (names[0], names[1], "a_long_name_of_an_animal", "arena arena $HOME \\n"):
            self.assertIn(text, found)

    def test_many_animals(self):
        data = support.write_dataset(
            self.folder / "many.h5", {"1.0": {f"animal_{i:04d}": support.responses(i, 6, 6, 2)
                                              for i in range(30)}})
        self.plot("many.png", self.fit("many-run.h5", data=data))
        self.assertGreater(read_png(self.folder / "many.png")[1], 30 * 2 * 36)

    def test_cells_without_a_value(self):
        members = support.animals()
        members["rat_b"][:, :, 2] = 0
        members["rat_c"][...] = 0
        data = support.write_dataset(self.folder / "silent.h5", {"1.0": members})
        output = self.fit("silent-run.h5", data=data)
        self.plot("silent.svg", output)
        found = svg_texts(self.folder / "silent.svg")
        self.assertIn("5 of 6 cells", found)
        self.assertIn("0 of 7 cells", found)
        members["rat_a"][...] = members["rat_b"][...] = 0
        data = support.write_dataset(self.folder / "dead.h5", {"1.0": members})
        line = self.one_line_of_failure(
            self.plot("dead.svg", self.fit("dead-run.h5", data=data), code=2).err)
        self.assertIn("every corr is NaN", line)


class TwoFiles(PlotTest):
    def test_cells_are_matched(self):
        other = self.fit("other.h5", "map.alpha=50", "data.arenas=1.0")
        told = self.plot("two.svg", self.output, other).out
        one = np.concatenate([support.fit(self.output, "1.0", f"rat_{x}")["corr"] for x in "abcd"])
        two = np.concatenate([support.fit(other, "1.0", f"rat_{x}")["corr"] for x in "abcd"])
        self.assertIn(f"corr of 26 cells in both files, 18 only in {self.output}, 0 only in "
                      f"{other}\n", told)
        self.assertIn(f"medians {np.median(one):.4f} and {np.median(two):.4f}; "
                      f"{(two > one).sum()} of 26 above the diagonal\n", told)
        found = " ".join(svg_texts(self.folder / "two.svg"))
        for text in ("run.h5", "other.h5", f"{(two > one).sum()} of 26 cells above the diagonal",
                     "26 cells in both files, 18 only in x, 0 only in y"):
            self.assertIn(text, found)
        self.plot("two.png", self.output, other, "score=mse")
        rows, columns, drawn = read_png(self.folder / "two.png")
        self.assertTrue(700 < columns < rows < 1500, (rows, columns))
        self.assertGreater(drawn, 0.005)

    def test_cells_without_a_value_are_counted(self):
        other = self.fit("other.h5")
        with results.h5py.File(other, "r+") as file:
            file["fits/1.0/rat_a/corr_per_split"][1] = np.nan
        self.assertIn("; 1 without a value\n", self.plot("two.png", self.output, other).out)

    def test_animals(self):
        one = self.fit("one.h5", "fit.scores=rsa")
        other = self.fit("other.h5", "fit.scores=rsa", "map.alpha=50")
        self.assertIn("rsa of 7 animals in both files",
                      self.plot("two.svg", one, other, "score=rsa").out)

    def test_nothing_in_common(self):
        data = support.write_dataset(self.folder / "b.h5", {"1.0": support.animals()},
                                     cell_name="other_{animal}_{cell}")
        other = self.fit("b-run.h5", data=data)
        line = self.one_line_of_failure(self.plot("two.svg", self.output, other, code=2).err)
        self.assertIn("no cell with a value of corr in both", line)


class Failures(PlotTest):
    def test_without_gnuplot(self):
        empty = self.folder / "empty"
        empty.mkdir()
        result = self.plot("x.png", self.output, code=1, env={"PATH": str(empty)})
        self.assertIn("gnuplot-nox", self.one_line_of_failure(result.err))
        self.assertEqual([p for p in os.listdir(self.folder) if p.startswith("x.png")], [])

    def test_a_gnuplot_that_fails(self):
        broken = self.folder / "broken"
        broken.mkdir()
        (broken / "gnuplot").write_text("#!/bin/sh\necho 'line 3: no terminal of that kind' >&2\n"
                                        "exit 1\n")
        (broken / "gnuplot").chmod(0o755)
        path = self.folder / "x.svg"
        path.write_text("older")
        result = self.plot("x.svg", self.output, code=1, env={"PATH": str(broken)})
        self.assertIn("gnuplot failed: line 3: no terminal of that kind",
                      self.one_line_of_failure(result.err))
        self.assertEqual(path.read_text(), "older")

    def test_what_it_refuses(self):
        cases = [(["x.gif", self.output], "ends in .png or .svg"),
                 (["x.png", self.data], "is no run file"),
                 (["x.png", self.output, self.folder / "none.h5"], "No such file"),
                 (["x.png", self.output, "score=beauty"], "accepted: corr, r2, mse"),
                 (["x.png"], "no file given"),
                 (["x.png", self.output, "--status"], "usage: mec show")]
        for arguments, says in cases:
            with self.subTest(says):
                result = self.plot(*arguments, code=2)
                self.assertIn(says, self.one_line_of_failure(result.err))
        picture = self.output.rename(self.folder / "results.png")
        result = support.run(["show", "--plot", picture, picture])
        self.assertIn("HDF5", self.one_line_of_failure(result.err))


if __name__ == "__main__":
    unittest.main()
