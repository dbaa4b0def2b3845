"""mec synth: the same dataset on any number of ranks, its layout, and the quick start end to end."""
import hashlib
import unittest

import h5py
import numpy as np

import support
from refusals import Case, RefusalTest

QUICKSTART_DATA = support.PROJECT / "ini" / "quickstart-data.ini"
QUICKSTART = support.PROJECT / "ini" / "quickstart.ini"


class SynthTest(support.JobTest):
    def synth(self, name="data.h5", ranks=None, **settings):
        """The path of a dataset of these settings of [synth]."""
        output = self.folder / name
        config = self.folder / "synth.ini"
        lines = [f"{key} = {value}" for key, value in settings.items()]
        config.write_text("\n".join(["[synth]", *lines, "[run]", f"output = {output}",
                                     "resume = overwrite"]), encoding="utf-8")
        result = support.run(["synth", config], ranks)
        self.assert_done(result)
        self.assertIn(f"wrote {output}: ", result.out)
        self.assert_no_leftovers(output)
        return output

    def responses(self, path):
        """{arena: {animal: resp}}"""
        with h5py.File(path) as file:
            return {arena: {animal: group["resp"][()] for animal, group in members.items()}
                    for arena, members in file.items()}


class SameOnAnyRanks(SynthTest):
    def test_small(self):
        settings = {"arenas": "0.7, Feld ä", "side_m": 0.4, "n_animals": 5, "n_cells": 11}
        expected = support.arrays(self.synth(**settings))
        for ranks in (1, 2, 3, 4):
            found = self.synth("on_several.h5", ranks, **settings)
            self.assert_same(found, expected)

    def test_an_animal_of_several_blocks(self):
        """A block holds at most 2^23 values."""
        settings = {"arenas": "1.0", "n_animals": 1, "n_cells": 22000}
        digests = set()
        for ranks in (None, 3):
            with h5py.File(self.synth(ranks=ranks, **settings)) as file:
                resp = file["1.0/animal_0001/resp"][()]
                self.assertTrue(np.isfinite(resp[~np.isnan(resp).all(axis=2)]).all())
                digests.add(hashlib.sha256(resp.tobytes()).digest())
        self.assertEqual(len(digests), 1)


class Layout(SynthTest):
    def test_names_shapes_and_attributes(self):
        path = self.synth(arenas="1.5, box", side_m=0.8, n_animals=3, n_cells=7, bin_cm=10)
        with h5py.File(path) as file:
            self.assertEqual(sorted(file), ["1.5", "box"])
            for arena, side, n_bin in (("1.5", 1.5, 15), ("box", 0.8, 8)):
                group = file[arena]
                self.assertEqual(len(group), 3)
                self.assertEqual({k: float(v) for k, v in group.attrs.items()},
                                 {"width_m": side, "height_m": side, "bin_cm": 10})
                for animal in group.values():
                    self.assertEqual(animal["resp"].shape, (n_bin, n_bin, 7))
                    self.assertEqual(animal["resp"].dtype, np.float64)
                    self.assertEqual(animal["resp"].attrs["units"], b"Hz")
                    self.assertEqual(animal["cell_ids"].shape, (7,))
            ids = [name for animal in file["box"].values() for name in animal["cell_ids"][()]]
            self.assertEqual(len(set(ids)), 21)
            for animal, group in file["box"].items():
                for name in support.texts(group["cell_ids"][()]):
                    self.assertTrue(name.startswith(f"{animal}_"), name)

    def test_arenas_share_the_animals_cells(self):
        path = self.synth(arenas="1.0, 1.5, box", n_animals=3, n_cells=20)
        with h5py.File(path) as file:
            for arena in ("1.5", "box"):
                self.assertEqual(list(file[arena]), list(file["1.0"]))
                for animal in file[arena]:
                    self.assertEqual(list(file[arena][animal]["cell_ids"]),
                                     list(file["1.0"][animal]["cell_ids"]))

    def test_border_cells_keep_their_wall_and_place_cells_do_not_keep_their_place(self):
        found = self.responses(self.synth(arenas="one, two", n_animals=2, n_cells=40, noise="none",
                                          unvisited=0, fraction_grid=0, fraction_place=0.5,
                                          fraction_border=0.5))
        for animal, one in found["one"].items():
            two = found["two"][animal]
            corr = np.array([np.corrcoef(one[..., k].ravel(), two[..., k].ravel())[0, 1]
                             for k in range(40)])
            # A border cell has a weak field of the arena's own beside.
            self.assertGreater(np.median(corr[20:]), 0.9)
            self.assertGreater(corr[20:].min(), 0.5)
            self.assertLess(np.median(corr[:20]), 0.4)

    def test_rates_and_unvisited_bins(self):
        for noise in ("poisson", "none"):
            for fraction, n_expected in ((0, 0), (0.1, 40), (0.5, 200)):
                found = self.responses(self.synth(n_animals=3, n_cells=30, noise=noise,
                                                  unvisited=fraction))["1.0"]
                missing = {animal: np.isnan(resp) for animal, resp in found.items()}
                for animal, resp in found.items():
                    everywhere = missing[animal].all(axis=2)
                    self.assertTrue((missing[animal].any(axis=2) == everywhere).all())
                    self.assertEqual(everywhere.sum(), n_expected)
                    kept = resp[~everywhere]
                    self.assertTrue((kept >= 0).all())
                    self.assertGreater(kept.max(), 1)
                    self.assertLess(kept.max(), 1000)
                if n_expected:
                    self.assertFalse((missing["animal_0001"][..., 0] ==
                                      missing["animal_0002"][..., 0]).all())

    def test_the_seed_decides_everything(self):
        settings = {"n_animals": 2, "n_cells": 6, "arenas": "0.5"}
        expected = support.arrays(self.synth(seed=4, **settings))
        self.assert_same(self.synth("again.h5", seed=4, **settings), expected)
        other = support.arrays(self.synth("other.h5", seed=5, **settings))
        for name in expected:
            self.assertEqual(other[name] == expected[name], name.endswith("cell_ids"), name)

    def test_more_animals_and_arenas_leave_the_others_as_they_are(self):
        few = self.responses(self.synth(arenas="0.6", n_animals=2, n_cells=6))
        many = self.responses(self.synth(arenas="0.5, 0.6", n_animals=5, n_cells=6))
        for animal, resp in few["0.6"].items():
            np.testing.assert_array_equal(many["0.6"][animal], resp)

    def test_animals_differ(self):
        found = self.responses(self.synth(n_animals=3, n_cells=6, noise="none", unvisited=0))
        one, two, three = found["1.0"].values()
        self.assertFalse((one == two).all())
        self.assertFalse((two == three).all())

    def test_show_reads_it(self):
        path = self.synth(arenas="1.0", n_animals=3, n_cells=5)
        shown = support.run(["show", path])
        self.assertEqual(shown.code, 0, shown.err)
        self.assertIn("1 arena, 15 cells", shown.out)
        self.assertIn("arena 1.0: 3 animals, 20 x 20 bins, 1 x 1 m, bins of 5 cm", shown.out)


class QuickStart(SynthTest):
    def test_end_to_end(self):
        data, output = self.folder / "data.h5", self.folder / "run.h5"
        made = support.run(["synth", QUICKSTART_DATA, f"run.output={data}"], 2)
        self.assert_done(made)
        self.assertIn("2 arenas, 5 animals, 300 cells", made.out)
        fitted = support.run(["fit", QUICKSTART, f"data.dataset={data}", f"run.output={output}"], 2)
        self.assert_done(fitted)
        self.assertIn("100 of 100 tasks", fitted.out)
        self.assertEqual(support.run(["show", "--status", output]).code, 0)
        for arena, members in self.responses(data).items():
            for animal, by_score in support.consistency(members).items():
                found = support.fit(output, arena, animal)
                self.assert_close(found["corr_per_split"], by_score["corr"], 1e-9,
                                  f"{arena} {animal}")
                # Animals predict each other in part, which is what the data are for.
                self.assertGreater(np.nanmedian(found["corr"]), 0.1)
                self.assertLess(np.nanmedian(found["corr"]), 0.99)

    def test_the_data_file_of_one_is_that_of_the_other(self):
        made = QUICKSTART_DATA.read_text(), QUICKSTART.read_text()
        output = next(line.split("=")[1].strip() for line in made[0].splitlines()
                      if line.startswith("output"))
        self.assertIn(f"dataset = {output}\n", made[1])


class Writing(SynthTest):
    def test_it_stops_on_request_and_leaves_nothing(self):
        config = self.folder / "synth.ini"
        config.write_text("[run]\noutput = data.h5\ntime_limit = 0.001\n[synth]\n")
        for ranks in (None, 3):
            result = support.run(["synth", config], ranks, cwd=self.folder)
            self.assertEqual(result.code, 75, result.err)
            self.assertIn("data.h5 was not written", self.one_line_of_failure(result.err))
            self.assertEqual(list(self.folder.iterdir()), [config])

    def test_a_killed_one_is_started_again(self):
        config = self.folder / "synth.ini"
        config.write_text("[run]\noutput = data.h5\n[synth]\nn_cells = 20000\nn_animals = 3\n")
        run = support.start(["synth", config], 2, cwd=self.folder)
        self.addCleanup(run.kill)
        while not (self.folder / "data.h5.new").exists():
            self.assertIsNone(run.process.poll(), "ended before it wrote")
        run.kill()
        run.wait()
        self.assertFalse((self.folder / "data.h5").exists())
        self.assert_done(support.run(["synth", config, "synth.n_cells=5"], 2, cwd=self.folder))
        self.assert_no_leftovers(self.folder / "data.h5")

    def test_the_dry_run_writes_nothing(self):
        config = self.folder / "synth.ini"
        config.write_text("[run]\noutput = data.h5\n[synth]\nunvisited = 0.1\nn_cells = 9\n")
        for ranks in (None, 3):
            result = support.run(["synth", config, "--dry-run"], ranks, cwd=self.folder)
            self.assert_done(result)
            self.assertEqual(result.out.count("would write data.h5: 1 arena, 4 animals, 36 cells"),
                             1)
            self.assertIn("20 x 20 bins, 40 never visited", result.out)
            self.assertEqual(list(self.folder.iterdir()), [config])


def refused(name, text, *says, make=None, arguments=()):
    def prepare(folder):
        (folder / "synth.ini").write_text(text)
        if make:
            make(folder)
    return Case(name, ["synth", "synth.ini", *arguments], says, prepare)


def write_older(folder):
    with h5py.File(folder / "data.h5", "w") as file:
        file["older"] = 1


HEAD = "[run]\noutput = data.h5\n[synth]\n"
REFUSED = [
    refused("no output", "[synth]\n", "[run] output", "is empty"),
    refused("no arena", HEAD + "arenas =\n", "synth.ini:4: ", "[synth] arenas", "is empty"),
    refused("an arena twice", HEAD + "arenas = 1.0, 2.0, 1.0\n", "synth.ini:4: ", '"1.0" twice'),
    refused("a slash in a name", HEAD + "arenas = a/b\n", "synth.ini:4: ", '"a/b"'),
    refused("a dot for a name", HEAD + "arenas = .\n", "synth.ini:4: ", '"."'),
    refused("fractions above 1", HEAD + "fraction_grid = 0.7\nfraction_place = 0.4\n",
            "synth.ini:4: ", "add up to 1.2", "accepted: at most 1"),
    refused("bins too large", HEAD + "bin_cm = 80\n", "synth.ini:4: ", "bin_cm", "accepted: "),
    refused("bins too small", HEAD + "bin_cm = 0.1\narenas = 100\n", "synth.ini:4: ", "bin_cm",
            "2048"),
    refused("no cells", HEAD + "n_cells = 0\n", "synth.ini:4: ", 'found "0"'),
    refused("unknown noise", HEAD + "noise = gauss\n", "synth.ini:4: ", "accepted: one of: poisson"),
    refused("all unvisited", HEAD + "unvisited = 1\n", "synth.ini:4: ", "[0, 0.9]"),
    refused("misspelt key", HEAD + "n_cell = 3\n", "synth.ini:4: ", "nearest: n_cells"),
    refused("the output exists", HEAD, "data.h5", "exists", "overwrite", make=write_older),
    refused("the output exists, dry run", HEAD, "data.h5", "exists", make=write_older,
            arguments=["--dry-run"]),
    refused("the output is another kind of file", HEAD, "data.h5", "no HDF5 file",
            make=lambda folder: (folder / "data.h5").write_text("mine"),
            arguments=["run.resume=overwrite"]),
    refused("the output is a directory", HEAD, "data.h5", "no file",
            make=lambda folder: (folder / "data.h5").mkdir(),
            arguments=["run.resume=overwrite"]),
]


class Refusals(RefusalTest):
    def test_refusals(self):
        self.check(REFUSED)

    def test_overwrite_replaces(self):
        write_older(self.folder)
        (self.folder / "synth.ini").write_text(HEAD + "n_cells = 3\n")
        self.assert_done(support.run(["synth", "synth.ini", "run.resume=overwrite"], 2,
                                     cwd=self.folder))
        with h5py.File(self.folder / "data.h5") as file:
            self.assertEqual(list(file), ["1.0"])


if __name__ == "__main__":
    unittest.main()
