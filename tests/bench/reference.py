"""What the benchmarks' scikit-learn sides share: data, splits and scores as the reference package
has them, and a stopwatch."""
import time
from contextlib import contextmanager

import h5py
import numpy as np
import scipy
import sklearn
from scipy.stats import pearsonr
from threadpoolctl import threadpool_info

seconds = {"read": 0.0, "join": 0.0, "fit": 0.0, "predict": 0.0, "score": 0.0}


@contextmanager
def timed(part):
    started = time.perf_counter()
    yield
    seconds[part] += time.perf_counter() - started


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


def split(n, train_frac, seed):
    """Train and test states."""
    order = np.random.RandomState(seed).permutation(n)
    n_train = int(np.ceil(train_frac * n))
    return order[:n_train], order[n_train:]


def score(truth, prediction):
    """The score of every cell."""
    return [pearsonr(truth[:, c], prediction[:, c])[0] for c in range(truth.shape[1])]


def versions():
    blas = [f"{b['version']} {b['architecture']}" for b in threadpool_info()
            if b.get("internal_api") == "openblas"]
    return {"scikit-learn": sklearn.__version__, "NumPy": np.__version__,
            "SciPy": scipy.__version__, "OpenBLAS": " and ".join(sorted(set(blas)))}
