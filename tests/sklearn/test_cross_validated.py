"""LassoCV and ElasticNetCV as scikit-learn has them when it is asked for exact solutions: the same
penalties are chosen."""
import unittest

from comparing import SklearnTest, linear

FINE = {"tol": 1e-10, "max_iter": 1000000}
TOL = 1e-9


def cross_validated(kind, parameters=None, theirs=None, ours=None, **options):
    options = {"arenas": ("plain",), **options}
    options["splits"] = {"num_splits": 1, **options.get("splits", {})}
    return linear(kind, parameters, theirs={**FINE, **(theirs or {})},
                  ours={"tol": TOL, **(ours or {})}, alone=True, tolerance=1e-6, gap=TOL, **options)


def with_n_alphas(kind, n, parameters=None, **options):
    """A path of n penalties: scikit-learn's word for them is alphas too."""
    return cross_validated(kind, parameters, {"alphas": n}, {"n_alphas": n}, **options)


class LassoCVTest(SklearnTest):
    def test_defaults(self):
        self.check(cross_validated("LassoCV"))

    def test_other_arenas(self):
        self.check(with_n_alphas("LassoCV", 6, arenas=("degenerate", "unvisited"),
                                 splits={"num_splits": 2}))

    def test_path(self):
        self.check(with_n_alphas("LassoCV", 20, {"cv": 3}),
                   with_n_alphas("LassoCV", 10, {"eps": 0.05, "positive": True},
                                 splits={"num_splits": 2}),
                   with_n_alphas("LassoCV", 10, {"fit_intercept": False}))
        self.check(with_n_alphas("LassoCV", 10), ranks=2)

    def test_alphas(self):
        self.check(cross_validated("LassoCV", {"alphas": [1, 0.05, 0.2]}))

    def test_few_train_states(self):
        """Less than folds: scikit-learn raises, the program says failed."""
        self.check(*(with_n_alphas("LassoCV", 5, splits={"train_frac": f})
                     for f in (0.01, 0.06, 0.1)))


class ElasticNetCVTest(SklearnTest):
    def test_defaults(self):
        self.check(cross_validated("ElasticNetCV"))

    def test_other_arenas(self):
        self.check(with_n_alphas("ElasticNetCV", 6, {"cv": 3}, arenas=("degenerate", "unvisited")))

    def test_ratios(self):
        self.check(with_n_alphas("ElasticNetCV", 10, {"l1_ratio": [0.1, 0.5, 0.9]}),
                   with_n_alphas("ElasticNetCV", 10, {"l1_ratio": 0.2, "cv": 3}))

    def test_alphas(self):
        self.check(cross_validated("ElasticNetCV", {"alphas": [0.1, 1, 0.01],
                                                    "l1_ratio": [1, 0.5]}))

    def test_few_train_states(self):
        self.check(with_n_alphas("ElasticNetCV", 5, splits={"train_frac": 0.06}))


if __name__ == "__main__":
    unittest.main()
