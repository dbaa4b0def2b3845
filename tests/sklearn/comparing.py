"""Runs `mec fit` and scikit-learn on the same train and test states and compares every score of
every cell and split.

Scores are scikit-learn's and SciPy's, but for one rule of the program: the correlation with a
constant is NaN, and a prediction is constant where its weights are zero, whatever rounding made of
it; with an intercept they are zero for targets that do not vary on the train states.
"""
import tempfile
import unittest
import warnings
from dataclasses import dataclass, field
from pathlib import Path

import h5py
import numpy as np
from scipy.stats import pearsonr
from sklearn import linear_model
from sklearn.metrics import mean_squared_error, r2_score

import problems
import support

SCORES = ("corr", "r2", "mse")
DONE, FAILED = 1, 3  # codes of `status` in the run file
N_SPLIT = 3


@dataclass
class Fitted:
    """What a map makes of one split: (n_test, m) predictions, and (m) of what is known of them."""
    prediction: np.ndarray
    flat: np.ndarray    # constant on the test states but for rounding
    failed: np.ndarray  # scikit-learn raised: all scores are NaN
    patterns: np.ndarray = None  # (n_test, any), that rsa compares; None: the predictions


@dataclass
class Case:
    """One map with parameters: `fit(train_x, train_y, test_x)` gives what scikit-learn makes of it,
    `map` and `splits` are the settings of the program for the same."""
    name: str
    fit: object
    map: dict
    splits: dict = field(default_factory=dict)
    arenas: tuple = problems.ALL
    scores: tuple = SCORES
    tolerance: float = 1e-10
    gap: float = None  # the largest relative_gap accepted; None: the map has none


# ---- scikit-learn ----

def without_weights(y, fit_intercept):
    """Whether the weights of each target are zero whatever a solver makes of rounding."""
    return fit_intercept & (np.ptp(y, axis=0) == 0)


def from_estimator(estimator, x, y, test_x):
    """Fitted, of a linear estimator that takes these targets (n, m) together."""
    m = y.shape[1]
    try:
        estimator.fit(x, y)
    except (ValueError, np.linalg.LinAlgError):
        nothing = np.full((len(test_x), m), np.nan)
        return Fitted(nothing, np.zeros(m, bool), np.ones(m, bool))
    prediction = estimator.predict(test_x).reshape(len(test_x), m)
    zero = ~np.reshape(estimator.coef_, (m, -1)).any(axis=1)
    zero |= without_weights(y, getattr(estimator, "fit_intercept", True))
    if zero.any() and getattr(estimator, "fit_intercept", True):
        prediction[:, zero] = y[:, zero].mean(axis=0)
    flat = zero | (np.ptp(prediction, axis=0) == 0)
    return Fitted(prediction, flat, np.zeros(m, bool))


class OneTarget:
    """An estimator that wants a vector for its target, given a matrix of one column."""

    def __init__(self, estimator):
        self.estimator = estimator

    def fit(self, x, y):
        self.estimator.fit(x, y[:, 0])

    def __getattr__(self, name):
        return getattr(self.estimator, name)


def together(make):
    """A fit of all targets with one estimator."""
    return lambda x, y, test_x: from_estimator(make(), x, y, test_x)


def each(make):
    """A fit of every target alone."""
    def fit(x, y, test_x):
        parts = [from_estimator(OneTarget(make()), x, y[:, j:j + 1], test_x)
                 for j in range(y.shape[1])]
        return Fitted(np.hstack([part.prediction for part in parts]),
                      np.concatenate([part.flat for part in parts]),
                      np.concatenate([part.failed for part in parts]))
    return fit


def linear(kind, parameters=None, theirs=None, ours=None, alone=False, **options):
    """The case of a class of sklearn.linear_model. Both sides know `parameters` by the same names;
    `theirs` and `ours` are those of one side. `alone`: its targets are fitted one by one."""
    parameters = parameters or {}
    words = ", ".join(f"{k}={v}" for k, v in {**parameters, **options.get("splits", {})}.items())
    how = each if alone else together
    return Case(f"{kind}({words})",
                how(lambda: getattr(linear_model, kind)(**parameters, **(theirs or {}))),
                {"regression_type": kind, **parameters, **(ours or {})}, **options)


def dissimilarities(patterns, kept):
    """1 - Pearson's r between the rows that are kept: the upper triangle of their matrix."""
    matrix = 1 - np.corrcoef(patterns[kept])
    return matrix[np.triu_indices(len(matrix), 1)]


def rsa(patterns, truth):
    """States in which all cells respond alike have no pattern."""
    kept = (np.ptp(patterns, axis=1) > 0) & (np.ptp(truth, axis=1) > 0)
    return pearsonr(dissimilarities(patterns, kept), dissimilarities(truth, kept))[0]


def scores_of(fitted, truth, scores):
    """{name: (m)} on the test states; of rsa (1)."""
    m = truth.shape[1]
    score = {name: np.full(m, np.nan) for name in SCORES}
    ok = ~fitted.failed
    if ok.any():
        y, p = truth[:, ok], fitted.prediction[:, ok]
        score["r2"][ok] = r2_score(y, p, multioutput="raw_values", force_finite=False)
        score["mse"][ok] = mean_squared_error(y, p, multioutput="raw_values")
        score["corr"][ok] = pearsonr(y, p, axis=0)[0]
    still = np.ptp(truth, axis=0) == 0
    score["corr"][fitted.flat | still] = np.nan
    score["r2"][still] = np.nan
    if "rsa" in scores:
        patterns = fitted.prediction if fitted.patterns is None else fitted.patterns
        score["rsa"] = np.array([rsa(patterns, truth)])
    return score


def expected(case, source, target):
    """{score: (m, splits)}, of rsa (1, splits), and (m, splits) whether the fit failed, of one pair
    of animals."""
    x, y = (resp.reshape(-1, resp.shape[-1]) for resp in (source, target))
    kept = np.isfinite(x).all(axis=1) & np.isfinite(y).all(axis=1)
    x, y = x[kept], y[kept]
    fitted, truths = [], []
    for seed in range(case.splits["num_splits"]):
        train, test = support.split(len(x), case.splits["train_frac"], seed)
        fitted.append(case.fit(x[train], y[train], x[test]))
        truths.append(y[test])
    rows = [scores_of(f, truth, case.scores) for f, truth in zip(fitted, truths)]
    return ({name: np.stack([row[name] for row in rows], axis=1) for name in case.scores},
            np.stack([f.failed for f in fitted], axis=1))


# ---- the program ----

def ini_value(value):
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, (list, tuple)):
        return ", ".join(map(repr, value))
    return str(value)


def settings_of(case):
    """Overrides of a command line."""
    tables = {"map": case.map, "splits": case.splits, "data": {"arenas": ", ".join(case.arenas)},
              "fit": {"scores": ", ".join(case.scores)}}
    return [f"{section}.{key}={ini_value(value)}"
            for section, keys in tables.items() for key, value in keys.items()]


# ---- comparing ----

def disagreements(where, found, wanted, tolerance):
    """(lines, largest difference) of one score, (m, splits). Differences are relative where numbers
    are above 1."""
    scale = np.maximum(1, np.abs(np.nan_to_num(wanted)))
    difference = np.abs(found - wanted) / scale
    nan = np.isnan(found) != np.isnan(wanted)
    wrong = np.argwhere(nan | (difference > tolerance))
    lines = [f"{where}, cell {j}, split {s}: mec {found[j, s]:.17g}, "
             f"scikit-learn {wanted[j, s]:.17g}" for j, s in wrong]
    return lines, np.nanmax(difference, initial=0)


class SklearnTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        folder = tempfile.TemporaryDirectory(prefix="mec-sklearn-")
        cls.addClassCleanup(folder.cleanup)
        cls.folder = Path(folder.name)
        cls.arenas = problems.arenas()
        support.write_dataset(cls.folder / "data.h5", cls.arenas)
        cls.output = cls.folder / "run.h5"
        cls.config = support.write_config(
            cls.folder / "fit.ini", cls.output, cls.folder / "data.h5", run_resume="overwrite",
            source_mode="pairwise")

    def check(self, *cases, ranks=None):
        for case in cases:
            case.splits = {"train_frac": problems.TRAIN_FRAC, "num_splits": N_SPLIT, **case.splits}
            with self.subTest(case.name):
                self.check_case(case, ranks)

    def check_case(self, case, ranks):
        result = support.run(["fit", self.config, *settings_of(case)], ranks)
        self.assertIn(result.code, (0, 3), f"{case.name}\n{result.err}")
        lines, largest, failures = [], 0, 0
        for arena in case.arenas:
            for target, source in (("few", "many"), ("many", "few")):
                where = f"{arena}, {source} to {target}"
                found = support.fit(self.output, arena, target)
                wanted, failed = self.expect(case, arena, source, target)
                failures += failed.sum()
                for score in case.scores:
                    more, difference = disagreements(
                        f"{where}, {score}",
                        found[f"{score}_per_split"].reshape(wanted[score].shape), wanted[score],
                        case.tolerance)
                    lines += more
                    largest = max(largest, difference)
                lines += self.outcomes(case, where, found, failed)
        print(f"{case.name}: largest difference {largest:.1e}", flush=True)
        self.assertEqual(lines, [], "\n" + "\n".join([case.name, *lines[:12]]) +
                         f"\n{len(lines)} in all")
        self.assertEqual(result.code, 3 if failures else 0, f"{case.name}\n{result.err}")

    def expect(self, case, arena, source, target):
        animals = self.arenas[arena]
        with warnings.catch_warnings(), np.errstate(all="ignore"):
            warnings.simplefilter("ignore")
            return expected(case, animals[source], animals[target])

    def outcomes(self, case, where, found, failed):
        """What is wrong with the words of status and with the gaps."""
        wanted = np.where(failed, FAILED, DONE)
        lines = [f"{where}, cell {j}, split {s}: status {found['status'][j, s, 0]}, "
                 f"for which {wanted[j, s]} is right"
                 for j, s in np.argwhere(found["status"][:, :, 0] != wanted)]
        gap = found.get("relative_gap", np.full((*wanted.shape, 1), np.nan))[:, :, 0]
        right = np.isnan(gap) if case.gap is None else failed | (gap <= case.gap)
        lines += [f"{where}, cell {j}, split {s}: relative_gap {gap[j, s]:.3g}"
                  for j, s in np.argwhere(~right)]
        return lines
