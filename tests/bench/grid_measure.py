"""Measures the search of an elastic net's grid with other tools and with `mec grid` in turn, for
tests/bench/grid.

    grid_measure.py CONFIG.ini RECORDINGS|"" FOLDER SECONDS N_CELL short|long CASE,... TOOL...

A tool measures some l1_ratios (SHORT, or all) in a process of its own, until its share of SECONDS
is over. Its time for a cell and split is the sum over all l1_ratios of the time of a path, times
the folds; paths that were not measured are interpolated in l1_ratio, 1e-16 by itself. A path that
did not end in time counts with the time it had, and the sum is marked as a lower bound. Ratios are
of processor time, which other programs on the machine disturb least.
"""
import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from statistics import median

import h5py
import numpy as np

import reference
import running

ALPHAS = np.geomspace(1e-9, 1e9, 99)[::-1]
RIDGE = 1e-16
L1_RATIOS = np.linspace(0.01, 1, 99)
SHORT = L1_RATIOS[::11]  # 0.01, 0.12, ...; the last is added
N_FOLD = 2
REPEAT = 3  # of mec, of which medians are reported ...
LONG = 5  # ... and one run where that takes more seconds
FEWEST = 3  # l1_ratios from which others are interpolated with some confidence
START = 120  # seconds in which a tool must be ready, compiled
INCOMPLETE = 3  # exit code of mec where points were not accepted
# The smallest search, w = 0: it reads, prepares and writes like any other.
TRIVIAL = ("grid.alpha=1e9", "grid.l1_ratio=1")
MODES = {"mec, tol 1e-4": "sklearn", "mec, exact": "objective"}
SHORT_RANGES = ("grid.alpha=geomspace(1e-9, 1e9, 9)", "grid.l1_ratio=1e-16, linspace(0.01, 1, 9)")


@dataclass
class Case:
    name: str
    x: np.ndarray  # (states, sources)
    y: np.ndarray  # (states, cells)
    train_frac: float

    def train(self):
        return reference.split(len(self.x), self.train_frac, 0)[0]


# ---- cases ----

def synthetic(n, p, n_cell):
    """Rates that share 30 factors; a cell is a few of them and noise. n train states a fold."""
    random = np.random.RandomState(1000 * n + p)
    factors = random.randn(4 * n, 30)
    x = factors @ random.randn(30, p) / 5 + random.randn(4 * n, p)
    y = x[:, :10] @ random.randn(10, n_cell) + 2 * random.randn(4 * n, n_cell)
    return Case(f"synthetic, n={n} p={p}", x, y, 0.5)


def recorded(path, target, n_cell):
    """The first cells of an animal, and all cells of the others, on the states finite in all."""
    with h5py.File(path) as file:
        animals = {name: animal["resp"][()] for name, animal in file["1.0"].items()}
    flat = {name: resp.reshape(-1, resp.shape[-1]) for name, resp in animals.items()}
    x = np.hstack([resp for name, resp in flat.items() if name != target]).astype(float)
    y = flat[target][:, :n_cell].astype(float)
    finite = np.isfinite(x).all(axis=1) & np.isfinite(y).all(axis=1)
    case = Case("", x[finite], y[finite], 0.2)
    case.name = f"{target}, n={len(case.train()) // 2} p={x.shape[1]}"
    return case


def write(case, folder):
    """(dataset, tools' file): a dataset whose only split has the case's folds, and these alone."""
    dataset, arrays = Path(folder, "grid-data.h5"), Path(folder, "grid-data.npz")
    with h5py.File(dataset, "w") as file:
        file["box/target/resp"] = case.y
        file["box/target/cell_ids"] = [f"c{i}" for i in range(case.y.shape[1])]
        file["box"].attrs["side_m"] = 1.0
        file["source"] = case.x
    train = case.train()
    np.savez(arrays, x=case.x[train], y=case.y[train], alphas=ALPHAS)
    return dataset, arrays


# ---- mec ----

def mec(n_rank, *arguments):
    """Seconds of work by the program's clock, and of processors in all; exit code 3: some points
    were not accepted."""
    _, err, usage = running.run(["mpirun", "-n", n_rank, "mec", "grid", *arguments,
                             "run.resume=overwrite"], (0, INCOMPLETE))
    found = running.TIMES.search(err)
    if not found:
        sys.exit(f"the program does not report its times:\n{err}")
    return float(found[4]), usage["processor"]


def measure_mec(case, rule, config, dataset, output):
    """Its processor time is that of all processes less that of a run with next to nothing to search:
    what is left is the search itself."""
    settings = (config, f"data.dataset={dataset}", "data.arenas=box", "source.kind=response",
                f"source.response={dataset}:/source", f"splits.train_frac={case.train_frac}",
                f"grid.certificate={rule}", f"run.output={output}")
    start = median(mec(1, *settings, *TRIVIAL)[1] for _ in range(REPEAT))
    runs = [mec(1, *settings)]
    while runs[0][0] < LONG and len(runs) < REPEAT:
        runs.append(mec(1, *settings))
    seconds, processor = map(median, zip(*runs))
    with h5py.File(output) as file:
        found = file["grid/box/target"]
        n_cell = case.y.shape[1]
        gap = np.nanmax(found["largest_relative_gap"][()])
        above = int(found["n_rejected"][()].sum())
    points = N_FOLD * len(ALPHAS) * (len(L1_RATIOS) + 1) * n_cell
    key = {"sklearn": ("gap", "above"), "objective": ("gap_objective", "above_objective")}[rule]
    return {"seconds": seconds / n_cell, "processor": (processor - start) / n_cell,
            "points": points, "bound": "", "paths": "all", key[0]: gap, key[1]: above}


# ---- tools ----

def order(short):
    """The l1_ratios to measure, those first that tell most about the others."""
    values = [*SHORT, 1.0] if short else list(L1_RATIOS)
    first = [min(values, key=lambda value: abs(value - near))
             for near in (0.3, 0.01, 1, 0.1, 0.6)]
    first.append(RIDGE)
    return first + [value for value in values if value not in first]


def read_lines(path):
    with open(path) as file:
        return [json.loads(line) for line in file.read().splitlines(keepends=True)
                if line.endswith("\n") and line.startswith("{")]


def processor_seconds(pid):
    """Of a process that lives, without its children."""
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def run_tool(tool, arrays, short, seconds, folder):
    """The lines of grid_tools.py, which is stopped when its time is over; the processor seconds
    that it had had then, None where it ended by itself; and why it failed, if it did."""
    out, err = Path(folder, "grid-tool.out"), Path(folder, "grid-tool.err")
    script = Path(__file__).with_name("grid_tools.py")
    command = [sys.executable, script, tool, arrays, ",".join(map(repr, map(float, order(short))))]
    with open(out, "w") as stdout, open(err, "w") as stderr:
        child = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=stdout, stderr=stderr,
                                 start_new_session=True)
    deadline = time.time() + START
    ready, stopped = False, None
    while child.poll() is None:
        if not ready and read_lines(out):
            ready, deadline = True, time.time() + seconds
        if time.time() > deadline:
            stopped = processor_seconds(child.pid)
            os.killpg(child.pid, signal.SIGKILL)
            child.wait()
        time.sleep(0.1)
    said = err.read_text().strip().splitlines()
    failure = None if stopped is not None or child.returncode == 0 else (said or ["?"])[-1]
    return read_lines(out), stopped, failure


def whole(times):
    """Seconds of all l1_ratios on all folds, from those of some: {l1_ratio: seconds}."""
    inner = sorted(value for value in times if value != RIDGE)
    seconds = np.interp(L1_RATIOS, inner, [times[value] for value in inner]).sum()
    return N_FOLD * (seconds + times.get(RIDGE, 0))


def mark(measured, counted):
    """What is said of the sum: nothing, > a lower bound, or ? a guess from too few paths."""
    if len(measured - {RIDGE}) < FEWEST:
        return "?"
    return "" if measured == counted and RIDGE in measured else ">"


def summarize(lines, stopped):
    """One row, or None where no path ended."""
    done = [line for line in lines if "seconds" in line]
    started = [line for line in lines if "start" in line]
    clock, processor = {}, {}
    for line in done:
        clock.setdefault(line["l1_ratio"], []).append(line["seconds"])
        processor.setdefault(line["l1_ratio"], []).append(line["processor"])
    if stopped is not None and len(started) > len(done):
        had = stopped - started[-1]["processor"]
        for times in (clock, processor):
            times.setdefault(started[-1]["start"], [had])
    if not any(line["l1_ratio"] != RIDGE for line in done):
        return None
    measured = {line["l1_ratio"] for line in done}
    row = {key: sum(line[key] for line in done)
           for key in ("points", "above", "above_objective")}
    row |= {key: max(line[key] for line in done) for key in ("gap", "gap_objective")}
    return row | {"seconds": whole({key: np.mean(values) for key, values in clock.items()}),
                  "processor": whole({key: np.mean(values) for key, values in processor.items()}),
                  "bound": mark(measured, set(processor)),
                  "paths": f"{len(measured)}/{len(L1_RATIOS) + 1}"}


# ---- tables ----

def load():
    return f"load {os.getloadavg()[0]:.1f}"


def print_head(case):
    print(f"\n{case.name}: {case.y.shape[1]} cells, 1 split, {load()}\n"
          f"{'':20}{'s a cell':>12}{'of the':>11}{'times':>9}{'l1_ratios':>11}{'points':>9}"
          f"{'largest gap':>13}{'above':>8}{'largest gap':>13}{'above':>8}\n"
          f"{'':20}{'and split':>12}{'processor':>11}{'mec':>9}{'measured':>11}{'':9}"
          f"{'/ ||y||^2':>13}{'1e-4':>8}{'/ objective':>13}{'1e-6':>8}", flush=True)


def number(row, key, form):
    return format(row[key], form) if key in row else "-"


def print_row(name, row, fastest):
    print(f"{name:20}{row['bound']:>2}{row['seconds']:10.3f}{row['processor']:11.3f}"
          f"{row['processor'] / fastest:9.1f}"
          f"{row['paths']:>11}{row['points']:9}{number(row, 'gap', '.1e'):>13}"
          f"{number(row, 'above', 'd'):>8}{number(row, 'gap_objective', '.1e'):>13}"
          f"{number(row, 'above_objective', 'd'):>8}", flush=True)


def measure_case(case, tools, short, config, folder, seconds_left):
    """A table; seconds_left() is what the next tool may take. Returns the tools' versions."""
    dataset, arrays = write(case, folder)
    print_head(case)
    ours = {}
    for name, rule in MODES.items():
        ours[name] = measure_mec(case, rule, config, dataset, Path(folder, "grid.h5"))
    fastest = next(iter(ours.values()))["processor"]
    for name, row in ours.items():
        print_row(name, row, fastest)
    versions = {}
    for tool in tools:
        lines, stopped, failure = run_tool(tool, arrays, short, seconds_left(), folder)
        row = summarize(lines, stopped)
        versions[tool] = next((line["version"] for line in lines if "version" in line), "?")
        if row:
            print_row(tool, row, fastest)
        if failure or not row:
            print(f"{tool:20}  {failure or 'no path ended in its time'}", flush=True)
    return versions


def efficiency(config, recordings, folder):
    """The second table: how much faster two ranks are than one."""
    print(f"\nca1_five_rats.h5, all cells, 2 splits, short ranges (9 alphas x 10 l1_ratios), "
          f"{load()}, medians of {REPEAT}\n"
          f"{'':20}{'1 rank, s':>12}{'2 ranks, s':>12}{'efficiency':>12}"
          f"{'processor, s: 1 rank':>24}{'2 ranks':>9}")
    for name, rule in MODES.items():
        settings = (config, f"data.dataset={recordings}", "splits.num_splits=2",
                    f"grid.certificate={rule}", *SHORT_RANGES,
                    f"run.output={Path(folder, 'grid-ranks.h5')}")
        (one, of_one), (two, of_two) = (
            map(median, zip(*(mec(n, *settings) for _ in range(REPEAT)))) for n in (1, 2))
        print(f"{name:20}{one:12.3f}{two:12.3f}{one / two / 2:12.2f}{of_one:24.3f}{of_two:9.3f}",
              flush=True)


def choose_cases(recordings, n_cell, names):
    """The small ones first: what their tools leave of the time is the others'."""
    cases = []
    if recordings and "real" in names:
        cases += [recorded(recordings, target, n_cell) for target in ("R2192", "R2217")]
    return cases + [synthetic(n, p, n_cell) for n, p in ((97, 300), (97, 1000), (100, 4096))
                    if str(p) in names]


def main(config, recordings, folder, seconds, n_cell, short, names, *tools):
    n_cell = int(n_cell)
    print(f"alphas geomspace(1e-9, 1e9, 99), l1_ratios 1e-16 and linspace(0.01, 1, 99), "
          f"{N_FOLD} folds; one core\nprocessor: {running.processor()}")
    cases = choose_cases(recordings, n_cell, names.split(","))
    started, n_left = time.time(), len(cases) * len(tools)

    def seconds_left():
        nonlocal n_left
        share = max(float(seconds) - (time.time() - started), 10) / max(n_left, 1)
        n_left -= 1
        return share

    versions = {}
    for case in cases:
        versions |= measure_case(case, tools, short == "short", config, folder, seconds_left)
    print()
    if versions:
        print("versions:", ", ".join(f"{tool} {found}" for tool, found in versions.items()))
    print("times mec: processor seconds over those of mec, tol 1e-4; of the same cells and folds\n"
          "mec: the whole program's work, scores, gaps and refit included, medians of "
          f"{REPEAT} (one run above {LONG} s); the gaps are its own. Tools: their path functions "
          "alone, once\n"
          "tools measure some l1_ratios, paths of all alphas; the other paths are interpolated. "
          "\n> : at least, a path did not end in its time or 1e-16 was not reached; ? : a guess "
          f"from fewer than {FEWEST} l1_ratios\n"
          "gaps of tools: grid_certificate.py, from the weights; above: of the points measured")
    if recordings and "ranks" in names.split(","):
        efficiency(config, recordings, folder)


if __name__ == "__main__":
    main(*sys.argv[1:])
