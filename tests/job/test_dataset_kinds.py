"""Every way in which a dataset may be stored gives the numbers of the plain one: float64,
contiguous, variable-length ids."""
import unittest

import h5py
import numpy as np

import support
from support import JobTest


class DatasetKinds(JobTest):
    def setUp(self):
        super().setUp()
        self.members = support.animals()
        self.members["rat_b"][2, 3, 1] = np.nan
        self.whole = {name: np.round(5 * support.animals()[name]) for name in self.members}
        for resp in self.whole.values():
            np.clip(resp, 0, 200, out=resp)

    def fit(self, location, name="run.h5", *overrides, ranks=None):
        """The path of the run file of a fit of the dataset at `location`."""
        output = self.folder / name
        config = support.write_config(self.folder / "fit.ini", output, location,
                                      run_resume="overwrite")
        self.assert_done(support.run(["fit", config, *overrides], ranks))
        return output

    def write(self, members, name="data.h5", **options):
        return support.write_dataset(self.folder / name, {"1.0": members}, **options)

    def results(self, path):
        """Arrays but for the digest of the data, which follows names of arenas and shapes too."""
        return {name: value for name, value in support.arrays(path).items()
                if not name.startswith("/inputs")}

    def plain(self, members):
        return self.results(self.fit(self.write(members, "plain.h5"), "plain_run.h5"))

    def check(self, expected, location, *overrides, ranks=None):
        found = self.results(self.fit(location, "run.h5", *overrides, ranks=ranks))
        self.assertEqual(sorted(found), sorted(expected))
        for name, values in expected.items():
            self.assertTrue(found[name] == values, f"{name} differs")

    # ---- numbers ----

    def test_plain_numbers_are_right(self):
        output = self.fit(self.write(self.members))
        for animal, by_score in support.consistency(self.members).items():
            found = support.fit(output, "1.0", animal)
            self.assertTrue((found["n_states"] == 71).all())
            self.assert_close(found["corr_per_split"], by_score["corr"], 1e-9, animal)

    def test_float32(self):
        widened = {k: v.astype("<f4").astype("<f8") for k, v in self.members.items()}
        self.check(self.plain(widened), self.write(self.members, dtype="<f4"))

    def test_big_endian(self):
        self.check(self.plain(self.members), self.write(self.members, dtype=">f8"))

    def test_float16(self):
        widened = {k: v.astype("<f2").astype("<f8") for k, v in self.members.items()}
        self.check(self.plain(widened), self.write(self.members, dtype="<f2"))

    def test_integers(self):
        expected = self.plain(self.whole)
        for dtype in ("<i2", "<i4", "u1", ">i4", "<u8"):
            with self.subTest(dtype):
                self.check(expected, self.write(self.whole, dtype=dtype))

    def test_animals_of_different_types(self):
        path = self.write(self.whole)
        with h5py.File(path, "r+") as file:
            del file["1.0/rat_c/resp"]
            file["1.0/rat_c"]["resp"] = self.whole["rat_c"].astype("<i2")
        self.check(self.plain(self.whole), path)

    def test_not_finite_is_not_sampled(self):
        expected = self.plain(self.members)
        for value in (np.inf, -np.inf):
            with self.subTest(value):
                members = {name: resp.copy() for name, resp in self.members.items()}
                members["rat_b"][2, 3, 1] = value
                self.check(expected, self.write(members))

    def test_not_sampled_in_several_animals(self):
        self.members["rat_a"][0, 0, :] = np.nan
        self.members["rat_c"][7, 8, 2] = np.inf
        output = self.fit(self.write(self.members), "run.h5", "source.mode=pairwise")
        for animal, by_score in support.consistency(self.members, "pairwise").items():
            found = support.fit(output, "1.0", animal)
            self.assertTrue((found["n_states"] == 70).all())
            self.assert_close(found["corr_per_split"], by_score["corr"], 1e-9, animal)

    def test_never_sampled_is_a_result(self):
        self.members["rat_b"][:, :, 1] = np.nan
        config = support.write_config(self.folder / "fit.ini", self.folder / "run.h5",
                                      self.write(self.members))
        for ranks in (None, 3):
            result = support.run(["fit", config, "run.resume=overwrite"], ranks)
            self.assertEqual(result.code, 0, result.err)
            self.assertIn("0 states are finite", result.err)
            self.assertIn("the scores are NaN", result.err)
            for animal in self.members:
                self.assertTrue(np.isnan(support.fit(self.folder / "run.h5", "1.0", animal)["corr"])
                                .all())

    def test_a_source_that_cannot_tell_the_test_states_apart(self):
        """Cells that fire in one state only: all else looks the same to them, and rounding must
        not make a prediction of it."""
        rates = np.random.RandomState(0).uniform(1, 30, 37)
        for intercept in ("yes", "no"):
            self.members["rat_a"] = np.zeros((8, 9, 37))
            self.members["rat_a"][1, 8, :] = rates
            output = self.fit(self.write(self.members), "run.h5", "source.mode=pairwise",
                              "splits.num_splits=30", f"map.fit_intercept={intercept}")
            found = support.fit(output, "1.0", "rat_c")
            self.assertEqual(support.texts(found["source"]), ["rat_a", "rat_b"])
            self.assertTrue((found["n_valid_splits"] == [0, 30]).all(), found["n_valid_splits"])

    # ---- how they are stored ----

    def test_chunks_and_filters(self):
        self.check(self.plain(self.members),
                   self.write(self.members, chunks=(3, 4, 2), compression="gzip", shuffle=True,
                              fletcher32=True))

    def test_flat(self):
        flat = {name: resp.reshape(72, -1) for name, resp in self.members.items()}
        self.check(self.plain(self.members), self.write(flat))

    def test_flat_and_not_in_one_arena(self):
        self.members["rat_b"] = self.members["rat_b"].reshape(72, -1)
        mixed = self.write(self.members)
        self.members["rat_b"] = self.members["rat_b"].reshape(8, 9, -1)
        self.check(self.plain(self.members), mixed)

    def test_ids_of_every_kind(self):
        for cell_name in ("{animal}_{cell}", "Zelle {cell} von {animal} \u00e4\u00f6\u00fc"):
            expected = self.results(self.fit(self.write(self.members, cell_name=cell_name)))
            for kind in ("nul", "space"):
                with self.subTest(kind, cell_name=cell_name):
                    path = self.write(self.members, ids=kind, cell_name=cell_name)
                    with h5py.File(path) as file:
                        kept = file["1.0/rat_a/cell_ids"].id.get_type().get_strpad()
                    self.assertEqual(kept, {"nul": h5py.h5t.STR_NULLPAD,
                                            "space": h5py.h5t.STR_SPACEPAD}[kind])
                    self.check(expected, path)

    def test_ids_that_fill_their_length(self):
        path = self.write(self.members)
        with h5py.File(path, "r+") as file:
            del file["1.0/rat_a/cell_ids"]
            file["1.0/rat_a"]["cell_ids"] = np.array([f"rat_a_{i}" for i in range(5)], "S7")
        self.check(self.plain(self.members), path)

    def test_what_it_does_not_know_is_ignored(self):
        path = self.write(self.members)
        with h5py.File(path, "r+") as file:
            file.attrs["author"] = "somebody"
            file["notes"] = ["one", "two"]
            file.create_group("empty")
            file.create_group("methods/filters")
            file["1.0"].attrs["cleaned"] = True
            file["1.0"]["speed"] = np.zeros(7)
            file["1.0"].create_group("sessions")["start"] = 3
            file["1.0/rat_a"].attrs["sex"] = "f"
            file["1.0/rat_a"]["spikes"] = np.zeros((4, 4))
            file["1.0/rat_a"].create_group("raw")["resp"] = np.zeros(3)
            file["1.0/rat_a/resp"].attrs["units"] = "Hz"
            file["dangling"] = h5py.SoftLink("/nowhere")
            file["1.0/dangling"] = h5py.ExternalLink("nowhere.h5", "/")
        self.check(self.plain(self.members), path)

    def test_linked_animals(self):
        self.write(self.members)
        path = self.folder / "links.h5"
        with h5py.File(path, "w") as file:
            for animal in self.members:
                file[f"1.0/{animal}"] = h5py.ExternalLink("data.h5", f"/1.0/{animal}")
        self.check(self.plain(self.members), path)

    def test_animals_in_another_order_of_creation(self):
        backwards = dict(reversed(self.members.items()))
        self.check(self.plain(self.members), self.write(backwards))

    def test_a_group_within_the_file(self):
        path = self.write(self.members, group="/group/sub")
        expected = self.plain(self.members)
        self.check(expected, f"{path}:/group/sub")
        self.check(expected, f"{path}:/group/sub/")
        self.check(expected, f"{path}:/group/sub", ranks=2)
        self.check(expected, f"{self.folder}/plain.h5:/")

    # ---- names ----

    def test_names_of_arenas_with_a_size(self):
        for attributes in ({"side_m": 1.5}, {"width_m": 1.0, "height_m": 2.5}, {"side_m": 2}):
            with self.subTest(attributes):
                path = support.write_dataset(self.folder / "named.h5", {"open field": self.members},
                                             attributes={"open field": attributes})
                output = self.fit(path)
                for animal, by_score in support.consistency(self.members).items():
                    found = support.fit(output, "open field", animal)
                    self.assert_close(found["corr_per_split"], by_score["corr"], 1e-9, animal)
                width = attributes.get("width_m", attributes.get("side_m"))
                height = attributes.get("height_m", attributes.get("side_m"))
                self.assertIn(f"{width:g} x {height:g} m", support.run(["show", path]).out)

    def test_an_arena_that_is_not_centred(self):
        corners = {"min_x": -1.0, "max_x": 1.5, "min_y": 0.25, "max_y": 1.25}
        path = support.write_dataset(self.folder / "corner.h5", {"open field": self.members},
                                     attributes={"open field": corners})
        self.assertIn("2.5 x 1 m from (-1, 0.25) to (1.5, 1.25)", support.run(["show", path]).out)

    def test_paths_with_blanks_and_letters_of_all_kinds(self):
        folder = self.folder / "Mäuse & Ratten, 2. Versuch (новый)"
        folder.mkdir()
        path = support.write_dataset(folder / "daten für alle.h5", {"Feld 1 ä": self.members})
        output = folder / "ergebnis ö.h5"
        config = support.write_config(folder / "ein job ü.ini", output, path)
        for ranks in (None, 2):
            self.assert_done(support.run(["fit", config, "run.resume=overwrite"], ranks))
        for animal, by_score in support.consistency(self.members).items():
            found = support.fit(output, "Feld 1 ä", animal)
            self.assert_close(found["corr_per_split"], by_score["corr"], 1e-9, animal)
        shown = support.run(["show", output])
        self.assertEqual(shown.code, 0, shown.err)
        self.assertIn("Feld 1 ä", shown.out)

    def test_a_colon_in_the_path(self):
        folder = self.folder / "12:30"
        folder.mkdir()
        path = support.write_dataset(folder / "a:b.h5", {"1.0": self.members}, group="/sub")
        self.check(self.plain(self.members), f"{path}:/sub")

    # ---- job files ----

    def test_job_files_of_every_kind(self):
        path = self.write(self.members)
        expected = self.results(self.fit(path, "run.h5", "splits.num_splits=3"))
        lines = ["[run]", "output = run.h5", "resume = overwrite", "[data]", f"dataset = {path}",
                 "[splits]", "num_splits = 3"]
        kinds = {"carriage returns": "\r\n".join(lines) + "\r\n",
                 "no end of the last line": "\n".join(lines),
                 "blanks at the end": "\n".join(lines) + "\n   \t ",
                 "byte order mark": "\ufeff" + "\n".join(lines),
                 "indented": "\n".join("  \t" + line for line in lines),
                 "comments": "\n; x\n".join(lines) + " ; three\n# y\n",
                 "no blanks": "\n".join(lines).replace(" = ", "="),
                 "colons": "\n".join(lines).replace(" = ", ": ")}
        for kind, text in kinds.items():
            with self.subTest(kind):
                (self.folder / "kind.ini").write_bytes(text.encode())
                self.assert_done(support.run(["fit", "kind.ini"], cwd=self.folder))
                found = self.results(self.folder / "run.h5")
                self.assertTrue(found == expected)


if __name__ == "__main__":
    unittest.main()
