"""data.half1, half2: how reproducible each cell is, beside its scores."""
import unittest

import h5py
import numpy as np

import support
from fitting import FittingTest, flat, pearson, unvisit
from refusals import Case, RefusalTest


def halves_of(members, seed, noise):
    """Two noisy copies; every half has unvisited bins of its own."""
    generator = np.random.RandomState(seed)
    return [unvisit({name: resp + noise * generator.standard_normal(resp.shape)
                     for name, resp in members.items()}, seed + k, 0.1) for k in range(2)]


class Halves(FittingTest):
    def setUp(self):
        super().setUp()
        self.arenas = {"1.0": support.animals(3, 7, 8, 5), "box": support.animals(2, 6, 6, 4)}
        made = {arena: halves_of(members, 3, 2.0) for arena, members in self.arenas.items()}
        self.halves = [{arena: made[arena][k] for arena in made} for k in range(2)]
        one, two = (half["1.0"]["rat_a"] for half in self.halves)
        one[..., 0] = 3.0                       # constant: no r
        two[..., 1] = 10 - one[..., 1]          # r = -1: reliability not defined
        two[..., 2] = 9 - 0.2 * one[..., 2] + np.random.RandomState(1).standard_normal((7, 8))
        one[..., 3] = np.nan                    # nothing in common
        self.data = self.dataset(self.arenas)

    def write_shuffled(self, arenas, name):
        """A half with its animals and cells in another order, and more of both."""
        path = self.folder / name
        with h5py.File(path, "w") as file:
            for arena, members in arenas.items():
                for animal, resp in reversed(members.items()):
                    order = np.random.RandomState(1).permutation(resp.shape[-1])
                    group = file.create_group(f"{arena}/{animal}")
                    extra = np.zeros(resp.shape[:-1] + (1,))
                    group["resp"] = np.concatenate([extra, resp[..., order]], axis=-1)
                    support.write_ids(group, [f"spare of {animal}"]
                                      + [f"{animal}_{i}" for i in order])
        return path

    def check(self, path):
        for arena, members in self.arenas.items():
            for animal in members:
                one, two = (flat(half[arena][animal]) for half in self.halves)
                r = np.array([pearson(a, b) for a, b in zip(one.T, two.T)])
                with np.errstate(all="ignore"):
                    reliability = np.where(r > -1 + 1e-12, 2 * r / (1 + r), np.nan)
                    found = support.fit(path, arena, animal)
                    corrected = np.where(reliability > 0,
                                         found["corr"] / np.sqrt(reliability), np.nan)
                self.assert_close(found["split_half_r"], r, 1e-12, f"{arena} {animal}")
                self.assert_close(found["corr_noise_corrected"], corrected, 1e-10, animal)
                usual = ~(r < -0.999)
                self.assert_close(found["reliability"][usual], reliability[usual], 1e-10, animal)

    def settings(self, one, two, **more):
        return {"data.dataset": self.data, "data.half1": one, "data.half2": two,
                "splits.num_splits": 3, **more}

    def test_reliabilities_and_what_is_corrected_by_them(self):
        one, two = (self.dataset(half, f"half{k}.h5") for k, half in enumerate(self.halves))
        paths = self.fit_all({mode: self.settings(one, two, **{"source.mode": mode})
                              for mode in ("holdout", "pairwise")}, ranks=2)
        for path in paths.values():
            self.check(path)
        found = support.fit(paths["holdout"], "1.0", "rat_a")
        self.assertTrue(np.isnan(found["corr_noise_corrected"][:4]).all())
        self.assertTrue(np.isfinite(found["corr"][:4]).all())
        self.assertLess(found["split_half_r"][2], 0)
        plain = self.fit("plain", {"data.dataset": self.data, "splits.num_splits": 3})
        self.assert_same_scores(paths["holdout"], plain)
        with h5py.File(paths["holdout"]) as file:
            self.assertEqual(support.texts(file["inputs/path"]),
                             [str(self.data), str(one), str(two)])

    def test_cells_are_found_by_their_ids(self):
        one = self.dataset(self.halves[0], "half0.h5")
        two = self.write_shuffled(self.halves[1], "half1.h5")
        self.check(self.fit("shuffled", self.settings(one, two)))

    def test_without_corr_there_is_nothing_to_correct(self):
        one, two = (self.dataset(half, f"half{k}.h5") for k, half in enumerate(self.halves))
        path = self.fit("mse", self.settings(one, two, **{"fit.scores": "mse"}))
        found = support.fit(path, "1.0", "rat_a")
        self.assertIn("reliability", found)
        self.assertNotIn("corr_noise_corrected", found)


# ---- what is refused ----

GOOD = ("[run]\noutput = out.h5\n[data]\ndataset = good.h5\nhalf1 = half1.h5\n"
        "half2 = half2.h5\n")


def half(name, change, *says, arguments=(), ini=GOOD):
    """`change` makes half2.h5 from the open copy of the recordings."""
    def prepare(folder):
        for file in ("good.h5", "half1.h5", "half2.h5"):
            support.write_dataset(folder / file, {"1.0": support.animals(3, 7, 8, 4)})
        (folder / "fit.ini").write_text(ini)
        with h5py.File(folder / "half2.h5", "r+") as file:
            change(file)
    return Case(name, ["fit", "fit.ini", *arguments], says, prepare)


def change_resp(shape):
    def change(file):
        for animal in file["1.0"]:
            values = file[f"1.0/{animal}/resp"][()]
            del file[f"1.0/{animal}/resp"]
            file[f"1.0/{animal}/resp"] = np.resize(values, shape + values.shape[-1:])
    return change


def rename_cell(file):
    ids = list(file["1.0/rat_b/cell_ids"].asstr()[()])
    del file["1.0/rat_b/cell_ids"]
    support.write_ids(file["1.0/rat_b"], ids[:-1] + ["another"])


def remove_animal(file):
    del file["1.0/rat_b"]


def rename_arena(file):
    file.move("1.0", "2.0")


REFUSED = [
    half("a missing cell", rename_cell, "half2.h5", "animal rat_b", '"rat_b_4"'),
    half("a missing animal", remove_animal, "half2.h5", "rat_b", "arena 1.0"),
    half("a missing arena", rename_arena, "half2.h5", "arena 1.0"),
    half("a missing arena that was asked for", rename_arena, "half2.h5", 'no arena "1.0"',
         arguments=["data.arenas=1.0"]),
    half("other bins", change_resp((7, 7)), "half2.h5", "7 x 7 bins", "7 x 8", "the same bins"),
    half("bins transposed", change_resp((8, 7)), "half2.h5", "8 x 7", "7 x 8", "the same bins"),
    half("one half only", lambda file: None, "[data] half2", "is empty", "both halves or none",
         ini=GOOD.replace("half2 = half2.h5\n", "")),
    half("no such file", lambda file: None, "none.h5", "No such file",
         arguments=["data.half1=none.h5"]),
]


class Refused(RefusalTest):
    ranks = (3,)

    def test_halves_that_do_not_fit(self):
        self.check(REFUSED)


if __name__ == "__main__":
    unittest.main()
