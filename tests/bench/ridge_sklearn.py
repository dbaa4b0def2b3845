"""Ridge fits between animals with scikit-learn, done the way the reference package does them.

    ridge_sklearn.py CONFIG.ini DATASET OUT.npz

Every animal is a target; its source is all other animals side by side; one Ridge for each target
and split, one call of pearsonr for each cell and split, all on one thread. CONFIG.ini is a job file
of the program, for the number of splits and the like. OUT.npz gets the means over splits, one array
an animal named "arena/animal". Prints times and versions as JSON.
"""
import configparser
import json
import sys
import time
import warnings
from contextlib import contextmanager

import h5py
import numpy as np
import scipy
import sklearn
from scipy.stats import pearsonr
from sklearn.linear_model import Ridge
from threadpoolctl import threadpool_info, threadpool_limits

seconds = {"read": 0.0, "join": 0.0, "fit": 0.0, "predict": 0.0, "score": 0.0}


@contextmanager
def timed(part):
    started = time.perf_counter()
    yield
    seconds[part] += time.perf_counter() - started


def read_settings(path):
    ini = configparser.ConfigParser(inline_comment_prefixes=";")
    with open(path) as file:
        ini.read_file(file)
    return {"train_frac": ini.getfloat("splits", "train_frac"),
            "num_splits": ini.getint("splits", "num_splits"),
            "split_start_seed": ini.getint("splits", "split_start_seed"),
            "alpha": ini.getfloat("map", "alpha")}


def read_arenas(path):
    """{arena: {animal: (states, cells)}}, of the arenas with at least two animals."""
    arenas = {}
    with h5py.File(path) as file:
        for arena in file:
            animals = {animal: file[arena][animal]["resp"][()] for animal in file[arena]}
            if len(animals) >= 2:
                arenas[arena] = {a: r.reshape(-1, r.shape[-1]) for a, r in animals.items()}
    return arenas


def join(animals, target):
    """X (states, sources) and Y (states, targets) on the states finite in every column of both."""
    X = np.concatenate([animals[a] for a in animals if a != target], axis=-1)
    Y = animals[target]
    kept = np.isfinite(X).all(axis=1) & np.isfinite(Y).all(axis=1)
    return X[kept], Y[kept]


def fit_split(X, Y, seed, settings):
    """The score of every cell on one split."""
    with timed("fit"):
        order = np.random.RandomState(seed).permutation(len(X))
        n_train = int(np.ceil(settings["train_frac"] * len(X)))
        train, test = order[:n_train], order[n_train:]
        model = Ridge(alpha=settings["alpha"]).fit(X[train], Y[train])
    with timed("predict"):
        prediction = model.predict(X[test])
    with timed("score"):
        truth = Y[test]
        return [pearsonr(truth[:, c], prediction[:, c])[0] for c in range(truth.shape[1])]


def fit_animal(animals, target, settings):
    """The mean over splits of every cell's score."""
    with timed("join"):
        X, Y = join(animals, target)
    first = settings["split_start_seed"]
    scores = [fit_split(X, Y, first + s, settings) for s in range(settings["num_splits"])]
    return np.nanmean(scores, axis=0)


def versions():
    blas = [f"{b['version']} {b['architecture']}" for b in threadpool_info()
            if b.get("internal_api") == "openblas"]
    return {"scikit-learn": sklearn.__version__, "NumPy": np.__version__,
            "SciPy": scipy.__version__, "OpenBLAS": " and ".join(sorted(set(blas)))}


def main(config, dataset, out):
    warnings.simplefilter("ignore")  # constant cells: NaN is their score
    settings = read_settings(config)
    with threadpool_limits(1):
        with timed("read"):
            arenas = read_arenas(dataset)
        scores = {f"{arena}/{target}": fit_animal(animals, target, settings)
                  for arena, animals in arenas.items() for target in animals}
    np.savez(out, **scores)
    print(json.dumps({"seconds": seconds, "versions": versions()}))


if __name__ == "__main__":
    main(*sys.argv[1:])
