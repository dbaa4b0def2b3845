"""Fits that ranks share: the golden scores, the same bytes in every run with groups of one size,
shapes that fit neither blocks nor grids, what the planner chooses and refuses, kills and stops."""
import json
import signal
import unittest
from concurrent.futures import ThreadPoolExecutor

import h5py
import numpy as np

import fitting
import support
import test_golden
from fitting import FittingTest
from refusals import Case, RefusalTest
from resuming import ResumeTest
from support import GOLDEN

SHARED = ("Ridge", "LinearRegression")
TOLERANCE = 1e-9


def can_share(config):
    """Whether a golden case is of maps that ranks share, with no cell for itself."""
    kwargs = config.get("map_kwargs")
    listed = kwargs if isinstance(kwargs, list) else [kwargs]
    return ("map_kwargs_per_cell" not in config and config["map_type"] == "sklinear" and
            all(one is not None and one.get("regression_type", "Ridge") in SHARED
                for one in listed))


class Golden(FittingTest):
    def run_case(self, name, case, group):
        folder = self.folder / f"{name}-{group}"
        folder.mkdir()
        given = test_golden.arguments(json.loads(case.attrs["config"]), folder)
        return support.run(["fit", self.config, f"run.output={folder}/run.h5",
                            f"run.group={group}", *given], ranks=group)

    def compare(self, name, case, group):
        with h5py.File(self.folder / f"{name}-{group}" / "run.h5") as run:
            for arena in case:
                for animal in case[arena]:
                    self.assert_close(run[f"/fits/{arena}/{animal}/corr"][:],
                                      case[arena][animal]["corr"][:], TOLERANCE,
                                      f"{name} {arena}/{animal}")

    def test_scores_of_groups_are_the_golden_ones(self):
        with h5py.File(GOLDEN) as golden:
            cases = {name: case for name, case in golden["cases"].items()
                     if can_share(json.loads(case.attrs["config"]))}
            self.assertEqual(len(cases), 13)
            for group in (2, 3, 4):
                with ThreadPoolExecutor(max_workers=4) as pool:
                    results = dict(zip(cases, pool.map(
                        lambda name: self.run_case(name, cases[name], group), cases)))
                for name, case in cases.items():
                    with self.subTest(name, group=group):
                        self.assert_done(results[name])
                        self.compare(name, case, group)


def with_doubles(members):
    """Cells that say the same as others, and silent ones: sources lack rank."""
    for resp in members.values():
        resp[..., 1] = 2 * resp[..., 0]
        resp[..., 3] = resp[..., 0] - resp[..., 2]
        resp[..., -1] = 0
    return members


# n < p and p < n, sizes that divide by neither blocks nor grids, one train state, flat and not.
SHAPES = {"few_states": dict(n_row=7, n_column=9, n_cell=31),
          "few_cells": dict(n_row=13, n_column=11, n_cell=5),
          "even": dict(n_row=16, n_column=16, n_cell=32)}
MAPS = {"ridge": {},
        "ridge_without_intercept": {"map.fit_intercept": "no", "map.alpha": 0.01},
        "ridge_of_tiny_alpha": {"map.alpha": 1e-12},
        "least_squares": {"map.regression_type": "LinearRegression"},
        "least_squares_without_intercept": {"map.regression_type": "LinearRegression",
                                            "map.fit_intercept": "no"}}


class Numbers(FittingTest):
    def cases(self):
        for shape, sizes in SHAPES.items():
            for doubled in (False, True):
                members = fitting.unvisit(support.animals(3, **sizes, seed=300))
                members = with_doubles(members) if doubled else members
                data = self.dataset({"1.0": members}, f"{shape}{doubled}.h5")
                for name, map_settings in MAPS.items():
                    yield f"{shape}-{doubled}-{name}", {
                        "data.dataset": data, "splits.num_splits": 2,
                        "splits.train_frac": 0.6, **map_settings}

    def test_groups_agree_with_one_rank(self):
        cases = dict(self.cases())
        alone = self.fit_all(cases)
        for group in (2, 3, 4):
            shared = self.fit_all({f"{name}-{group}": {**given, "run.group": group}
                                   for name, given in cases.items()}, ranks=group)
            for name in cases:
                with self.subTest(name, group=group):
                    self.compare(alone[name], shared[f"{name}-{group}"])

    def compare(self, alone, shared):
        with h5py.File(alone) as one, h5py.File(shared) as other:
            for arena, animal in fitting.targets(one):
                for score in ("corr", "r2"):
                    place = f"fits/{arena}/{animal}/{score}_per_split"
                    self.assert_close(other[place][()], one[place][()], 1e-8, place)

    def test_other_sources(self):
        data = self.dataset({"1.0": support.animals(4)})
        for name, given in {"pairwise": {"source.mode": "pairwise"},
                            "response": {"source.kind": "response",
                                         "source.response": f"{data}:/{{arena}}/rat_b/resp"},
                            "quad": {"splits.train_frac": "quad"}}.items():
            given = {"data.dataset": data, "splits.keep": "yes", **given}
            alone = self.fit(f"{name}-1", given)
            shared = self.fit(f"{name}-2", {**given, "run.group": 2}, ranks=2)
            with self.subTest(name):
                self.compare(alone, shared)

    def test_too_few_states_are_told_as_ever(self):
        members = support.animals(2)
        members["rat_a"].reshape(-1, 5)[1:] = np.nan
        data = self.dataset({"1.0": members})
        result = self.attempt("few", {"data.dataset": data, "run.group": 2}, ranks=2)
        self.assert_done(result)
        self.assertIn("the scores are NaN", result.err)


class Bytes(FittingTest):
    def test_one_group_size_gives_the_same_bytes_on_any_number_of_ranks(self):
        data = self.dataset({"1.0": support.animals(3, 14, 14, 40), "2": support.animals(2)})
        for group, map_settings in ((2, {}), (3, {"map.regression_type": "LinearRegression"})):
            given = {"data.dataset": data, "run.group": group, "run.flush_seconds": 0.01,
                     "splits.num_splits": 6, **map_settings}
            expected = support.arrays(self.fit(f"first-{group}", given, ranks=group))
            for ranks in (group, group + 1, 2 * group):
                self.assert_same(self.fit(f"again-{group}-{ranks}", given, ranks), expected)

    def test_merged_shards_are_the_run(self):
        data = self.dataset({"1.0": support.animals(3)})
        given = {"data.dataset": data, "run.group": 2}
        expected = support.arrays(self.fit("whole", given, ranks=2))
        for shard in (0, 1):
            self.assert_done(self.attempt("part", {**given, "run.shards": 2, "run.shard": shard},
                                          ranks=2))
        self.assert_done(support.run(["merge", self.folder / "merged.h5",
                                      *sorted(self.folder.glob("part.*-of-2.h5"))]))
        self.assert_same(self.folder / "merged.h5", expected)

    def test_a_run_goes_on_with_groups_of_its_size_only(self):
        data = self.dataset({"1.0": support.animals()})
        given = {"data.dataset": data}
        self.fit("run", {**given, "run.group": 2}, ranks=2)
        for ranks, other in ((3, 3), (1, 1)):
            result = self.attempt("run", {**given, "run.group": other}, ranks=ranks)
            self.assertEqual(result.code, 2, result.err)
            self.assertIn(f"[run] group is 2 there and {other} here",
                          self.one_line_of_failure(result.err))


class Planner(FittingTest):
    """600 cells an animal on 1,600 bins: by the planner's model 185 MiB on one of four ranks, less
    than 170 shared by two."""
    def setUp(self):
        super().setUp()
        data = self.dataset({"1.0": support.animals(2, 40, 40, 600)})
        self.given = {"data.dataset": data, "splits.num_splits": 1, "fit.scores": "corr"}

    def dry_run(self, ranks, **memory):
        result = support.run(["fit", self.config, "--dry-run",
                              *(f"{k}={v}" for k, v in self.given.items()),
                              *(f"run.{k}={v}" for k, v in memory.items())], ranks)
        self.assert_done(result)
        return result.out

    def test_memory_decides(self):
        self.assertIn("every rank makes fits by itself", self.dry_run(3, memory_per_rank="1 GiB"))
        out = self.dry_run(4, memory_per_rank="180 MiB")
        self.assertIn("2 ranks share a fit", out)
        self.assertIn("group = 2", out)
        self.assertIn("0 bytes of data", out)

    def test_a_run_does_what_the_dry_run_said(self):
        alone = self.fit("alone", self.given, ranks=2)
        shared = self.fit("shared", {**self.given, "run.memory_per_rank": "180 MiB"}, ranks=2)
        with h5py.File(shared) as file:
            self.assertIn("\ngroup = 2\n", file["config"][()].tobytes().decode())
        for animal in ("rat_a", "rat_b"):
            self.assert_close(support.fit(shared, "1.0", animal)["corr"],
                              support.fit(alone, "1.0", animal)["corr"], TOLERANCE)

    def test_what_does_not_fit_is_refused_with_numbers(self):
        for given, says in (({}, ["shared by all 2 ranks a fit needs", "of each", "more memory"]),
                            ({"map.regression_type": "Lasso"},
                             ["only Ridge and LinearRegression can be shared", "MiB on one rank"])):
            result = self.attempt("refused", {**self.given, **given,
                                              "run.memory_per_rank": "150 MiB"}, ranks=2)
            self.assertEqual(result.code, 2, result.err)
            line = self.one_line_of_failure(result.err)
            for text in [*says, "[run] memory_per_rank", "a rank has 150 MiB"]:
                self.assertIn(text, line)


class FewLargeFits(FittingTest):
    """Two fits of 1e11 multiplications: by one rank each, six of eight would have nothing to do."""
    def test_ranks_share_them(self):
        rates = np.random.RandomState(5).random_sample((80, 50, 3400)).astype("<f4")
        data = self.dataset({"1.0": {"rat_a": rates, "rat_b": rates[::-1]}}, dtype="<f4")
        given = [f"data.dataset={data}", "splits.num_splits=1", "splits.train_frac=0.9",
                 "fit.scores=corr", "run.memory_per_rank=8 GiB"]
        for ranks, says in ((8, "4 ranks share a fit"), (2, "every rank makes fits by itself")):
            result = support.run(["fit", self.config, "--dry-run", *given], ranks)
            self.assert_done(result)
            self.assertIn(says, result.out)


def write_data(folder):
    support.write_dataset(folder / "data.h5", {"1.0": support.animals()})
    (folder / "fit.ini").write_text("[run]\noutput = run.h5\n[data]\ndataset = data.h5\n")
    (folder / "cells.csv").write_text("cell_id,alpha\nrat_a_0,2\n*,1\n")


class Refused(RefusalTest):
    ranks = (3,)

    def test_what_cannot_be_shared(self):
        def case(name, says, *arguments, job="fit"):
            return Case(name, [job, "fit.ini", *arguments], ["[run] ", *says], write_data)

        two = "run.group=2"
        self.check([
            case("another map", ["found 2, but only Ridge and LinearRegression", "a rank has"],
                 two, "map.regression_type=Lasso"),
            case("pls", ["only Ridge and LinearRegression"], two, "map.type=pls",
                 "map.n_components=2"),
            case("single cells", ["fits of single cells"], two, "map.per_cell=cells.csv"),
            case("scores", ["neg_emd and rsa"], two, "fit.scores=corr, rsa"),
            case("halves", ["read whole"], two, "data.half1=data.h5", "data.half2=data.h5"),
            case("more than there are", ["found 4, but there are fewer ranks", "1 to 3"],
                 "run.group=4"),
            case("another job", ["found 2", "only fits are shared"], two, job="grid"),
            case("memory", ["memory_per_rank", "found \"much\"", "4 GiB"],
                 "run.memory_per_rank=much"),
            case("no memory", ["memory_per_rank", "found \"0\""], "run.memory_per_rank=0")])


class Interrupted(ResumeTest):
    """Killed and stopped with results in the file, and gone on with."""
    overrides = ["run.group=2", "splits.num_splits=60"]

    @classmethod
    def make_reference(cls, folder):
        pass  # of one rank: not these bytes

    def test_killed(self):
        self.check_killed(*self.overrides, kill_on=4, go_on_on=2)

    def test_stopped(self):
        reference = self.folder / "reference.h5"
        self.assert_done(support.run(["fit", self.config, *self.overrides,
                                      f"run.output={reference}"], 2))
        run = self.start(3, *self.overrides)
        self.wait_for_work(run, 0.2)
        run.kill(run.ranks()[1:2], signal.SIGUSR1)  # one that does not lead its group
        result = run.wait()
        self.assertEqual(result.code, 75, result.err)
        self.assertIn("stopped on request", result.err)
        self.assertGreater(self.n_done(), 0)
        self.assert_done(support.run(["fit", self.config, *self.overrides], 2))
        self.assert_same(self.output, support.arrays(reference))


if __name__ == "__main__":
    unittest.main()
