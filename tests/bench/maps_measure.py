"""Measures every map with scikit-learn and with `mec fit` in turn and prints how they compare, for
tests/bench/maps.

    maps_measure.py CONFIG.ini DATASET OUTPUT.h5 REPEAT MAP...

Work is fit, predict and score (scikit-learn), or what the program reports between its start and its
finish. CONFIG.ini has the settings that all maps share.
"""
import sys
from statistics import median

import h5py
import numpy as np
from threadpoolctl import threadpool_limits

import maps_sklearn
import reference
import running
from maps_sklearn import MAPS

TRAIN_FRAC = 0.2
GOALS = {"Ridge": 20, "pls": 20}
GOAL = 5  # of all others
NOT_CERTIFIED = 3  # exit code of a run of which some fits failed


def check_names(names):
    unknown = [name for name in names if name not in MAPS]
    if unknown:
        sys.exit(f"found {', '.join(unknown)}; accepted: {', '.join(MAPS)}")


def run_mec(a_map, config, dataset, output):
    overrides = [f"map.{key}={value}" for key, value in a_map.settings.items()]
    return running.run_mec(1, config, f"data.dataset={dataset}", f"run.output={output}",
                           f"splits.train_frac={TRAIN_FRAC}",
                           f"splits.num_splits={a_map.num_splits}", *overrides,
                           accepted=(0, NOT_CERTIFIED))


def compare(scores, output):
    """(largest difference of a score, scores that are NaN on one side alone)."""
    largest, n_nan = 0.0, 0
    with h5py.File(output) as file:
        for name, theirs in scores.items():
            ours = file["fits"][name]["corr_per_split"][()]
            largest = max(largest, np.nanmax(np.abs(ours - theirs), initial=0.0))
            n_nan += int((np.isnan(ours) != np.isnan(theirs)).sum())
    return largest, n_nan


def measure(a_map, arenas, config, dataset, output, repeat):
    """One row of the table."""
    sklearn, mec = [], []
    for _ in range(repeat):
        scores, seconds = maps_sklearn.run(a_map, arenas, TRAIN_FRAC)
        sklearn.append(seconds)
        mec.append(run_mec(a_map, config, dataset, output)["work"])
    fit = median(s["fit"] + s["predict"] for s in sklearn)
    work = median(s["fit"] + s["predict"] + s["score"] for s in sklearn)
    largest, n_nan = compare(scores, output)
    return {"sklearn": work, "mec": median(mec), "ratio": work / median(mec),
            "without_score": fit / median(mec), "difference": largest, "n_nan": n_nan}


def print_head(arenas, repeat):
    n_cell = sum(resp.shape[1] for animals in arenas.values() for resp in animals.values())
    versions = ", ".join(f"{name} {version}" for name, version in reference.versions().items())
    print(f"{sum(map(len, arenas.values()))} animals, {n_cell} cells; one rank, one BLAS thread; "
          f"medians of {repeat}\nprocessor: {running.processor()}\nscikit-learn side: {versions}\n")
    print(f"{'':20}{'':>7}{'scikit-':>9}{'':>9}{'':>8}{'without':>9}{'largest':>12}{'':>6}\n"
          f"{'map':20}{'splits':>7}{'learn, s':>9}{'mec, s':>9}{'ratio':>8}{'scoring':>9}"
          f"{'difference':>12}{'NaN':>6}  goal", flush=True)


def print_row(name, a_map, row):
    goal = GOALS.get(name, GOAL)
    met = "met" if row["ratio"] >= goal else "NOT MET"
    print(f"{name:20}{a_map.num_splits:7}{row['sklearn']:9.2f}{row['mec']:9.3f}{row['ratio']:8.1f}"
          f"{row['without_score']:9.1f}{row['difference']:12.1e}{'' if a_map.exact else '*':1}"
          f"{row['n_nan']:5}  {goal}: {met}", flush=True)


def main(config, dataset, output, repeat, *names):
    names = names or tuple(MAPS)
    check_names(names)
    with threadpool_limits(1):
        arenas = reference.read_arenas(dataset)
        print_head(arenas, int(repeat))
        for name in names:
            row = measure(MAPS[name], arenas, config, dataset, output, int(repeat))
            print_row(name, MAPS[name], row)
    print("\nwithout scoring: the ratio where scikit-learn's side does not score at all\n"
          "NaN: scores that are NaN on one side alone\n"
          "*: scikit-learn stops at its default tolerance, a duality gap of 1e-4")


if __name__ == "__main__":
    main(*sys.argv[1:])
