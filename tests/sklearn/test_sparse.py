"""Lasso, ElasticNet, LassoLars, MultiTaskLasso and MultiTaskElasticNet as scikit-learn has them when
it is asked for exact solutions."""
import unittest

import problems
from comparing import SklearnTest, linear

FINE = {"tol": 1e-14, "max_iter": 1000000}
TOL = 1e-9
FEW = [{"train_frac": f} for f in (0.01, 0.06)]  # one train state, three


def fine(kind, parameters=None, **options):
    options = {"arenas": problems.SMALL, **options}
    return linear(kind, parameters, theirs=FINE, ours={"tol": TOL}, tolerance=1e-6, gap=TOL,
                  **options)


class LassoTest(SklearnTest):
    def test_penalties(self):
        self.check(fine("Lasso"), *(fine("Lasso", {"alpha": a}) for a in (0.01, 0.1)))
        self.check(fine("Lasso", {"alpha": 0.1}), ranks=2)

    def test_options(self):
        self.check(fine("Lasso", {"alpha": 0.1, "positive": True}),
                   fine("Lasso", {"alpha": 0.1, "fit_intercept": False}))

    def test_few_train_states(self):
        self.check(*(fine("Lasso", {"alpha": 0.1}, splits=few) for few in FEW))

    def test_many_cells(self):
        self.check(fine("Lasso", {"alpha": 0.1}, arenas=("wide",), splits={"num_splits": 1}))


class ElasticNetTest(SklearnTest):
    def test_ratios(self):
        self.check(fine("ElasticNet"),
                   *(fine("ElasticNet", {"alpha": a, "l1_ratio": r})
                     for a, r in ((0.1, 1e-16), (0.1, 0.1), (0.01, 0.5), (0.1, 0.9), (0.1, 1))))

    def test_options(self):
        self.check(fine("ElasticNet", {"alpha": 0.1, "positive": True}),
                   fine("ElasticNet", {"alpha": 0.1, "fit_intercept": False}))

    def test_few_train_states(self):
        self.check(*(fine("ElasticNet", {"alpha": 0.1}, splits=few) for few in FEW))

    def test_many_cells(self):
        self.check(fine("ElasticNet", {"alpha": 0.1}, arenas=("wide",), splits={"num_splits": 1}))


class LassoLarsTest(SklearnTest):
    """It has no tol; the program holds it against Lasso's."""
    def case(self, parameters=None, **options):
        options = {"arenas": problems.SMALL, **options}
        return linear("LassoLars", parameters, tolerance=1e-6, gap=1e-4, **options)

    def test_penalties(self):
        self.check(self.case(), *(self.case({"alpha": a}) for a in (0.01, 0.1)))

    def test_options(self):
        self.check(self.case({"alpha": 0.1, "positive": True}),
                   self.case({"alpha": 0.1, "fit_intercept": False}))


class MultiTaskTest(SklearnTest):
    def test_lasso(self):
        self.check(fine("MultiTaskLasso"), *(fine("MultiTaskLasso", {"alpha": a})
                                             for a in (0.01, 0.1)))
        self.check(fine("MultiTaskLasso", {"alpha": 0.5}), ranks=2)

    def test_elastic_net(self):
        self.check(fine("MultiTaskElasticNet"),
                   *(fine("MultiTaskElasticNet", {"alpha": a, "l1_ratio": r})
                     for a, r in ((0.1, 0.1), (0.1, 0.9), (0.5, 1))),
                   fine("MultiTaskElasticNet", {"alpha": 0.1, "fit_intercept": False}))

    def test_few_train_states(self):
        self.check(*(fine("MultiTaskLasso", {"alpha": 0.5}, splits=few) for few in FEW))

    def test_many_cells(self):
        self.check(*(fine("MultiTaskLasso", {"alpha": a}, arenas=("wide",),
                          splits={"num_splits": 1}) for a in (0.1, 1)))


if __name__ == "__main__":
    unittest.main()
