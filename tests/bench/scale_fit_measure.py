"""Measures fits that two ranks share beside LAPACK with two threads, for tests/bench/scale_fit.

    scale_fit_measure.py CONFIG.ini DATASET FOLDER REPEAT

Time is that of reading the responses, fitting and scoring: of mec what it reports as tasks, in which
each fit reads its responses. NumPy and h5py are loaded only at the end: a child's peak of memory
counts what its parent held when the child was started.
"""
import json
import re
import sys
from pathlib import Path
from statistics import median

import running

TARGET_RATIO, TARGET_DIFFERENCE = 1.3, 1e-9
ROOM = 1.02  # of the planner's estimate: what a rank is allowed
UNITS = {"bytes": 1 / 2 ** 20, "KiB": 1 / 1024, "MiB": 1, "GiB": 1024, "TiB": 2 ** 20}


def mec(n_rank, config, dataset, *arguments, accepted=(0,)):
    return running.run(["mpirun", "-n", n_rank, "mec", "fit", config, f"data.dataset={dataset}",
                        *arguments], accepted)


def mebibytes(text):
    number, unit = text.split()
    return float(number) * UNITS[unit]


def plan(config, dataset):
    """(MiB of each of two ranks that share a fit, MiB of each that does not), by the planner."""
    out, _, _ = mec(2, config, dataset, "--dry-run", "run.group=2")
    found = re.search(r"share a fit, (.+) of each, .* alone each would need (.+) with", out)
    print("  " + next(line for line in out.splitlines() if line.startswith("groups:")))
    return mebibytes(found[1]), mebibytes(found[2])


def measure(config, dataset, folder, limit):
    """Seconds and MiB of a rank, of mec on two ranks and of LAPACK."""
    output = folder / "scale_fit-mec.h5"
    _, err, used = mec(2, config, dataset, f"run.output={output}", "run.resume=overwrite",
                       f"run.memory_per_rank={limit:.0f} MiB")
    seconds = float(running.TIMES.search(err)[6])
    out, _, alone = running.run(["scale_fit_lapack", dataset, 0.2, 1.0, 2,
                                 folder / "scale_fit-lapack.bin"])
    report = json.loads(out)
    return {"mec": seconds, "mec peak": used["peak"], "mec wall": used["wall"],
            "lapack read": report["read"], "lapack": report["read"] + report["work"],
            "lapack peak": alone["peak"], "lapack wall": alone["wall"]}


def difference(folder):
    import h5py
    import numpy as np
    theirs = np.fromfile(folder / "scale_fit-lapack.bin")
    with h5py.File(folder / "scale_fit-mec.h5") as file:
        arena = file["fits"]["1.0"]
        ours = np.concatenate([arena[animal]["corr"][()] for animal in sorted(arena)])
    same_nan = np.array_equal(np.isnan(ours), np.isnan(theirs))
    return np.nanmax(np.abs(ours - theirs)) if same_nan else np.inf, len(ours)


def print_target(text, met, number):
    print(f"  {'met    ' if met else 'NOT MET'}  {text}: {number}")


def solver_choices(n_cell, n_state):
    n_train = -(-n_state // 5)
    n_test = n_state - n_train
    sizes = (n_cell, n_train, n_test, n_cell)
    print(f"\nthe solver on 2 ranks, M {sizes[0]} x {sizes[1]}, {sizes[2]} columns of C, {sizes[3]} "
          "rows of E")
    out, _, _ = running.run(["mpirun", "-n", 2, "scale_fit_solver", *sizes])
    print(out, end="")


def main(config, dataset, folder, repeat):
    folder = Path(folder)
    print(f"\nfits that ranks share; processor: {running.processor()}\n{dataset}")
    shared, alone = plan(config, dataset)
    limit = ROOM * shared
    _, refusal, _ = mec(1, config, dataset, f"run.output={folder}/scale_fit-refused.h5",
                        f"run.memory_per_rank={limit:.0f} MiB", accepted=(2,))
    print(f"  one rank with {limit:.0f} MiB: {refusal.strip().splitlines()[0]}")
    runs = [measure(config, dataset, folder, limit) for _ in range(int(repeat))]
    middle = {name: median(run[name] for run in runs) for name in runs[0]}
    for name, value in middle.items():
        print(f"  {name + (', MiB' if 'peak' in name else ', s'):24}{value:10.1f}")
    ratio = middle["mec"] / middle["lapack"]
    largest, n_cell = difference(folder)
    print(f"\ntargets, {n_cell} cells")
    print_target(f"peak of a rank below its {limit:.0f} MiB (alone each of two: {alone:.0f} MiB)",
                 middle["mec peak"] < limit < alone, f"{middle['mec peak']:.0f} MiB")
    print_target(f"at most {TARGET_RATIO} times LAPACK's time with two threads",
                 ratio <= TARGET_RATIO, f"{ratio:.2f}")
    print_target(f"the same scores to {TARGET_DIFFERENCE:.0e}", largest <= TARGET_DIFFERENCE,
                 f"{largest:.1e}")
    small = "small" in Path(dataset).name
    solver_choices(4000, 2500) if small else solver_choices(10000, 5000)


if __name__ == "__main__":
    main(*sys.argv[1:])
