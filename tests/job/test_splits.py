"""Splits other than freshly drawn ones: by parts of the arena, stored, kept."""
import unittest

import h5py
import numpy as np

import support
from fitting import FittingTest, by_parts, finite, flat, others, score_lists, unvisit

KINDS = {"topbottom": 2, "leftright": 2, "diag1": 2, "diag2": 2, "quad": 4}
N_ROW, N_COLUMN = 7, 10


def members_with_gaps():
    return unvisit(support.animals(3, N_ROW, N_COLUMN, 6))


class ByParts(FittingTest):
    def expected(self, members, kind, target, source=None):
        x = others(members, target) if source is None else flat(members[source])
        y = flat(members[target])
        keep = finite(x, y)
        lists = [(train & keep, test & keep) for train, test in by_parts(kind, N_ROW, N_COLUMN)]
        return score_lists(x, y, lists), [int(train.sum()) for train, _ in lists], int(keep.sum())

    def compare(self, found, expected, what):
        for score, values in expected.items():
            self.assert_close(found[f"{score}_per_split"], values, 1e-9, f"{what} {score}")

    def test_each_part_loses_its_unvisited_bins(self):
        """num_splits counts random ones, and is no matter here."""
        members = members_with_gaps()
        data = self.dataset({"1.0": members})
        paths = self.fit_all({kind: {"data.dataset": data, "splits.train_frac": kind,
                                     "splits.num_splits": 3} for kind in KINDS})
        for kind, n_split in KINDS.items():
            for animal in members:
                found = support.fit(paths[kind], "1.0", animal)
                scores, n_train, n_state = self.expected(members, kind, animal)
                self.assertEqual(scores["corr"].shape[1], n_split)
                self.compare(found, scores, f"{kind} {animal}")
                self.assertEqual(found["n_train"][0].tolist(), n_train)
                self.assertTrue((found["n_states"] == n_state).all())

    def test_pairwise_each_source_has_its_own_bins(self):
        members = members_with_gaps()
        path = self.fit("pairs", {"data.dataset": self.dataset({"1.0": members}),
                                  "source.mode": "pairwise", "splits.train_frac": "quad"})
        for animal in members:
            found = support.fit(path, "1.0", animal)
            for k, source in enumerate(name for name in members if name != animal):
                scores, n_train, n_state = self.expected(members, "quad", animal, source)
                for score, values in scores.items():
                    self.assert_close(found[f"{score}_per_split"][..., k], values, 1e-9, score)
                self.assertEqual(found["n_train"][0, :, k].tolist(), n_train)
                self.assertTrue((found["n_states"][:, k] == n_state).all())

    def test_flat_responses_have_the_bins_of_shape_2d_or_of_a_square(self):
        members = members_with_gaps()
        square = unvisit(support.animals(3, 8, 8, 6))
        kept = {"oblong": members, "square": square}
        cases = {}
        for name, arena in kept.items():
            folded = self.dataset({"1.0": arena}, f"folded_{name}.h5")
            in_a_row = self.dataset({"1.0": {animal: flat(resp) for animal, resp in arena.items()}},
                                    f"row_{name}.h5")
            cases[f"{name}_folded"] = {"data.dataset": folded, "splits.train_frac": "diag2"}
            cases[f"{name}_row"] = {"data.dataset": in_a_row, "splits.train_frac": "diag2"}
        cases["oblong_row"]["splits.shape_2d"] = f"{N_ROW} x {N_COLUMN}"
        paths = self.fit_all(cases)
        for name in kept:
            self.assert_same_scores(paths[f"{name}_row"], paths[f"{name}_folded"])

    def test_a_part_without_a_visited_bin_is_nan_and_said(self):
        members = support.animals(3, 6, 6, 4)
        members["rat_b"][:3] = np.nan
        result = self.attempt("half", {"data.dataset": self.dataset({"1.0": members}),
                                       "splits.train_frac": "topbottom"})
        self.assert_done(result)
        self.assertIn("0 to train and 18 to test in split 0 are too few", result.err)
        found = support.fit(self.folder / "half.h5", "1.0", "rat_a")
        self.assertTrue(np.isnan(found["corr_per_split"]).all())
        self.assertTrue((found["status"] == 4).all())


class Kept(FittingTest):
    """splits.keep: every list is the one that NumPy draws; and read again gives the same scores."""

    def setUp(self):
        super().setUp()
        self.members = {"1.0": members_with_gaps(), "box": unvisit(support.animals(3, 6, 6, 5), 9)}
        self.data = self.dataset(self.members)
        self.drawn = {"data.dataset": self.data, "splits.num_splits": 4, "splits.train_frac": 0.3,
                      "splits.split_start_seed": 11, "splits.keep": "yes"}

    def check_list(self, order, n_train, keep, seed):
        train, test = support.split(int(keep.sum()), 0.3, seed)
        states = np.flatnonzero(keep)
        expected = np.concatenate([states[train], states[test]])
        np.testing.assert_array_equal(order[:len(expected)], expected)
        self.assertTrue((order[len(expected):] == -1).all())
        self.assertEqual(n_train, len(train))

    def test_lists_are_those_that_numpy_draws(self):
        cases = {"holdout": self.drawn, "pairwise": {**self.drawn, "source.mode": "pairwise"}}
        paths = self.fit_all(cases, ranks=2)
        with h5py.File(paths["holdout"]) as holdout, h5py.File(paths["pairwise"]) as pairwise:
            for arena, members in self.members.items():
                for animal, resp in members.items():
                    place = f"splits/{arena}/{animal}"
                    y = flat(resp)
                    group, pairs = holdout[place], pairwise[place]
                    for split in range(4):
                        self.check_list(group["order"][split], group["n_train"][split],
                                        finite(others(members, animal), y), 11 + split)
                        for k, source in enumerate(n for n in members if n != animal):
                            self.check_list(pairs["order"][split, k], pairs["n_train"][split, k],
                                            finite(flat(members[source]), y), 11 + split)

    def test_read_again_they_give_the_same_scores(self):
        modes = {"holdout": {}, "pairwise": {"source.mode": "pairwise"}}
        kept = self.fit_all({mode: {**self.drawn, **more} for mode, more in modes.items()})
        again = self.fit_all({f"{mode}_again": {"data.dataset": self.data, **more,
                                                "splits.file": f"{kept[mode]}:/splits"}
                              for mode, more in modes.items()}, ranks=2)
        for mode in modes:
            self.assert_same_scores(again[f"{mode}_again"], kept[mode])
            with h5py.File(again[f"{mode}_again"]) as file:
                self.assertEqual(support.texts(file["inputs/path"]),
                                 [str(self.data), f"{kept[mode]}:/splits"])

    def lists_of(self, path):
        """Yields arena, animal, split, train, test."""
        with h5py.File(path) as file:
            for arena in self.members:
                for animal in self.members[arena]:
                    order = file[f"splits/{arena}/{animal}/order"][()]
                    n_train = file[f"splits/{arena}/{animal}/n_train"][()]
                    for split, row in enumerate(order):
                        row = row[row >= 0]
                        yield arena, animal, split, row[:n_train[split]], row[n_train[split]:]

    def write_csv(self, path, kept):
        rows = ["split,animal,set,arena,state"]
        for arena, animal, split, train, test in self.lists_of(kept):
            rows += [f"{split},{animal},train,{arena},{state}" for state in train]
            rows += [f"{split},{animal},test,{arena},{state}" for state in test]
        path.write_text("\r\n".join(rows) + "\r\n")
        return path

    def write_h5(self, path, kept):
        with h5py.File(path, "w") as file:
            for arena, animal, split, train, test in self.lists_of(kept):
                group = file.create_group(f"lists/{arena}/{animal}/{split}")
                group["train"], group["test"] = train.astype("<i8"), test.astype("u2")
        return f"{path}:/lists"

    def test_lists_in_csv_and_hdf5_give_the_same_scores(self):
        kept = self.fit("kept", self.drawn)
        cases = {"csv": self.write_csv(self.folder / "lists.csv", kept),
                 "h5": self.write_h5(self.folder / "lists.h5", kept)}
        paths = self.fit_all({f"by_{name}": {"data.dataset": self.data, "splits.file": file}
                              for name, file in cases.items()})
        for path in paths.values():
            self.assert_same_scores(path, kept)

    def test_lists_for_all_animals_lose_each_ones_unvisited_bins(self):
        members = self.members["box"]
        order = np.random.RandomState(3).permutation(36)
        lists = self.folder / "all.csv"
        lists.write_text("state,set,split\n" + "".join(
            f"{state},{'train' if i < 12 else 'test'},0\n" for i, state in enumerate(order)))
        path = self.fit("all", {"data.dataset": self.data, "data.arenas": "box",
                                "splits.file": lists})
        for animal, resp in members.items():
            x, y = others(members, animal), flat(resp)
            keep = finite(x, y)
            train, test = [[s for s in part if keep[s]] for part in (order[:12], order[12:])]
            found = support.fit(path, "box", animal)
            for score, values in score_lists(x, y, [(train, test)]).items():
                self.assert_close(found[f"{score}_per_split"], values, 1e-9, score)

    def test_structured_splits_are_kept_too(self):
        path = self.fit("quad", {"data.dataset": self.data, "data.arenas": "1.0",
                                 "splits.train_frac": "quad", "splits.keep": "yes"})
        again = self.fit("quad_again", {"data.dataset": self.data, "data.arenas": "1.0",
                                        "splits.file": f"{path}:/splits"})
        self.assert_same_scores(again, path)

    def test_splits_without_states_are_read_again_too(self):
        """Of an animal that shares no bin with the others, and of a part that none has visited."""
        cases = {}
        members = support.animals(3, 6, 6, 4)
        members["rat_a"][..., 1] = np.nan
        nothing = self.dataset({"1.0": members, "box": support.animals(3, 6, 6, 4)}, "nothing_in.h5")
        cases["nothing"] = {"data.dataset": nothing, "splits.num_splits": 2}
        members = support.animals(3, 6, 6, 4)
        members["rat_a"][:3, :3] = np.nan
        part = self.dataset({"1.0": members}, "part_in.h5")
        cases["part"] = {"data.dataset": part, "splits.train_frac": "quad"}
        paths = self.fit_all({name: {**one, "splits.keep": "yes"} for name, one in cases.items()})
        again = self.fit_all({f"{name}_again": {"data.dataset": cases[name]["data.dataset"],
                                                "splits.file": f"{path}:/splits"}
                              for name, path in paths.items()})
        for name, path in paths.items():
            self.assert_same_scores(again[f"{name}_again"], path)
            found = support.fit(path, "1.0", "rat_b")
            self.assertTrue((found["status"] == 4).any())


if __name__ == "__main__":
    unittest.main()
