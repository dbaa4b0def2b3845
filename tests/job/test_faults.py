"""Every place that can be made to fail, failing on every rank: the run ends soon, says why in one
line, leaves no lock, and the same command without the failure gives the same bytes."""
import os
import random
import re
import unittest
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import rate_maps
import support
import training
from support import JobTest

RANKS = range(3)
# Not a failure: the program keeps a copy on every rank instead, and says so.
HARMLESS = "shared_memory_space"
# of test_import, test_export_tensorflow, test_merge
ELSEWHERE = {"checkpoint_write", "bundle_write", "merge"}


def passages(argv, folder):
    """{rank: {place: how often}} of a run on three ranks, each with a log of its own."""
    split = []
    for rank in RANKS:
        split += [":", "-n", "1", "-x", f"MEC_FAULT_LOG={folder}/log{rank}", *argv]
    result = support.Run(["mpirun", *split[1:]]).wait()
    assert result.code == 0, result.err
    return {rank: Counter((folder / f"log{rank}").read_text().split()) for rank in RANKS}


class Faults:
    """What fit and synth have in common; `arguments` is their command line."""
    only = None  # places, where the others are those of another kind
    fewest = 16  # cases

    def check(self, place, rank, passage, output, passed):
        name = f"{place}:{rank}:{passage}"
        argv = [*self.arguments, f"run.output={output}"]
        result = support.run(argv, 3, timeout=10, env={"MEC_FAULT": name})
        if place == HARMLESS and passed:
            self.assertEqual(result.code, 0, result.err)
            self.assertIn("every rank there keeps a copy", result.err)
        elif not passed:
            self.assert_done(result)
        else:
            self.assertNotEqual(result.code, 0, "it did not fail")
            self.one_line_of_failure(result.err)
            self.assertEqual(result.out, "")
            self.assert_no_leftovers(output)
        again = support.run(argv, self.ranks_again(passed))
        self.check_again(again, output, result.code)

    def ranks_again(self, passed):
        return None if passed else 2

    def cases(self):
        """Every place and rank; and the second passage where there is one."""
        found = passages(support.command([*self.arguments, f"run.output={self.folder}/log.h5"]),
                         self.folder)
        places = sorted(place for place in set().union(*found.values())
                        if not self.only or place in self.only)
        for place in places:
            for rank in RANKS:
                yield place, rank, 1, found[rank][place] >= 1
            for rank in RANKS[:2]:
                if found[rank][place] >= 2 and place != HARMLESS:
                    yield place, rank, 2, True

    def test_every_place_on_every_rank(self):
        cases = list(self.cases())
        self.assertGreaterEqual(len(cases), self.fewest)

        def run(case):
            place, rank, passage, passed = case
            output = self.folder / f"{place}_{rank}_{passage}.h5"
            try:
                self.check(place, rank, passage, output, passed)
            except AssertionError as error:
                return f"{place} on rank {rank}, passage {passage}: {error}"
            return None

        with ThreadPoolExecutor(max_workers=6) as pool:  # a run is mostly waiting
            failed = list(filter(None, pool.map(run, cases)))
        self.assertEqual(failed, [], "\n".join(failed))


class Fit(Faults, JobTest):
    def setUp(self):
        super().setUp()
        # More cells than train states, so that kernels are built; several flushes.
        data = support.write_dataset(self.folder / "data.h5",
                                     {"1.0": support.animals(4, 12, 12, 40)})
        config = support.write_config(self.folder / "fit.ini", "", data, splits_num_splits=40,
                                      run_flush_seconds=0.005)
        self.make_reference(config)

    def make_reference(self, config, job="fit", ranks=None):
        self.arguments = [job, config]
        output = self.folder / "reference.h5"
        self.assert_done(support.run([*self.arguments, f"run.output={output}"], ranks))
        self.expected = support.arrays(output)

    def check_again(self, result, output, _):
        self.assert_done(result)
        self.assert_same(output, self.expected)
        self.assert_no_leftovers(output)


class FitOfFiles(Fit):
    """What is read beside the recordings."""
    only = {"response_read", "split_file_read", "node_array_create"}
    fewest = 9

    def setUp(self):
        JobTest.setUp(self)
        data = support.write_dataset(self.folder / "data.h5", {"1.0": support.animals()})
        splits = self.folder / "splits.csv"
        splits.write_text("split,state,set\n" + "".join(
            f"0,{state},{'train' if state % 3 else 'test'}\n" for state in range(72)))
        config = support.write_config(self.folder / "fit.ini", "", data, splits_file=splits,
                                      source_kind="response",
                                      source_response=f"{data}:/{{arena}}/rat_b/resp")
        self.make_reference(config)


class FitOfGroups(Fit):
    """What fits that ranks share have of their own; of three ranks one is left over."""
    only = {"solver_create", "distributed_create", "slab_read", "compute"}
    fewest = 16

    def setUp(self):
        JobTest.setUp(self)
        data = support.write_dataset(self.folder / "data.h5", {"1.0": support.animals(3)})
        config = support.write_config(self.folder / "fit.ini", "", data, splits_num_splits=4,
                                      run_group=2, run_flush_seconds=0.005)
        self.make_reference(config, ranks=2)

    def ranks_again(self, passed):
        return 2


class Grid(Fit):
    """What the search for penalties has of its own."""
    only = {"grid_plan", "fit_finish", "run_file_open_arrays", "run_file_fetch"}
    fewest = 14

    def setUp(self):
        JobTest.setUp(self)
        # The search of every cell is cut.
        data = support.write_dataset(self.folder / "data.h5",
                                     {"1.0": support.animals(2, n_cell=1)})
        config = support.write_config(self.folder / "grid.ini", "", data, splits_num_splits=3,
                                      grid_alpha="geomspace(1e-2, 1e2, 19)",
                                      grid_l1_ratio="linspace(0.1, 1, 19)", grid_parts=4)
        self.make_reference(config, "grid")


class RateMaps(Fit):
    """What sums over tasks, and weights, have of their own."""
    only = {"reduce_rows", "part_write", "part_read"}
    fewest = 9

    def setUp(self):
        JobTest.setUp(self)
        config = rate_maps.write_config(self.folder / "maps.ini", "",
                                        model={"batch_size": 6}, run={"flush_seconds": 0.005})
        self.make_reference(config, "ratemaps")


class Synth(Faults, JobTest):
    def setUp(self):
        super().setUp()
        config = self.folder / "synth.ini"
        config.write_text("[synth]\narenas = 0.5, 0.7\nn_animals = 4\nn_cells = 7\n")
        self.arguments = ["synth", config]
        output = self.folder / "reference.h5"
        self.assert_done(support.run([*self.arguments, f"run.output={output}"]))
        self.expected = support.arrays(output)

    def ranks_again(self, passed):
        return None

    def check_again(self, result, output, code):
        """A dataset is written whole or not at all."""
        self.assertEqual(result.code, 0 if code else 2, result.err)
        self.assert_same(output, self.expected)
        self.assert_no_leftovers(output)


class Train(Faults, JobTest):
    """Ten steps in two epochs, saved as often as can be; a run that failed goes on."""
    def setUp(self):
        super().setUp()
        config = training.write_config(
            self.folder / "train.ini", "", dict(Ng=8, Np=9, batch_size=4, sequence_length=3),
            dict(n_epochs=2, n_steps=5, eval_seeds="3"))
        self.arguments = ["train", config, "run.flush_seconds=0.001"]
        reference = self.folder / "reference.h5"
        self.assert_done(support.run([*self.arguments, f"run.output={reference}"], 3))
        self.expected = training.without_times(support.arrays(reference))

    def ranks_again(self, passed):
        return 3  # the same bytes only there

    def check_again(self, result, output, _):
        self.assert_done(result)
        found = support.arrays(output)
        differ = [name for name in self.expected if found[name] != self.expected[name]]
        self.assertEqual(differ, [])
        self.assert_no_leftovers(output)


class Memory(JobTest):
    """Any allocation of any rank: some of each job, as many as MEC_MEMORY_FAULTS says. Which tasks
    a rank does differs from run to run, and so does how much it allocates: a run may not fail."""
    n_case = int(os.environ.get("MEC_MEMORY_FAULTS", 4))

    def check(self, job, rank, passage):
        output = job.folder / f"memory_{rank}_{passage}.h5"
        argv = [*job.arguments, f"run.output={output}"]
        result = support.run(argv, 3, timeout=20, env={"MEC_FAULT": f"memory:{rank}:{passage}"})
        if result.code != 0:
            self.assertEqual(result.code, 1, result.err)
            self.assertIn("out of memory", job.one_line_of_failure(result.err))
        job.assert_no_leftovers(output)
        again = support.run(argv, job.ranks_again(result.code == 0))
        job.check_again(again, output, result.code)

    def try_some(self, kind):
        job = kind()
        job.setUp()
        self.addCleanup(job.doCleanups)
        found = passages(support.command([*job.arguments, f"run.output={job.folder}/log.h5"]),
                         job.folder)
        every = [(rank, passage) for rank in RANKS
                 for passage in range(1, found[rank]["memory"] + 1)]
        self.assertGreater(len(every), 100)
        for rank, passage in random.sample(every, min(self.n_case, len(every))):
            with self.subTest(kind=kind.__name__, rank=rank, passage=passage):
                self.check(job, rank, passage)

    def test_any_allocation_on_any_rank(self):
        for kind in (Fit, FitOfFiles, FitOfGroups, Grid, RateMaps, Synth, Train):
            self.try_some(kind)


class Places(JobTest):
    def test_every_place_in_the_sources_is_passed(self):
        named = set()
        for folder in ("src", "jobs"):
            for source in (support.PROJECT / folder).rglob("*.c"):
                named |= set(re.findall(r'mec_fault_here\("(\w+)"\)', source.read_text()))
        passed = set()
        for kind in (Fit, FitOfFiles, FitOfGroups, Grid, RateMaps, Synth, Train):
            job = kind()
            job.setUp()
            self.addCleanup(job.doCleanups)
            passed |= {case[0] for case in job.cases()}
        self.assertEqual(named - passed, ELSEWHERE)
        self.assertGreater(len(named), 20)


if __name__ == "__main__":
    unittest.main()
