"""Lasso, ElasticNet, LassoLars, MultiTaskLasso and MultiTaskElasticNet as scikit-learn has them
when it is asked for exact solutions."""
import unittest

import problems
from comparing import SklearnTest, linear

TOL = 1e-9  # of the program
ONCE = {"num_splits": 1}  # where scikit-learn takes long
FEW = [{"train_frac": f} for f in (0.01, 0.06)]  # one train state, three


def fine(kind, parameters=None, max_iter=1000000, ours=None, **options):
    """`max_iter` is scikit-learn's."""
    options = {"arenas": problems.SMALL, "gap": TOL, **options}
    return linear(kind, parameters, theirs={"tol": 1e-14, "max_iter": max_iter},
                  ours={"tol": TOL} if ours is None else ours, tolerance=1e-6, **options)


class DefaultsTest(SklearnTest):
    """With its default tolerance, 1e-4, the program solves no less exactly."""
    def test_all(self):
        self.check(*(fine(kind, {"alpha": 0.3}, ours={}, gap=1e-4)
                     for kind in ("Lasso", "ElasticNet", "MultiTaskLasso", "MultiTaskElasticNet")))

    def test_gap_over_the_objective(self):
        self.check(*(fine(kind, {"alpha": 0.3}, ours={"tol": TOL, "certificate": "objective"})
                     for kind in ("Lasso", "ElasticNet", "MultiTaskLasso", "MultiTaskElasticNet")))


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
        self.check(fine("Lasso", {"alpha": 0.1}, arenas=("wide",), splits=ONCE))


class ElasticNetTest(SklearnTest):
    def test_ratios(self):
        self.check(fine("ElasticNet"),
                   *(fine("ElasticNet", {"alpha": a, "l1_ratio": r})
                     for a, r in ((0.1, 0.1), (0.1, 0.9), (0.1, 1))),
                   fine("ElasticNet", {"alpha": 0.01, "l1_ratio": 0.5}, splits=ONCE))

    def test_ridge(self):
        """scikit-learn finds the solution, but cannot tell: its duality gap is useless there."""
        self.check(fine("ElasticNet", {"alpha": 0.1, "l1_ratio": 1e-16}, max_iter=20000,
                        splits=ONCE))

    def test_options(self):
        self.check(fine("ElasticNet", {"alpha": 0.1, "positive": True}),
                   fine("ElasticNet", {"alpha": 0.1, "fit_intercept": False}))

    def test_few_train_states(self):
        self.check(*(fine("ElasticNet", {"alpha": 0.1}, splits=few) for few in FEW))

    def test_many_cells(self):
        self.check(fine("ElasticNet", {"alpha": 0.1}, arenas=("wide",), splits=ONCE))


class LassoLarsTest(SklearnTest):
    """It has no tol; the program holds it against Lasso's."""
    def case(self, parameters=None, **options):
        return linear("LassoLars", parameters, tolerance=1e-6, gap=1e-4, **options)

    def test_path(self):
        some = {"arenas": ("plain", "unvisited")}
        self.check(self.case(**some), *(self.case({"alpha": a}, **some) for a in (0.01, 0.1)),
                   self.case({"alpha": 0.1, "fit_intercept": False}, **some),
                   self.case({"alpha": 0.1}, arenas=("wide",), splits=ONCE))

    def test_where_scikit_learn_misses_the_minimum(self):
        """With doubled sources, or positive, its path ends or strays where Lasso, which has the
        same objective, does not."""
        for parameters in ({"alpha": 0.1}, {"alpha": 0.1, "positive": True}):
            case = self.case(parameters, arenas=problems.SMALL)
            case.fit = fine("Lasso", parameters).fit
            self.check(case)


class MultiTaskTest(SklearnTest):
    def test_lasso(self):
        self.check(fine("MultiTaskLasso"), *(fine("MultiTaskLasso", {"alpha": a})
                                             for a in (0.01, 0.1)))
        self.check(fine("MultiTaskLasso", {"alpha": 0.5}), ranks=2)

    def test_elastic_net(self):
        self.check(fine("MultiTaskElasticNet"),
                   *(fine("MultiTaskElasticNet", {"alpha": a, "l1_ratio": r})
                     for a, r in ((0.1, 0.1), (0.1, 0.9), (0.5, 1))),
                   fine("MultiTaskElasticNet", {"alpha": 0.1, "fit_intercept": False}, splits=ONCE))

    def test_few_train_states(self):
        self.check(*(fine("MultiTaskLasso", {"alpha": 0.5}, splits=few) for few in FEW))

    def test_many_cells(self):
        self.check(*(fine("MultiTaskLasso", {"alpha": a}, arenas=("wide",), splits=ONCE)
                     for a in (0.5, 2)))


if __name__ == "__main__":
    unittest.main()
