"""Measures large products, TensorFlow's training step and `mec train` in turn and prints how they
compare, for tests/bench/train.

    train_measure.py CONFIG.ini FOLDER STEPS paper|small

NumPy is not loaded: a child's peak of memory counts what its parent held when the child was
started. What mec says of its steps is read with h5dump.
"""
import json
import os
import re
import sys
from pathlib import Path
from statistics import median

import running
from ratemaps_measure import SIZES, print_target, read_sizes

HERE = Path(__file__).resolve().parent
N_CORE = 2
RATE_SECONDS = 4
PARTS = ("seconds", "seconds_products", "seconds_sums", "seconds_update")
KINDS = {  # ranks, threads, and what else is set
    "1 rank x 2 threads": (1, 2, ()),
    "2 ranks x 1 thread": (2, 1, ()),
    "2 ranks, sharded optimizer": (2, 1, ("train.shard_optimizer=yes",)),
    "1 rank x 1 thread": (1, 1, ()),
}
ONE_BY_TWO, TWO_BY_ONE, _, ONE_BY_ONE = KINDS
TARGETS = {ONE_BY_TWO: 88, TWO_BY_ONE: 82}  # % of the square products' rate
TARGET_TENSORFLOW = 1.6
TARGET_REST = 8  # %
TARGET_SCALING = 1.85


def tflop_of(sizes):
    """Of a step, products alone: forward, and twice as much backward; as mec makes them, and with
    [u, h] multiplied with all of W."""
    n, n_place, batch, steps = (sizes[name] for name in SIZES)
    rest = n_place * n + steps * (n * n + n * n_place)
    return tuple(3 * 2e-12 * batch * (steps * recur + rest) for recur in (2 * n * n, 4 * n * n))


# ---- running ----

def run_rate(sizes):
    """GFLOP/s of a core, in square products while all cores make them."""
    n = sizes["Ng"]
    out, _, _ = running.run(["mpirun", "-n", N_CORE, "product_rate", RATE_SECONDS, f"{n}x{n}x{n}"])
    rates = [float(line.split()[1]) for line in out.splitlines()]
    if len(rates) != N_CORE:
        sys.exit(f"not every rank tells the rate of its products:\n{out}")
    return sum(rates) / N_CORE


def run_tensorflow(sizes, n_step):
    out, _, usage = running.run([sys.executable, HERE / "train_tensorflow.py", n_step, N_CORE,
                                 *(f"{name}={sizes[name]}" for name in SIZES)])
    return {**json.loads(out.splitlines()[-1]), "peak": usage["peak"]}


def read_column(path, name):
    out, _, _ = running.run(["h5dump", "-y", "-w", "1", "-m", "%.17g", "-d", f"/train/{name}", path])
    data = out[out.index("DATA {"):out.index("}", out.index("DATA {"))]
    return [float(number) for number in re.findall(r"[-\d.e+]+", data[len("DATA {"):])]


def run_mec(config, folder, sizes, n_step, kind):
    """Medians of PARTS after the first step, and MiB of a rank."""
    n_rank, n_thread, settings = KINDS[kind]
    path = folder / "train.h5"
    _, _, usage = running.run(["mpirun", "--bind-to", "none", "-n", n_rank, "mec", "train", config,
                               *(f"model.{name}={sizes[name]}" for name in SIZES),
                               f"train.n_steps={1 + n_step}", f"run.threads={n_thread}", *settings,
                               f"run.output={path}", "run.resume=overwrite"])
    columns = {name: read_column(path, name)[1:] for name in PARTS}
    path.unlink()
    if any(len(column) != n_step for column in columns.values()):
        sys.exit(f"{path}: not every step tells its time: {columns}")
    return {**{name: median(column) for name, column in columns.items()}, "peak": usage["peak"]}


# ---- printing ----

def print_head(sizes, square, tensorflow):
    versions = ", ".join(f"{name} {version}" for name, version in tensorflow["versions"].items())
    needed, theirs = tflop_of(sizes)
    print("\n" + ", ".join(f"{name} {value}" for name, value in sizes.items()))
    print(f"processor: {running.processor()}; "
          f"load average over the last 5 minutes {os.getloadavg()[1]:.1f}")
    print(f"square products: {square:.1f} GFLOP/s a core, {N_CORE} cores at once")
    print(f"a step needs {needed:.2f} TFLOP; TensorFlow ({versions}) does {theirs:.2f}")


def share_of_square(runs, kind, sizes, square):
    n_rank, n_thread, _ = KINDS[kind]
    needed, _ = tflop_of(sizes)
    return 100e3 * needed / runs[kind]["seconds"] / (square * n_rank * n_thread)


def print_rows(runs, sizes, square, tensorflow):
    heads = ("s a step", "products", "sums", "update", "other", "% square", "MiB")
    print(f"\n  {'':28}" + "".join(f"{head:>10}" for head in heads))
    print(f"  {'TensorFlow, 2 threads':28}{median(tensorflow['seconds']):10.2f}" + 50 * " "
          + f"{tensorflow['peak']:10.0f}")
    for kind, run in runs.items():
        times = [run[name] for name in PARTS]
        other = times[0] - sum(times[1:])
        print(f"  {kind:28}" + "".join(f"{t:10.3f}" for t in (*times, other))
              + f"{share_of_square(runs, kind, sizes, square):10.1f}{run['peak']:10.0f}")


def print_targets(runs, sizes, square, tensorflow):
    print()
    theirs = median(tensorflow["seconds"])
    for kind, target in TARGETS.items():
        run = runs[kind]
        share = share_of_square(runs, kind, sizes, square)
        rest = 100 * (1 - run["seconds_products"] / run["seconds"])
        ratio = theirs / run["seconds"]
        print_target(f"{kind}: at least {TARGET_TENSORFLOW} times as fast as TensorFlow",
                     ratio >= TARGET_TENSORFLOW, f"{ratio:.2f}")
        print_target(f"{kind}: at least {target} % of the square products' rate",
                     share >= target, f"{share:.1f} %")
        print_target(f"{kind}: all but products below {TARGET_REST} % of the step",
                     rest < TARGET_REST, f"{rest:.1f} %")
    scaling = runs[ONE_BY_ONE]["seconds"] / runs[TWO_BY_ONE]["seconds"]
    print_target(f"2 ranks at least {TARGET_SCALING} times as fast as one",
                 scaling >= TARGET_SCALING, f"{scaling:.2f}")


# ---- all of it ----

def main(config, folder, n_step, size):
    sizes = read_sizes(config, size)
    print("measuring products", flush=True)
    square = run_rate(sizes)
    runs = {}
    for kind in KINDS:
        print(f"measuring mec, {kind}", flush=True)
        runs[kind] = run_mec(config, Path(folder), sizes, int(n_step), kind)
    print("measuring TensorFlow", flush=True)
    tensorflow = run_tensorflow(sizes, int(n_step))
    print_head(sizes, square, tensorflow)
    print_rows(runs, sizes, square, tensorflow)
    print_targets(runs, sizes, square, tensorflow)


if __name__ == "__main__":
    main(*sys.argv[1:])
