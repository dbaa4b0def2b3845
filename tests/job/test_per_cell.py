"""map.per_cell: parameters and train_frac of single cells, splits, sources and arenas against a plain
implementation that looks every one of them up and fits every cell alone."""
import unittest

import h5py
import numpy as np

import support
from fitting import (FittingTest, finite, flat, others, score_cell, score_lists,
                     unvisit, with_gaps_of_cells)
from refusals import Case, RefusalTest

N_SPLIT = 3
KEYS = ("cell_id", "split", "source", "arena")  # the first decides most

ROWS = [
    {"alpha": "2"},
    {"cell_id": "rat_a_0", "alpha": "0.5", "train_frac": "0.5"},
    {"cell_id": "rat_a_0", "split": "1", "alpha": "7", "fit_intercept": "no"},
    {"cell_id": "rat_b_1", "arena": "1.0", "train_frac": "0.25"},
    {"cell_id": "rat_b_1", "arena": "box", "alpha": "1e-3"},
    {"split": "2", "alpha": "0.01"},
    {"arena": "box", "alpha": "30", "train_frac": "0.6"},
    {"cell_id": "rat_c_2", "split": "0", "fit_intercept": "no"},
]
OF_SOURCES = [
    {"source": "rat_c", "alpha": "100"},
    {"source": "rat_c", "cell_id": "rat_a_1", "split": "1", "train_frac": "0.4"},
    {"source": "rat_a", "arena": "1.0", "train_frac": "0.7"},
]


def write_rows(path, rows, end="\n"):
    """As CSV; what a row does not have is * for keys and empty for values."""
    names = ["alpha", "cell_id", "train_frac", "split", "fit_intercept", "source", "arena"]
    lines = [",".join(names)]
    lines += [",".join(row.get(name, "*" if name in KEYS else "") for name in names)
              for row in rows]
    path.write_bytes((end.join(lines) + end).encode())
    return path


def look_up(rows, place):
    """The values that hold at {key: name}: of every value, those of the most exact row."""
    matching = [row for row in rows if all(place.get(key) == row[key] for key in KEYS
                                           if key in row)]
    matching.sort(key=lambda row: [key in row for key in KEYS])
    found = {"alpha": "1", "train_frac": "0.2", "fit_intercept": "yes"}
    for row in matching:
        found.update({key: value for key, value in row.items() if key not in KEYS})
    return found


def x_of(members, target, source):
    return others(members, target) if source is None else flat(members[source])


class PerCell(FittingTest):
    def setUp(self):
        super().setUp()
        self.arenas = {"1.0": with_gaps_of_cells(7, 8, 1), "box": with_gaps_of_cells(6, 9, 2)}
        self.data = self.dataset(self.arenas)
        self.settings = {"data.dataset": self.data, "splits.num_splits": N_SPLIT,
                         "map.per_cell": self.folder / "cells.csv"}

    def expected(self, rows, place, x, y):
        """{score: (splits)} of the cell at `place`; n_train of the last split, n_states."""
        found = []
        for split in range(N_SPLIT):
            values = look_up(rows, {**place, "split": str(split)})
            found.append(score_cell(x, y, float(values["train_frac"]), split,
                                    alpha=float(values["alpha"]),
                                    intercept=values["fit_intercept"] == "yes"))
        n_state = int(finite(x, y[:, None]).sum())
        n_train = int(np.ceil(float(values["train_frac"]) * n_state))
        return {k: [one[k] for one in found] for k in found[0]}, n_train, n_state

    def check_cell(self, found, index, expected, what):
        scores, n_train, n_state = expected
        cell, *tail = index
        for score, values in scores.items():
            self.assert_close(found[f"{score}_per_split"][(cell, slice(None), *tail)], values,
                              1e-9, f"{what} {score}")
        self.assertEqual(found["n_train"][(cell, -1, *tail)], n_train, what)
        self.assertEqual(found["n_states"][index], n_state, what)

    def check(self, path, rows, sources):
        """`sources(arena, target)`: [(name or None, x)]."""
        for arena, members in self.arenas.items():
            for animal, resp in members.items():
                found = support.fit(path, arena, animal)
                for k, (source, x) in enumerate(sources(arena, animal)):
                    for cell, y in enumerate(flat(resp).T):
                        place = {"arena": arena, "cell_id": f"{animal}_{cell}", "source": source}
                        index = (cell,) if source is None else (cell, k)
                        self.check_cell(found, index, self.expected(rows, place, x, y),
                                        f"{place}")

    def test_holdout(self):
        write_rows(self.settings["map.per_cell"], ROWS, "\r\n")
        path = self.fit("holdout", self.settings)
        self.check(path, ROWS,
                   lambda arena, animal: [(None, others(self.arenas[arena], animal))])
        with h5py.File(path) as file:
            self.assertEqual(support.texts(file["inputs/path"]),
                             [str(self.data), str(self.settings["map.per_cell"])])

    def test_pairwise(self):
        rows = ROWS + OF_SOURCES
        write_rows(self.settings["map.per_cell"], rows)
        path = self.fit("pairwise", {**self.settings, "source.mode": "pairwise"}, ranks=2)
        self.check(path, rows, lambda arena, animal: [
            (name, flat(resp)) for name, resp in self.arenas[arena].items() if name != animal])

    def test_responses(self):
        units = {arena: support.responses(900 + i, *members["rat_a"].shape[:2], 6)
                 for i, (arena, members) in enumerate(self.arenas.items())}
        with h5py.File(self.folder / "model.h5", "w") as file:
            for arena, values in units.items():
                file[f"{arena}/units"] = values
        write_rows(self.settings["map.per_cell"], ROWS)
        path = self.fit("response", {**self.settings, "source.kind": "response",
                                     "source.response":
                                         f"{self.folder}/model.h5:/{{arena}}/units"})
        self.check(path, ROWS, lambda arena, animal: [(None, flat(units[arena]))])

    def test_a_file_that_names_no_cell_keeps_the_filter_of_the_animal(self):
        rows = [row for row in ROWS if "cell_id" not in row]
        write_rows(self.settings["map.per_cell"], rows)
        path = self.fit("joint", self.settings)
        for arena, members in self.arenas.items():
            for animal, resp in members.items():
                found = support.fit(path, arena, animal)
                x, y = others(members, animal), flat(resp)
                keep = finite(x, y)
                self.assertTrue((found["n_states"] == keep.sum()).all())
                for split in range(N_SPLIT):
                    values = look_up(rows, {"arena": arena, "split": str(split)})
                    lists = [support.split(int(keep.sum()), float(values["train_frac"]), split)]
                    expected = score_lists(x[keep], y[keep], lists, alpha=float(values["alpha"]))
                    for score, one in expected.items():
                        self.assert_close(found[f"{score}_per_split"][:, split], one[:, 0], 1e-9,
                                          f"{arena} {animal} {split} {score}")

    def test_cells_that_share_all_are_as_without_the_file(self):
        members = unvisit(support.animals(3, 7, 8, 4))  # all cells of an animal lack the same bins
        data = self.dataset({"1.0": members}, "shared.h5")
        plain = {"data.dataset": data, "splits.num_splits": N_SPLIT}
        cells = self.folder / "cells.csv"
        cells.write_text("cell_id\nrat_a_0\n")
        for mode in ("holdout", "pairwise"):
            paths = self.fit_all({
                f"{mode}_plain": {**plain, "source.mode": mode},
                f"{mode}_alone": {**plain, "source.mode": mode, "map.per_cell": cells}})
            for animal in members:
                one, two = (support.fit(paths[f"{mode}_{kind}"], "1.0", animal)
                            for kind in ("plain", "alone"))
                for name in ("corr", "r2", "mse", "corr_per_split", "n_train", "n_states"):
                    self.assert_close(one[name], two[name], 1e-12, f"{mode} {name}")

    def test_cells_may_have_different_maps(self):
        self.settings["map.per_cell"].write_text(
            "cell_id,regression_type,alpha,tol\n*,Ridge,2,\nrat_a_0,LinearRegression,,\n"
            "rat_b_1,MultiTaskLasso,0.05,1e-9\n")
        path = self.fit("maps", self.settings)
        alone = {"rat_a_0": "LinearRegression", "rat_b_1": "MultiTaskLasso"}
        cells = {id: self.folder / f"{id}.csv" for id in alone}
        for id, file in cells.items():
            file.write_text(f"cell_id\n{id}\n")
        more = {"rat_a_0": {}, "rat_b_1": {"map.alpha": "0.05", "map.tol": "1e-9"}}
        paths = self.fit_all({id: {**self.settings, "map.per_cell": cells[id],
                                   "map.regression_type": alone[id], **more[id]} for id in alone})
        for id in alone:
            animal, cell = id[:5], int(id[6:])
            one, two = (support.fit(p, "1.0", animal) for p in (path, paths[id]))
            self.assert_close(one["corr_per_split"][cell], two["corr_per_split"][cell], 1e-10, id)

    def test_a_file_with_a_header_alone_changes_nothing(self):
        plain = {key: value for key, value in self.settings.items() if key != "map.per_cell"}
        self.settings["map.per_cell"].write_text("cell_id,alpha\n")
        paths = self.fit_all({"without": plain, "with": self.settings})
        self.assert_same_scores(paths["with"], paths["without"])

    def test_splits_of_single_cells_are_kept_and_read_again(self):
        write_rows(self.settings["map.per_cell"], ROWS)
        kept = self.fit("kept", {**self.settings, "splits.keep": "yes"})
        with h5py.File(kept) as file:
            for arena, members in self.arenas.items():
                order = file[f"splits/{arena}/rat_b/order"][()]
                for cell, y in enumerate(flat(members["rat_b"]).T):
                    keep = finite(others(members, "rat_b"), y[:, None])
                    for split in range(N_SPLIT):
                        states = np.flatnonzero(keep)[
                            np.random.RandomState(split).permutation(keep.sum())]
                        np.testing.assert_array_equal(order[cell, split, :len(states)], states)
        rows = [{k: v for k, v in row.items() if k != "train_frac"} for row in ROWS]
        rows = [row for row in rows if any(key not in KEYS for key in row)]
        write_rows(self.settings["map.per_cell"], rows)
        again = self.fit("again", {"data.dataset": self.data, "splits.file": f"{kept}:/splits",
                                   "map.per_cell": self.settings["map.per_cell"]})
        self.assert_same_scores(again, kept)


# ---- what is refused ----

GOOD = "[run]\noutput = out.h5\n[data]\ndataset = good.h5\n[map]\nper_cell = cells.csv\n"


def cells(name, text, *says, arguments=()):
    """A file cells.csv of this text or these bytes; None: no such file."""
    def prepare(folder):
        support.write_dataset(folder / "good.h5", {"1.0": support.animals()})
        (folder / "fit.ini").write_text(GOOD)
        if text is not None:
            (folder / "cells.csv").write_bytes(text if isinstance(text, bytes) else text.encode())
    return Case(name, ["fit", "fit.ini", *arguments], says, prepare)


REFUSED = [
    cells("missing", None, "cells.csv", "No such file"),
    cells("empty", "", "cells.csv", "the file is empty", "accepted: "),
    cells("blank", "\n \r\n", "cells.csv", "no header"),
    cells("NUL byte", b"cell_id,alpha\nrat_a_0,\x001\n", "cells.csv", "NUL"),
    cells("unknown column", "cell_id,alhpa\n*,1\n", "cells.csv:1: ", '"alhpa"', "nearest: alpha"),
    cells("the map's type", "cell_id,type\n*,pls\n", "cells.csv:1: ", '"type"', "accepted: "),
    cells("no cell_id", "split,alpha\n0,1\n", "cells.csv:1: ", "cell_id"),
    cells("doubled column", "cell_id,alpha,alpha\n*,1,1\n", "cells.csv:1: ", '"alpha"', "twice"),
    cells("too few fields", "cell_id,alpha\nrat_a_0\n", "cells.csv:2: ", "1 field",
          "accepted: 2"),
    cells("too many fields", "cell_id,alpha\nrat_a_0,1,2\n", "cells.csv:2: ", "3 fields"),
    cells("open quote", 'cell_id,alpha\n"rat_a_0,1\n', "cells.csv:2: ", "quote"),
    cells("bad number", "cell_id,alpha\n\nrat_a_0,one\n", "cells.csv:3: ", "alpha",
          'found "one"'),
    cells("negative", "cell_id,alpha\r\nrat_a_0,-1\r\n", "cells.csv:2: ", 'found "-1"'),
    cells("train_frac of 1", "cell_id,train_frac\nrat_a_0,1\n", "cells.csv:2: ", "train_frac",
          'found "1"'),
    cells("train_frac a word", "cell_id,train_frac\n*,quad\n", "cells.csv:2: ", 'found "quad"'),
    cells("train_frac of 0", "cell_id,train_frac\nrat_a_0,0\n", "cells.csv", "train_frac = 0"),
    cells("empty key", "cell_id,alpha\n,1\n", "cells.csv:2: ", "cell_id is empty"),
    cells("split that is none", "cell_id,split,alpha\n*,x,1\n", "cells.csv:2: ", 'found "x"'),
    cells("split beyond", "cell_id,split,alpha\n*,10,1\n", "cells.csv:2: ", "split 10",
          "accepted: 0 to 9"),
    cells("unknown cell", "cell_id,alpha\nrat_a_9,1\n", "cells.csv:2: ", '"rat_a_9"', "nearest: "),
    cells("unknown arena", "cell_id,arena,alpha\n*,2.2,1\n", "cells.csv:2: ", '"2.2"'),
    cells("source in holdout", "cell_id,source,alpha\n*,rat_a,1\n", "cells.csv:2: ", '"rat_a"',
          "pairwise"),
    cells("unknown source", "cell_id,source,alpha\n*,rat_z,1\n", "cells.csv:2: ", '"rat_z"',
          arguments=["source.mode=pairwise"]),
    cells("line that stands twice", "cell_id,split,alpha\n*,1,1\n*,2,1\n*,1,3\n",
          "cells.csv:4: ", "line 2"),
    cells("rsa and cell ids", "cell_id,alpha\nrat_a_0,1\n", "rsa", "cells.csv",
          arguments=["fit.scores=rsa"]),
    cells("train_frac and parts", "cell_id,train_frac\n*,0.5\n", "cells.csv", "train_frac",
          "parts of the arena", arguments=["splits.train_frac=quad"]),
    cells("a map that needs n_components", "cell_id,scale\n*,yes\n", "n_components",
          arguments=["map.type=pls"]),
    cells("a parameter that no map in use has", "cell_id,alpha,n_components\nrat_a_0,2,3\n",
          "cells.csv:1: ", '"n_components"', "Ridge has no such parameter",
          "accepted: alpha fit_intercept"),
    cells("a list for a map that takes one value",
          "cell_id,l1_ratio\n*,0.1 0.2\n", "cells.csv", "l1_ratio",
          arguments=["map.regression_type=MultiTaskElasticNet"]),
]


class Refused(RefusalTest):
    ranks = (3,)

    def test_malformed_files_and_what_does_not_go_together(self):
        self.check(REFUSED)


if __name__ == "__main__":
    unittest.main()
