"""Every map with scikit-learn, as one would with the reference package: for each target animal and
split an estimator is fitted and predicts, and scipy.stats.pearsonr scores every cell. Estimators of
one target, or that choose their parameters for all targets together, are fitted cell by cell.
"""
import warnings
from dataclasses import dataclass

import numpy as np
from sklearn import linear_model
from sklearn.cross_decomposition import PLSRegression

import reference
from reference import timed

N_COMPONENTS = 10
PERCENTILE = 90


@dataclass
class Map:
    fit: object             # fit(x, y) gives a function of the test states' x that predicts
    settings: dict          # of [map]
    num_splits: int = 10    # fewer for what is slow with scikit-learn
    exact: bool = True      # False: scikit-learn stops at its default tolerance


def joint(make):
    return lambda x, y: make().fit(x, y).predict


def cell_by_cell(make):
    def fit(x, y):
        models = [make().fit(x, column) for column in y.T]
        return lambda test_x: np.stack([model.predict(test_x) for model in models], axis=1)
    return fit


def best_source(x, y):
    """The source that correlates best with each target."""
    p = x.shape[1]
    r = np.nan_to_num(np.corrcoef(x, y, rowvar=False)[:p, p:], nan=-2)
    best = r.argmax(axis=0)
    return lambda test_x: test_x[:, best]


def ridge_on_best_sources(x, y):
    """Ridge for each target on the sources at or above the percentile of correlations with it."""
    p = x.shape[1]
    r = np.corrcoef(x, y, rowvar=False)[:p, p:]
    kept = [np.flatnonzero(r[:, j] >= np.nanpercentile(r[:, j], PERCENTILE))
            for j in range(y.shape[1])]
    models = [linear_model.Ridge().fit(x[:, k], y[:, j]) for j, k in enumerate(kept)]
    return lambda test_x: np.stack([model.predict(test_x[:, k])
                                    for model, k in zip(models, kept)], axis=1)


def regression(kind, num_splits=10, exact=True, alone=False, **parameters):
    make = getattr(linear_model, kind)
    fit = cell_by_cell if alone else joint
    return Map(fit(lambda: make(**parameters)), {"regression_type": kind, **parameters},
               num_splits, exact)


def pls(n_components):
    return Map(joint(lambda: PLSRegression(n_components, scale=False)),
               {"type": "pls", "n_components": n_components})


MAPS = {
    "Ridge": regression("Ridge"),
    "LinearRegression": regression("LinearRegression"),
    "RidgeCV": regression("RidgeCV", alone=True),
    "BayesianRidge": regression("BayesianRidge", 2, alone=True),
    "Lasso": regression("Lasso", exact=False, alpha=0.1),
    "ElasticNet": regression("ElasticNet", exact=False, alpha=0.1, l1_ratio=0.5),
    "Lasso tol=1e-9": regression("Lasso", alpha=0.1, tol=1e-9, max_iter=100000),
    "ElasticNet tol=1e-9": regression("ElasticNet", alpha=0.1, l1_ratio=0.5, tol=1e-9,
                                      max_iter=100000),
    "LassoLars": regression("LassoLars", alpha=0.1),
    "LassoCV": regression("LassoCV", 1, exact=False, alone=True),
    "ElasticNetCV": regression("ElasticNetCV", 1, exact=False, alone=True),
    "MultiTaskLasso": regression("MultiTaskLasso", exact=False, alpha=0.1),
    "MultiTaskElasticNet": regression("MultiTaskElasticNet", exact=False, alpha=0.1),
    "pls": pls(N_COMPONENTS),
    "corr": Map(best_source, {"type": "corr"}),
    "corr+Ridge": Map(ridge_on_best_sources, {"type": "corr", "identity": "no",
                                                    "percentile": PERCENTILE}),
}


def run_split(a_map, x, y, seed, train_frac):
    with timed("fit"):
        train, test = reference.split(len(x), train_frac, seed)
        predict = a_map.fit(x[train], y[train])
    with timed("predict"):
        prediction = predict(x[test])
    with timed("score"):
        return reference.score(y[test], prediction)


def run_animal(a_map, animals, target, train_frac):
    """Scores (cells, splits)."""
    x, y = reference.join(animals, target)
    return np.transpose([run_split(a_map, x, y, seed, train_frac)
                         for seed in range(a_map.num_splits)])


def run(a_map, arenas, train_frac):
    """({"arena/animal": scores}, seconds of fit, predict and score)."""
    for part in reference.seconds:
        reference.seconds[part] = 0.0
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # constant cells: NaN is their score
        scores = {f"{arena}/{target}": run_animal(a_map, animals, target, train_frac)
                  for arena, animals in arenas.items() for target in animals}
    return scores, dict(reference.seconds)
