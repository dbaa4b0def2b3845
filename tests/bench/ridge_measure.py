"""Measures scikit-learn and `mec fit` in turn and prints how they compare, for tests/bench/ridge.

    ridge_measure.py CONFIG.ini FOLDER REPEAT {DATASET REPEAT_SKLEARN}...

Work is what remains after reading and joining the animals (scikit-learn), or between the start and
the finish that the program reports itself (mec). NumPy is loaded only at the end: a child's peak of
memory counts what its parent held when the child was started.
"""
import json
import os
import sys
from pathlib import Path
from statistics import median

import running

HERE = Path(__file__).resolve().parent
RANKS = (1, 2)
SKLEARN_PARTS = ("read", "join", "fit", "predict", "score")
SKLEARN_WORK = ("fit", "predict", "score")
TARGET_RATIO, TARGET_SPEEDUP, TARGET_OVERHEAD, TARGET_DIFFERENCE = 20, 1.9, 1.0, 1e-10


# ---- running ----

def run_sklearn(case):
    out, _, usage = running.run([sys.executable, HERE / "ridge_sklearn.py", case["config"],
                                 case["dataset"], case["sklearn_scores"]])
    report = json.loads(out)
    values = {**report["seconds"], **usage}
    values["work"] = sum(values[part] for part in SKLEARN_WORK)
    case["versions"] = report["versions"]
    return values


def run_mec(case, n_rank):
    values = running.run_mec(n_rank, case["config"], f"data.dataset={case['dataset']}",
                             f"run.output={case['mec_scores']}")
    values["overhead"] = values["wall"] - values["work"]
    return values


def measure(case, repeat):
    """Everything in turn, so that a busy minute of the machine does not fall on one side alone."""
    case["sklearn"] = []
    case["mec"] = {n_rank: [] for n_rank in RANKS}
    for i in range(max(repeat, case["repeat_sklearn"])):
        if i < case["repeat_sklearn"]:
            case["sklearn"].append(run_sklearn(case))
        for n_rank in RANKS if i < repeat else ():
            case["mec"][n_rank].append(run_mec(case, n_rank))


# ---- printing ----

def middle(runs, part):
    return median(r[part] for r in runs)


def print_row(title, runs, part, digits=3):
    values = [r[part] for r in runs]
    print(f"  {title:34}" + "".join(f"{v:10.{digits}f}" for v in (
        median(values), min(values), max(values))))


def print_head(title, runs):
    times = "once" if len(runs) == 1 else f"{len(runs)} times"
    print(f"\n  {f'{title}, {times}':34}{'median':>10}{'lowest':>10}{'highest':>10}")


def print_sklearn(runs):
    print_head("scikit-learn", runs)
    for part in SKLEARN_PARTS:
        print_row(f"{part}, s", runs, part)
    print_row("work (fit, predict, score), s", runs, "work")
    print_row("wall, with imports, s", runs, "wall")
    print_row("processor time, s", runs, "processor")
    print_row("peak memory, MiB", runs, "peak", 0)


def print_mec(runs, n_rank):
    print_head(f"mec, {n_rank} rank{'s' * (n_rank > 1)}", runs)
    print_row("start, s", runs, "start")
    print_row("work, s", runs, "work")
    print_row("  kernels, s", runs, "kernels")
    print_row("  fits, s", runs, "fits")
    print_row("finish, s", runs, "finish")
    print_row("wall of mpirun, s", runs, "wall")
    print_row("wall - work, s", runs, "overhead")
    print_row("processor time with mpirun, s", runs, "processor")
    print_row("peak memory of a rank, MiB", runs, "peak", 0)


def summarise(case):
    sklearn, one, two = case["sklearn"], case["mec"][1], case["mec"][2]
    work = middle(one, "work")
    case["ratio"] = middle(sklearn, "work") / work
    case["speedup"] = work / middle(two, "work")
    case["overhead"] = middle(two, "overhead")
    without_score = (middle(sklearn, "fit") + middle(sklearn, "predict")) / work
    processor = middle(sklearn, "processor") / middle(one, "processor")
    fastest = min(r["work"] for r in one) / min(r["work"] for r in two)
    print(f"\n  work of scikit-learn / mec on 1 rank: {case['ratio']:.1f}"
          f" (scikit-learn without its scoring: {without_score:.1f})")
    print(f"  processor time of scikit-learn / mec on 1 rank, everything: {processor:.1f}")
    print(f"  work of mec on 1 rank / 2 ranks: {case['speedup']:.2f}"
          f" (fastest runs: {fastest:.2f})")


def print_case(case):
    print(f"\n{case['name']}: {case['shape']}")
    print_sklearn(case["sklearn"])
    for n_rank in RANKS:
        print_mec(case["mec"][n_rank], n_rank)
    summarise(case)


def print_machine(cases):
    versions = ", ".join(f"{name} {version}" for name, version in cases[0]["versions"].items())
    print("\nridge fits, one BLAS thread a process; memory that ranks share counts in each of them")
    print(f"processor: {running.processor()}; "
          f"load average over the last 5 minutes {os.getloadavg()[1]:.1f}")
    print(f"scikit-learn side: {versions}")
    print(f"mec side: OpenBLAS {cases[0]['mec_core']}")


# ---- scores ----

def compare(case):
    """The largest difference of the scores, and whether NaN stands in the same places."""
    import h5py
    import numpy as np
    largest, same_nan, n_cell = 0.0, True, 0
    with np.load(case["sklearn_scores"]) as theirs, h5py.File(case["mec_scores"]) as ours:
        core = ours.attrs["openblas_core"]
        case["mec_core"] = core.decode().rstrip("\0") if isinstance(core, bytes) else core
        names = {f"{arena}/{animal}" for arena in ours["fits"] for animal in ours["fits"][arena]}
        if names != set(theirs):
            sys.exit(f"{case['name']}: the two sides have scores of different animals")
        for name in theirs:
            a, b = theirs[name], ours["fits"][name]["corr"][()]
            both = np.isfinite(a) & np.isfinite(b)
            same_nan = same_nan and np.array_equal(np.isnan(a), np.isnan(b))
            largest = max(largest, np.abs(a - b)[both].max(initial=0.0))
            n_cell += len(a)
    case["difference"], case["same_nan"] = largest, same_nan
    case["shape"] = f"{len(names)} animals, {n_cell} cells"


def print_scores(cases):
    print("\nscores (corr of every cell)")
    for case in cases:
        nan = "NaN in the same places" if case["same_nan"] else "NaN in different places"
        print(f"  {case['name']}: largest difference {case['difference']:.1e}, {nan}")


def print_target(text, met, number):
    print(f"  {'met    ' if met else 'NOT MET'}  {text}: {number}")


def print_targets(cases):
    print("\ntargets")
    for case in cases:
        print(f" {case['name']}")
        print_target(f"work at least {TARGET_RATIO} times faster than scikit-learn on one core",
                     case["ratio"] >= TARGET_RATIO, f"{case['ratio']:.1f}")
        if case["large"]:
            print_target(f"2 ranks at least {TARGET_SPEEDUP} times as fast as one",
                         case["speedup"] >= TARGET_SPEEDUP, f"{case['speedup']:.2f}")
        print_target(f"start and finish of mpirun -n 2 (wall - work) under {TARGET_OVERHEAD:.0f} s",
                     case["overhead"] < TARGET_OVERHEAD, f"{case['overhead']:.2f} s")
        print_target(f"the same scores to {TARGET_DIFFERENCE:.0e}",
                     case["difference"] <= TARGET_DIFFERENCE and case["same_nan"],
                     f"{case['difference']:.1e}")


# ---- all of it ----

def make_case(config, folder, dataset, repeat_sklearn):
    stem = Path(dataset).stem
    return {"config": config, "dataset": dataset, "name": Path(dataset).name,
            "repeat_sklearn": repeat_sklearn, "large": stem == "large",
            "sklearn_scores": folder / f"{stem}-sklearn.npz",
            "mec_scores": folder / f"{stem}-mec.h5"}


def main(config, folder, repeat, *pairs):
    cases = [make_case(config, Path(folder), dataset, int(n))
             for dataset, n in zip(pairs[::2], pairs[1::2])]
    for case in cases:
        print(f"measuring {case['name']}", flush=True)
        measure(case, int(repeat))
    for case in cases:
        compare(case)
    print_machine(cases)
    for case in cases:
        print_case(case)
    print_scores(cases)
    print_targets(cases)


if __name__ == "__main__":
    main(*sys.argv[1:])
