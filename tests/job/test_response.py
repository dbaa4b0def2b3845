"""source.kind = response: a model's responses, in whatever HDF5 array, predict every animal."""
import hashlib
import unittest

import h5py
import numpy as np

import support
from fitting import FittingTest, finite, flat, score_lists, unvisit
from refusals import Case, RefusalTest

SHAPE = {"1.0": (7, 8), "box": (5, 6)}


def units(arena, n=6):
    return support.responses(900 + len(arena), *SHAPE[arena], n)


class Response(FittingTest):
    def setUp(self):
        super().setUp()
        self.arenas = {"1.0": unvisit(support.animals(3, *SHAPE["1.0"], 4)),
                       "box": {"rat_a": unvisit({"": support.responses(
                           130, *SHAPE["box"], 5)})[""]}}  # one animal, no other to compare with
        self.settings = {"data.dataset": self.dataset(self.arenas), "splits.num_splits": 3,
                         "splits.train_frac": 0.4, "source.kind": "response"}

    def write(self, name, arrays, **options):
        path = self.folder / name
        with h5py.File(path, "w") as file:
            for place, values in arrays.items():
                file.create_dataset(place, data=values, **options)
        return path

    def from_file(self, location, **more):
        return {**self.settings, "source.response": location, **more}

    def check(self, path, x_of, arenas=("1.0", "box")):
        for arena in arenas:
            for animal, resp in self.arenas[arena].items():
                found = support.fit(path, arena, animal)
                x, y = x_of(arena), flat(resp)
                keep = finite(x, y)
                lists = [support.split(int(keep.sum()), 0.4, seed) for seed in range(3)]
                for score, values in score_lists(x[keep], y[keep], lists).items():
                    self.assert_close(found[f"{score}_per_split"], values, 1e-9,
                                      f"{path} {arena} {animal} {score}")
                self.assertTrue((found["n_sources"] == x.shape[1]).all())
                self.assertTrue((found["n_states"] == keep.sum()).all())

    def test_one_array_an_arena_in_three_or_two_dimensions(self):
        """Arenas with one animal are compared too."""
        folded = {f"{arena}/model/resp": units(arena) for arena in SHAPE}
        rows = {f"{arena}/model/resp": flat(units(arena)) for arena in SHAPE}
        twice = self.write("twice_in.h5", {f"g/{arena}/of {arena}": units(arena)
                                           for arena in SHAPE})
        cases = {"folded": self.write("folded_in.h5", folded),
                 "rows": self.write("rows_in.h5", rows, compression="gzip", chunks=(5, 2))}
        paths = self.fit_all({"twice": self.from_file(f"{twice}:/g/{{arena}}/of {{arena}}"),
                              **{name: self.from_file(f"{path}:/{{arena}}/model/resp")
                                 for name, path in cases.items()}}, ranks=2)
        self.check(paths["folded"], lambda arena: flat(units(arena)))
        self.assert_same_scores(paths["rows"], paths["folded"])
        self.assert_same_scores(paths["twice"], paths["folded"])

    def test_one_array_for_all_arenas(self):
        """Of other numbers than float64, with bins that are not sampled."""
        narrow = units("1.0").astype("f4")
        narrow[3, 2:4] = np.nan
        narrow[0, 0, 1] = np.inf
        path = self.write("narrow_in.h5", {"layer g": narrow}, chunks=(2, 3, 4))
        found = self.fit("narrow", self.from_file(f"{path}:/layer g", **{"data.arenas": "1.0"}))
        self.check(found, lambda arena: flat(narrow), ["1.0"])

    def test_integers(self):
        counts = np.round(10 * units("1.0")).astype("i2")
        path = self.write("counts_in.h5", {"counts": counts})
        found = self.fit("counts", self.from_file(f"{path}:/counts", **{"data.arenas": "1.0"}))
        self.check(found, lambda arena: flat(counts), ["1.0"])

    def test_flat_recordings_take_bins_of_any_shape(self):
        rows = {arena: {animal: flat(resp) for animal, resp in members.items()}
                for arena, members in self.arenas.items()}
        data = self.dataset(rows, "rows.h5")
        path = self.write("folded_in.h5", {arena: units(arena) for arena in SHAPE})
        found = self.fit("found", self.from_file(f"{path}:/{{arena}}", **{"data.dataset": data}))
        self.check(found, lambda arena: flat(units(arena)))

    def test_inputs_tell_where_it_came_from_and_what_it_held(self):
        places = {name: self.write(f"{name}_in.h5", {"x/1.0": values}, **options)
                  for name, values, options in (
                      ("one", units("1.0"), {}), ("same", units("1.0"), {"compression": "gzip"}),
                      ("other", units("1.0") + 1e-9, {}))}
        paths = self.fit_all({name: self.from_file(f"{path}:/x/{{arena}}",
                                                   **{"data.arenas": "1.0"})
                              for name, path in places.items()})
        digests = {}
        for name, path in paths.items():
            with h5py.File(path) as file:
                self.assertEqual(support.texts(file["inputs/path"])[1],
                                 f"{places[name]}:/x/{{arena}}")
                self.assertEqual(file["inputs/size"][1], places[name].stat().st_size)
                digests[name] = file["inputs/sha256"][1].decode()
        values = np.ascontiguousarray(flat(units("1.0")))
        plain = hashlib.sha256(np.array(values.shape, "<u8").tobytes() + values.tobytes())
        self.assertEqual(digests["one"], plain.hexdigest())
        self.assertEqual(digests["same"], digests["one"])
        self.assertNotEqual(digests["other"], digests["one"])


# ---- what is refused ----

GOOD = ("[run]\noutput = out.h5\n[data]\ndataset = good.h5\n"
        "[source]\nkind = response\nresponse = model.h5:/{arena}\n")


def model(name, arrays, *says, arguments=(), ini=GOOD):
    """A file model.h5 with these arrays."""
    def prepare(folder):
        support.write_dataset(folder / "good.h5", {
            "1.0": support.animals(2, 15, 20, 4), "box": support.animals(2, 5, 6, 4)})
        (folder / "fit.ini").write_text(ini)
        if arrays is not None:
            with h5py.File(folder / "model.h5", "w") as file:
                for place, values in arrays.items():
                    file[place] = values
    return Case(name, ["fit", "fit.ini", *arguments], says, prepare)


BOX = np.zeros((5, 6, 3))
ONE = ["data.arenas=1.0"]

REFUSED = [
    model("no file", None, "model.h5", "No such file"),
    model("no path in the file", {"1.0": BOX}, "model.h5", "names no dataset", "file.h5:/path",
          arguments=["source.response=model.h5"]),
    model("no path given", {}, "[source] response", "is empty",
          ini=GOOD.replace("response = model.h5:/{arena}\n", "")),
    model("a path without kind = response", {}, "fit.ini:6: ", "[source] response",
          "kind = response", ini=GOOD.replace("kind = response\n", "")),
    model("pairwise", {}, "[source] mode", '"pairwise"', "kind = animals",
          arguments=["source.mode=pairwise"]),
    model("an arena is missing", {"1.0": np.zeros((300, 3))}, "model.h5", "/box", "data.arenas"),
    model("a group in its place", {"1.0/resp": np.zeros((300, 3)), "box": BOX}, "no dataset /1.0"),
    model("other states", {"1.0": np.zeros((299, 3)), "box": BOX}, "299 x 3", "15 x 20",
          "arena 1.0", "animal rat_a"),
    model("bins transposed", {"1.0": np.zeros((20, 15, 3)), "box": BOX}, "20 x 15 x 3",
          "15 x 20", "accepted: "),
    model("bins of another arena", {"x": BOX}, "5 x 6 x 3", "15 x 20",
          arguments=["source.response=model.h5:/x"]),
    model("one axis", {"1.0": np.zeros(300)}, "1 dimension", "(states, units)", arguments=ONE),
    model("four axes", {"1.0": np.zeros((3, 5, 20, 3))}, "4 dimension", arguments=ONE),
    model("no axis", {"1.0": 3.0}, "0 dimension", arguments=ONE),
    model("no unit", {"1.0": np.zeros((300, 0))}, "300 x 0", arguments=ONE),
    model("texts", {"1.0": np.full((300, 2), b"1")}, "no numbers", arguments=ONE),
    model("complex", {"1.0": np.zeros((300, 2), complex)}, "no numbers", arguments=ONE),
]


class Refused(RefusalTest):
    ranks = (3,)

    def test_responses_that_do_not_fit(self):
        self.check(REFUSED)


if __name__ == "__main__":
    unittest.main()
