"""Measures the paths of one tool on the folds of one case, for grid_measure.py.

    grid_tools.py TOOL CASE.npz L1_RATIO,L1_RATIO...

Prints lines of JSON: {"version"} when it is ready (imported and compiled), {"start"} before a path
and {"l1_ratio", "seconds", ...} after it. A path is all alphas of one l1_ratio, cell and fold,
the largest first, every fit started from its neighbour. Only the tool's own call is timed: not
centring, nor Gram matrices, nor the certificate. Parameters, limits of iterations among them, are
the tools' defaults but for tol.
"""
import json
import subprocess
import sys
import tempfile
import time
import warnings
from importlib.metadata import version
from pathlib import Path

import numpy as np

import grid_certificate

TOL = 1e-4
TOL_OBJECTIVE = 1e-6


def timed(function, *arguments, **keywords):
    """(seconds by clock, of the processor), and the result."""
    started = time.perf_counter(), time.process_time()
    result = function(*arguments, **keywords)
    return (time.perf_counter() - started[0], time.process_time() - started[1]), result


class Sklearn:
    """scikit-learn's coordinate descent, on the states or on the sources' Gram matrix."""
    package = "scikit-learn"

    def __init__(self, precompute):
        from sklearn.linear_model import enet_path
        self.enet_path, self.precompute, self.gram = enet_path, precompute, {}

    def __call__(self, x, y, alphas, l1_ratio):
        gram = False
        if self.precompute:
            if id(x) not in self.gram:
                self.gram[id(x)] = x.T @ x
            gram = self.gram[id(x)]
        seconds, (_, w, _) = timed(self.enet_path, x, y, l1_ratio=l1_ratio, alphas=alphas, tol=TOL,
                                   precompute=gram, Xy=x.T @ y if self.precompute else None,
                                   copy_X=False)
        return seconds, w


class Celer:
    package = "celer"

    def __init__(self):
        from celer import celer_path
        self.celer_path = celer_path

    def __call__(self, x, y, alphas, l1_ratio):
        seconds, (_, w, _) = timed(self.celer_path, x, y, "lasso", alphas=alphas,
                                   l1_ratio=l1_ratio, tol=TOL)
        return seconds, w


class Skglm:
    package = "skglm"

    def __init__(self):
        from skglm.datafits import Quadratic
        from skglm.penalties import L1_plus_L2
        from skglm.solvers import AndersonCD
        from skglm.utils.jit_compilation import compiled_clone
        self.datafit = compiled_clone(Quadratic())
        self.penalty = lambda l1_ratio: compiled_clone(L1_plus_L2(1.0, l1_ratio))
        self.solver = AndersonCD(tol=TOL, fit_intercept=False)

    def __call__(self, x, y, alphas, l1_ratio):
        seconds, (_, w, _) = timed(self.solver.path, x, y, self.datafit, self.penalty(l1_ratio),
                                   alphas=alphas)
        return seconds, w


class Adelie:
    """adelie has no tolerance on scikit-learn's scale: its default, and a smaller one."""
    package = "adelie"

    def __init__(self, tol):
        import adelie
        self.tol = tol
        self.grpnet, self.gaussian = adelie.grpnet, adelie.glm.gaussian

    def __call__(self, x, y, alphas, l1_ratio):
        seconds, state = timed(self.grpnet, x, self.gaussian(y), alpha=l1_ratio, lmda_path=alphas,
                               tol=self.tol, intercept=False, early_exit=False, progress_bar=False)
        found = state.betas.toarray().T
        w = np.full((x.shape[1], len(alphas)), np.nan)
        w[:, :found.shape[1]] = found
        return seconds, w


class Glmnet:
    """glmnet has no tolerance on scikit-learn's scale: its default, and a smaller one. It scales y
    to variance 1 within, and with it the penalty on squares; so it is given such a y, and
    penalties that make up for it."""

    def __init__(self, tol):
        self.tol = tol
        self.folder = tempfile.TemporaryDirectory()
        self.r = subprocess.Popen(["Rscript", Path(__file__).with_name("grid_glmnet.R")], text=True,
                                  stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self.version = self.r.stdout.readline().split()[1]

    def __call__(self, x, y, alphas, l1_ratio):
        scale = np.sqrt(np.mean(y**2))
        l1, l2 = l1_ratio / scale, 1 - l1_ratio
        for name, values in {"x": x, "y": y / scale, "lambda": alphas * (l1 + l2)}.items():
            values.ravel(order="F").tofile(Path(self.folder.name, name))
        print(*x.shape, l1 / (l1 + l2), self.tol, self.folder.name, file=self.r.stdin, flush=True)
        *seconds, n = self.r.stdout.readline().split()
        w = np.full((x.shape[1], len(alphas)), np.nan)
        found = np.fromfile(Path(self.folder.name, "w")).reshape(-1, int(n), order="F")
        w[:, :int(n)] = found * scale
        return tuple(map(float, seconds)), w


TOOLS = {"scikit-learn": lambda: Sklearn(False), "scikit-learn, Gram": lambda: Sklearn(True),
         "celer": Celer, "skglm": Skglm, "adelie": lambda: Adelie(1e-7),
         "adelie, 1e-11": lambda: Adelie(1e-11), "glmnet": lambda: Glmnet(1e-7),
         "glmnet, 1e-12": lambda: Glmnet(1e-12)}


def say(**what):
    print(json.dumps(what), flush=True)


def folds(case):
    """(x, y of all cells) of every fold that is fitted, centred."""
    half = (len(case["x"]) + 1) // 2
    for part in (slice(half, None), slice(None, half)):
        x, y = case["x"][part], case["y"][part]
        yield np.asfortranarray(x - x.mean(axis=0)), y - y.mean(axis=0)


def measure(path, x, y, alphas, l1_ratio):
    seconds, w = path(x, y, alphas, l1_ratio)
    gap, gap_objective = grid_certificate.relative_gaps(x, y, w, alphas, l1_ratio, TOL_OBJECTIVE)
    returned = np.isfinite(gap)
    return {"l1_ratio": l1_ratio, "seconds": seconds[0], "processor": seconds[1],
            "points": len(alphas),
            "gap": gap[returned].max(initial=0), "above": int((gap > TOL).sum()),
            "gap_objective": gap_objective[returned].max(initial=0),
            "above_objective": int((gap_objective > TOL_OBJECTIVE).sum())}


def main(tool, case, l1_ratios):
    warnings.simplefilter("ignore")  # fits that did not converge: the certificate counts them
    path = TOOLS[tool]()
    case = np.load(case)
    alphas = case["alphas"]
    random = np.random.RandomState(0)
    path(np.asfortranarray(random.randn(9, 5)), random.randn(9), np.array([1.0, 0.1]), 0.5)
    say(version=getattr(path, "version", None) or version(path.package))
    fitted = list(folds(case))
    for cell in range(case["y"].shape[1]):
        for x, y in fitted:
            for l1_ratio in map(float, l1_ratios.split(",")):
                say(start=l1_ratio, processor=time.process_time())
                say(**measure(path, x, np.ascontiguousarray(y[:, cell]), alphas, l1_ratio))


if __name__ == "__main__":
    main(*sys.argv[1:])
