"""Measures TensorFlow, `mec ratemaps` and mec's own matrix product in turn and prints how they
compare, for tests/bench/ratemaps.

    ratemaps_measure.py CONFIG.ini FOLDER REPEAT BATCHES paper|small

NumPy is not loaded: a child's peak of memory counts what its parent held when the child was
started.
"""
import configparser
import json
import os
import sys
from pathlib import Path
from statistics import median

import running

HERE = Path(__file__).resolve().parent
SIZES = ("Ng", "Np", "batch_size", "sequence_length")
SMALL = {"Ng": 128, "Np": 32, "batch_size": 20, "sequence_length": 10}
N_RANK = 2  # and threads of TensorFlow
N_SHORT = 2  # batches of mec's short run
N_BATCH_TENSORFLOW = 1  # a measurement
RATE_SECONDS = 2  # a product
MIB = 2.0**20
TARGET_RATE = 85  # % of the square product


def read_sizes(config, size):
    parser = configparser.ConfigParser(inline_comment_prefixes=";")
    parser.optionxform = str
    parser.read(config)
    return SMALL if size == "small" else {name: parser.getint("model", name) for name in SIZES}


# ---- what is there to compute ----

def flops_of(sizes):
    """Of a batch, products alone: as mec makes them, and as the four passes do (g, pre_g, and twice
    dc), of which each multiplies [u, h] with all of W."""
    n, n_place, batch, steps = (sizes[name] for name in SIZES)
    encode, recur, dense, decode = n_place * n, 2 * n * n, n * n, n * n_place
    once = encode + steps * (recur + dense + decode)
    four = 4 * (encode + steps * 2 * recur) + steps * (3 * dense + 2 * decode)
    return 2.0 * batch * once, 2.0 * batch * four


def bytes_of_weights(sizes):
    """Float32, without cues."""
    n, n_place = sizes["Ng"], sizes["Np"]
    return 4.0 * ((n_place + 1) * n + 3 * n + (2 * n + 1) * 2 * n + (n + 1) * n
                  + (n + 1) * n_place)


def products(sizes):
    """A step's product, and a large square one."""
    n, batch = sizes["Ng"], sizes["batch_size"]
    return {"step": f"{batch}x{2 * n}x{n}", "square": f"{n}x{n}x{n}"}


# ---- running ----

def run_rates(sizes):
    """{product: GFLOP/s of a rank}, while every rank does the same."""
    shapes = products(sizes)
    out, _, _ = running.run(["mpirun", "-n", N_RANK, "product_rate", RATE_SECONDS,
                             *shapes.values()])
    found = {shape: [] for shape in shapes.values()}
    for line in out.splitlines():
        shape, rate = line.split()
        found[shape].append(float(rate))
    if any(len(rates) != N_RANK for rates in found.values()):
        sys.exit(f"not every rank tells the rate of its products:\n{out}")
    return {name: sum(found[shape]) / N_RANK for name, shape in shapes.items()}


def run_tensorflow(sizes):
    out, _, usage = running.run([sys.executable, HERE / "ratemaps_tensorflow.py",
                                 N_BATCH_TENSORFLOW, N_RANK,
                                 *(f"{name}={sizes[name]}" for name in SIZES)])
    report = json.loads(out.splitlines()[-1])
    return {**report, "seconds": median(report["seconds"]), "peak": usage["peak"]}


def run_mec(config, folder, sizes, n_batch):
    _, _, usage = running.run(["mpirun", "-n", N_RANK, "mec", "ratemaps", config,
                               *(f"model.{name}={sizes[name]}" for name in SIZES),
                               f"ratemaps.n_eval_seq={n_batch}",
                               f"run.output={folder / 'ratemaps.h5'}", "run.resume=overwrite"])
    return usage


def measure_mec(config, folder, sizes, batches):
    """Seconds of a batch, by which the long run is longer; of the rest; MiB of a rank's own."""
    short = run_mec(config, folder, sizes, N_SHORT)
    long = run_mec(config, folder, sizes, N_SHORT + batches)
    seconds = (long["wall"] - short["wall"]) / batches
    return {"seconds": seconds, "rest": short["wall"] - N_SHORT * seconds,
            "peak": long["peak"], "own": long["peak"] - bytes_of_weights(sizes) / MIB}


# ---- printing ----

def print_head(sizes, tensorflow):
    versions = ", ".join(f"{name} {version}"
                         for name, version in tensorflow[0]["versions"].items())
    print("\n" + ", ".join(f"{name} {value}" for name, value in sizes.items()))
    print(f"processor: {running.processor()}; "
          f"load average over the last 5 minutes {os.getloadavg()[1]:.1f}")
    print(f"TensorFlow side: {versions}, {N_RANK} threads, four forward passes a batch; its first "
          f"step agrees with NumPy to {max(run['difference'] for run in tensorflow):.0e}")
    print(f"\n  {'':46}{'median':>10}{'lowest':>10}{'highest':>10}")


def print_row(title, runs, part, digits):
    values = [run[part] for run in runs]
    print(f"  {title:46}" + "".join(f"{value:10.{digits}f}" for value in (
        median(values), min(values), max(values))))


def print_rows(rates, tensorflow, mec):
    print_row(f"product of a step, GFLOP/s a rank ({N_RANK} at once)", rates, "step", 1)
    print_row(f"square product, GFLOP/s a rank ({N_RANK} at once)", rates, "square", 1)
    print_row("TensorFlow, s a batch", tensorflow, "seconds", 2)
    print_row("TensorFlow, peak memory, MiB", tensorflow, "peak", 0)
    print_row(f"mec on {N_RANK} ranks, s a batch", mec, "seconds", 2)
    print_row("mec, start and finish, s", mec, "rest", 2)
    print_row("mec, peak memory of a rank, MiB", mec, "peak", 0)
    print_row("mec, the same without the shared weights", mec, "own", 0)


def print_target(text, met, number):
    print(f"  {'met    ' if met else 'NOT MET'}  {text}: {number}")


def print_ratios(sizes, rates, tensorflow, mec):
    seconds = median(run["seconds"] for run in mec)
    theirs = median(run["seconds"] for run in tensorflow)
    once, four = flops_of(sizes)
    rate = once * 1e-9 / seconds / N_RANK
    step, square = (100 * rate / median(run[name] for run in rates) for name in ("step", "square"))
    print(f"\n  mec: {once * 1e-12:.3f} TFLOP a batch, {rate:.1f} GFLOP/s a rank, {step:.0f} % of "
          f"the rate of a step's product")
    print(f"  TensorFlow: {four * 1e-12:.3f} TFLOP a batch ({four / once:.1f} times as many), "
          f"{four * 1e-9 / theirs / N_RANK:.1f} GFLOP/s a thread")
    print(f"  mec is {theirs / seconds:.1f} times faster")
    print(f"  {'met    ' if square >= TARGET_RATE else 'NOT MET'}  at least {TARGET_RATE} % of the "
          f"rate of the square product: {square:.0f} %")


# ---- all of it ----

def main(config, folder, repeat, batches, size):
    sizes = read_sizes(config, size)
    rates, tensorflow, mec = [], [], []
    for i in range(int(repeat)):
        print(f"measuring, {i + 1} of {repeat}", flush=True)
        rates.append(run_rates(sizes))
        mec.append(measure_mec(config, Path(folder), sizes, int(batches)))
        tensorflow.append(run_tensorflow(sizes))
    print_head(sizes, tensorflow)
    print_rows(rates, tensorflow, mec)
    print_ratios(sizes, rates, tensorflow, mec)


if __name__ == "__main__":
    main(*sys.argv[1:])
