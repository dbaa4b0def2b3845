"""type = corr, which scikit-learn does not have, from its definition with NumPy, and scikit-learn's
regressions on the sources that it keeps."""
import unittest

import numpy as np
from sklearn.linear_model import ElasticNet, Ridge

import problems
from comparing import Case, Fitted, SklearnTest, each


def correlations(x, y):
    """(p, m) Pearson's r of every source with every target; NaN where either is constant."""
    x_c, y_c = x - x.mean(axis=0), y - y.mean(axis=0)
    with np.errstate(all="ignore"):
        r = x_c.T @ y_c / np.sqrt(np.outer((x_c ** 2).sum(axis=0), (y_c ** 2).sum(axis=0)))
    r[np.ptp(x, axis=0) == 0] = np.nan
    r[:, np.ptp(y, axis=0) == 0] = np.nan
    return r


def ranks(r):
    """What sources of one target are ranked by: without any correlation, their index."""
    return np.arange(len(r), dtype=float) if np.isnan(r).all() else r


def kept(r, percentile):
    """The sources of one target at or above the percentile."""
    return np.flatnonzero(r >= np.nanpercentile(r, percentile))


def best_source(x, y, test_x):
    r = correlations(x, y)
    best = [np.nanargmax(ranks(r[:, j])) for j in range(y.shape[1])]
    prediction = test_x[:, best]
    return Fitted(prediction, np.ptp(prediction, axis=0) == 0, np.zeros(y.shape[1], bool))


def regression_on_kept(make, percentile):
    def fit(x, y, test_x):
        parts = []
        r = correlations(x, y)
        for j in range(y.shape[1]):
            sources = kept(ranks(r[:, j]), percentile)
            parts.append(each(make)(x[:, sources], y[:, [j]], test_x[:, sources]))
        return Fitted(np.hstack([part.prediction for part in parts]),
                      np.concatenate([part.flat for part in parts]),
                      np.concatenate([part.failed for part in parts]))
    return fit


def regression(kind, percentile, parameters=None, theirs=None, **options):
    options = {"arenas": problems.SMALL, **options}
    own = {"type": "corr", "identity": False, "percentile": percentile,
           "regression_type": kind.__name__, **(parameters or {})}
    shared = {k: v for k, v in (parameters or {}).items() if k != "tol"}
    return Case(f"corr(percentile={percentile}, {kind.__name__}, {parameters})",
                regression_on_kept(lambda: kind(**shared, **(theirs or {})), percentile), own,
                **options)


class CorrTest(SklearnTest):
    def test_best_source(self):
        case = Case("corr()", best_source, {"type": "corr"})
        self.check(case)
        self.check(case, ranks=2)

    def test_ridge_on_those_kept(self):
        self.check(regression(Ridge, 100), regression(Ridge, 90, {"alpha": 0.1}),
                   regression(Ridge, 0, {"alpha": 10, "fit_intercept": False}))

    def test_elastic_net_on_those_kept(self):
        self.check(regression(ElasticNet, 70, {"alpha": 0.1, "l1_ratio": 0.3, "tol": 1e-9},
                              {"tol": 1e-14, "max_iter": 1000000}, tolerance=1e-6, gap=1e-9))

    def test_few_train_states(self):
        """Of one state there is no correlation at all. (Of two, all are 1 or -1, and rounding says
        which is the best.)"""
        self.check(Case("corr()", best_source, {"type": "corr"}, {"train_frac": 0.01}),
                   Case("corr()", best_source, {"type": "corr"}, {"train_frac": 0.06},
                        problems.SMALL))


if __name__ == "__main__":
    unittest.main()
