"""What the job tests share: running the program, small datasets, comparing results.

MEC holds the path of the program, built with the preset `test`. Every run has a hard time-out after
which all its processes are killed: a run that hangs is a failure, not a test that hangs.
"""
import os
import re
import signal
import subprocess
import tempfile
import time
import unittest
from pathlib import Path
from typing import NamedTuple

import h5py
import numpy as np

PROJECT = Path(__file__).resolve().parents[2]
GOLDEN = PROJECT / "tests" / "golden" / "fits.h5"

# Lines of the program that report and are no failure.
NOTES = re.compile(
    r"^mec: (arena .* is skipped: |arena .*the scores are NaN$|\d+ of \d+ (tasks|steps) done "
    r"|\d+ tasks on \d+ rank|.*: goes on, \d+ of \d+ tasks"
    r"|.*: goes on after step|.*: was trained on|train\.\w+ = |goes on from |starts with the weights"
    r"|.*: does not say which activation the network has: taken for "
    r"|.* of shared memory are needed|SLURM ends this job in )")


class Result(NamedTuple):
    code: int
    out: str
    err: str  # without what mpirun adds


def program():
    path = os.environ.get("MEC")
    if not path:
        raise RuntimeError("MEC is not set; it must hold the path of the program")
    return os.path.abspath(path)


def environment(extra=None):
    """Ours, without orders for failures; mpirun may run as root and with more ranks than cores."""
    env = {k: v for k, v in os.environ.items() if not k.startswith("MEC_FAULT")}
    env.update(OMPI_ALLOW_RUN_AS_ROOT="1", OMPI_ALLOW_RUN_AS_ROOT_CONFIRM="1",
               OMPI_MCA_rmaps_base_oversubscribe="1")
    env.update(extra or {})
    return env


def command(args, ranks=None):
    own = [program(), *map(str, args)]
    return own if ranks is None else ["mpirun", "-n", str(ranks), *own]


def without_banner(text):
    """Without the blocks between lines of dashes that mpirun prints after a non-zero exit."""
    return re.sub(r"(?ms)^-{60,}\n.*?^-{60,}\n", "", text)


class Run:
    """A run that goes on while the test does something else. Its processes share a session, though
    not a process group: mpirun gives every rank one of its own."""

    def __init__(self, argv, env=None, cwd=None):
        self.out, self.err = tempfile.TemporaryFile(), tempfile.TemporaryFile()
        self.process = subprocess.Popen(argv, env=environment(env), cwd=cwd, stdout=self.out,
                                        stderr=self.err, stdin=subprocess.DEVNULL,
                                        start_new_session=True)

    def processes(self):
        """Process ids of the session, by what they run: {pid: "mec" or "mpirun"}."""
        found = {}
        for stat in Path("/proc").glob("[0-9]*/stat"):
            try:
                text = stat.read_text()
            except OSError:
                continue  # gone in between
            name = text[text.index("(") + 1:text.rindex(")")]
            state, _, _, session = text[text.rindex(")") + 2:].split()[:4]
            if int(session) == self.process.pid and state != "Z":
                found[int(stat.parent.name)] = name
        return found

    def ranks(self):
        """Process ids of the ranks, in the order of ranks."""
        found = {}
        for pid, name in self.processes().items():
            if name == "mec":
                try:
                    env = Path(f"/proc/{pid}/environ").read_bytes()
                except OSError:
                    continue
                rank = re.search(rb"\0OMPI_COMM_WORLD_RANK=(\d+)", b"\0" + env)
                found[int(rank[1]) if rank else 0] = pid
        return [found[rank] for rank in sorted(found)]

    def kill(self, pids=None, number=signal.SIGKILL):
        for pid in self.processes() if pids is None else pids:
            try:
                os.kill(pid, number)
            except ProcessLookupError:
                pass

    def wait(self, timeout=60):
        """The result, once no process of the run is left."""
        limit = time.monotonic() + timeout
        hung = False
        while self.process.poll() is None or self.processes():
            if time.monotonic() > limit:
                hung = True
                self.kill()
            time.sleep(0.005)
        texts = []
        for stream in (self.out, self.err):
            stream.seek(0)
            texts.append(stream.read().decode("utf-8", "surrogateescape"))
            stream.close()
        if hung:
            raise AssertionError(f"hung: still running after {timeout} s: {self.process.args}\n"
                                 f"{texts[0]}{texts[1]}")
        return Result(self.process.returncode, texts[0], without_banner(texts[1]))


def start(args, ranks=None, env=None, cwd=None):
    return Run(command(args, ranks), env, cwd)


def run(args, ranks=None, timeout=60, env=None, cwd=None):
    return start(args, ranks, env, cwd).wait(timeout)


# ---- datasets ----

def responses(seed, n_row, n_column, n_cell, shared=4):
    """Rates that other animals predict in part: mixtures of maps that all animals of a seed's
    hundred share, and noise."""
    common = np.random.RandomState(seed // 100).standard_normal((n_row, n_column, shared))
    own = np.random.RandomState(seed)
    mixed = common @ own.standard_normal((shared, n_cell))
    return 5 + mixed + own.standard_normal(mixed.shape)


def animals(n_animal=3, n_row=8, n_column=9, n_cell=5, seed=100):
    return {f"rat_{chr(97 + i)}": responses(seed + i, n_row, n_column, n_cell + i)
            for i in range(n_animal)}


def write_ids(group, ids, kind="variable"):
    """kind: variable, or fixed length padded with nul or space."""
    if kind == "variable":
        group.create_dataset("cell_ids", data=ids, dtype=h5py.string_dtype("utf-8"))
        return
    encoded = [name.encode() for name in ids]
    size = max(map(len, encoded)) + 3
    filled = [name.ljust(size, b" " if kind == "space" else b"\0") for name in encoded]
    type_id = h5py.h5t.C_S1.copy()
    type_id.set_size(size)
    type_id.set_cset(h5py.h5t.CSET_UTF8)
    type_id.set_strpad(h5py.h5t.STR_SPACEPAD if kind == "space" else h5py.h5t.STR_NULLPAD)
    space = h5py.h5s.create_simple((len(ids),))
    dataset = h5py.h5d.create(group.id, b"cell_ids", type_id, space)
    dataset.write(h5py.h5s.ALL, h5py.h5s.ALL, np.array(filled, dtype=f"S{size}"), mtype=type_id)


def write_dataset(path, arenas, group="/", dtype="<f8", ids="variable", attributes=None,
                  cell_name="{animal}_{cell}", **options):
    """arenas: {arena: {animal: resp}}; attributes: {arena: {name: value}}; options: those of
    h5py's create_dataset, for resp."""
    with h5py.File(path, "w") as file:
        for arena, members in arenas.items():
            for animal, resp in members.items():
                place = file.require_group(f"{group}/{arena}/{animal}")
                place.create_dataset("resp", data=np.asarray(resp).astype(dtype), **options)
                names = [cell_name.format(animal=animal, cell=i) for i in range(resp.shape[-1])]
                write_ids(place, names, ids)
            file[f"{group}/{arena}"].attrs.update((attributes or {}).get(arena, {}))
    return path


def write_config(path, output, dataset, **settings):
    """settings: section_key=value, such as splits_num_splits=3."""
    sections = {"run": {"output": output}, "data": {"dataset": dataset}}
    for name, value in settings.items():
        section, key = name.split("_", 1)
        sections.setdefault(section, {})[key] = value
    lines = [f"[{section}]\n" + "".join(f"{k} = {v}\n" for k, v in keys.items())
             for section, keys in sections.items()]
    Path(path).write_text("\n".join(lines), encoding="utf-8")
    return path


# ---- results ----

# What may differ between two runs of the same settings and data: load, times, and the settings'
# text, which names the output.
VOLATILE = re.compile(r"^/(status|config|inputs/(time|path)|tasks/(?!(done|name)$).*)$")


def arrays(path):
    """{name: bytes} of every array that has to be the same in every run of the same settings."""
    found = {}

    def take(name, item):
        if isinstance(item, h5py.Dataset) and not VOLATILE.match("/" + name):
            assert item.dtype != object, name  # its bytes would be addresses
            found["/" + name] = item[()].tobytes()

    with h5py.File(path, "r") as file:
        file.visititems(take)
    return found


def fit(path, arena, animal):
    """{name: array} of one target of a run file."""
    with h5py.File(path, "r") as file:
        return {name: item[()] for name, item in file[f"fits/{arena}/{animal}"].items()}


def texts(values):
    return [value.decode() for value in values]


# ---- the same computed here, plainly (numpy) ----

def split(n, train_frac, seed):
    """Train and test states of one random split of n states."""
    order = np.random.RandomState(seed).permutation(n)
    n_train = int(np.ceil(train_frac * n))
    return order[:n_train], order[n_train:]


def ridge(train_x, train_y, test_x, alpha=1.0, intercept=True):
    """Prediction of the test states, and the part of it that is constant (cells)."""
    mean_x = train_x.mean(axis=0) if intercept else np.zeros(train_x.shape[1])
    mean_y = train_y.mean(axis=0) if intercept else np.zeros(train_y.shape[1])
    x, y = train_x - mean_x, train_y - mean_y
    x[:, np.ptp(train_x, axis=0) == 0] *= 0 if intercept else 1
    y[:, np.ptp(train_y, axis=0) == 0] *= 0 if intercept else 1
    w = np.linalg.solve(x.T @ x + alpha * np.eye(x.shape[1]), x.T @ y)
    w[:, ~y.any(axis=0)] = 0
    # Summed cell by cell, so that equal rows give equal predictions.
    centred = np.stack([((test_x - mean_x) * column).sum(axis=1) for column in w.T], axis=1)
    return centred, mean_y


def scores(test_y, centred, mean_y):
    """{name: (cells)}; NaN where the target, or for corr the prediction, is constant."""
    with np.errstate(all="ignore"):
        y = test_y - test_y.mean(axis=0)
        p = centred - centred.mean(axis=0)
        corr = (y * p).sum(axis=0) / np.sqrt((y * y).sum(axis=0) * (p * p).sum(axis=0))
        error = ((test_y - (centred + mean_y)) ** 2).sum(axis=0)
        r2 = 1 - error / (y * y).sum(axis=0)
    flat = np.ptp(test_y, axis=0) == 0
    corr[flat | (np.ptp(centred, axis=0) == 0)] = np.nan
    r2[flat] = np.nan
    return {"corr": corr, "r2": r2, "mse": error / len(test_y)}


def one_source(x, y, train_frac, seeds, **map_options):
    """Scores per split of one source and target: {name: (cells, splits)}, and the states kept."""
    keep = np.isfinite(x).all(axis=1) & np.isfinite(y).all(axis=1)
    x, y = x[keep], y[keep]
    rows = []
    for seed in seeds:
        train, test = split(len(x), train_frac, seed)
        rows.append(scores(y[test], *ridge(x[train], y[train], x[test], **map_options)))
    return {name: np.stack([row[name] for row in rows], axis=1) for name in rows[0]}, len(x)


def consistency(members, mode="holdout", train_frac=0.2, seeds=range(10), **map_options):
    """{animal: {score: per split}} of one arena, as the program's *_per_split."""
    flat = {name: np.asarray(r, float).reshape(-1, r.shape[-1]) for name, r in members.items()}
    found = {}
    for target, y in flat.items():
        others = [x for name, x in flat.items() if name != target]
        if mode == "holdout":
            found[target], _ = one_source(np.hstack(others), y, train_frac, seeds, **map_options)
        else:
            parts = [one_source(x, y, train_frac, seeds, **map_options)[0] for x in others]
            found[target] = {k: np.stack([part[k] for part in parts], axis=2) for k in parts[0]}
    return found


def nanmean(values, axis):
    """As np.nanmean, without its warning where all are NaN."""
    n = np.isfinite(values).sum(axis=axis)
    return np.where(n > 0, np.nansum(values, axis=axis) / np.maximum(n, 1), np.nan)


# ---- a test case with a folder of its own ----

class JobTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="mec-job-")
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)

    def assert_done(self, result):
        self.assertEqual(result.code, 0, result.err)
        self.assertEqual(self.failures(result.err), [])

    def failures(self, err):
        """Lines on stderr that are no notes of the program."""
        return [line for line in err.splitlines() if not NOTES.match(line)]

    def one_line_of_failure(self, err):
        """The failure: exactly one line, beside notes."""
        lines = self.failures(err)
        self.assertEqual(len(lines), 1, err)
        self.assertRegex(lines[0], "^mec: ")
        return lines[0]

    def assert_same(self, path, expected):
        """Every array of the file at path equals those of `expected` (of arrays())."""
        found = arrays(path)
        self.assertEqual(sorted(found), sorted(expected))
        for name, values in expected.items():
            self.assertTrue(found[name] == values, f"{path}: {name} differs")

    def assert_close(self, found, expected, tolerance, what=""):
        """Equal within tolerance, with NaN in the same places."""
        self.assertEqual(np.shape(found), np.shape(expected), what)
        np.testing.assert_array_equal(np.isnan(found), np.isnan(expected), what)
        error = np.abs(np.nan_to_num(found) - np.nan_to_num(expected))
        self.assertLessEqual(error.max(initial=0), tolerance, what)

    def assert_no_leftovers(self, output):
        left = [name for name in (".lock", ".new") if Path(f"{output}{name}").exists()]
        self.assertEqual(left, [], f"{output}: left behind")
