"""Ridge, LinearRegression, RidgeCV and BayesianRidge as scikit-learn has them, wherever these are
more than rounding: LinearRegression cuts singular values off where LAPACK does by default,
max(n, p) eps, not at scikit-learn's 1e-6."""
import unittest

import numpy as np
from sklearn.linear_model import LinearRegression

import problems
from comparing import SklearnTest, linear, together

EPS = np.finfo(float).eps
# One train state, two and three.
FEW = [{"train_frac": f} for f in (0.01, 0.04, 0.06)]


def least_squares(x, y, test_x, **parameters):
    return together(lambda: LinearRegression(tol=max(x.shape) * EPS, **parameters))(x, y, test_x)


class RidgeTest(SklearnTest):
    def test_defaults(self):
        self.check(linear("Ridge"))
        self.check(linear("Ridge"), ranks=2)

    def test_rsa(self):
        self.check(linear("Ridge", scores=("corr", "r2", "mse", "rsa"), arenas=("plain", "alike")))

    def test_parameters(self):
        self.check(linear("Ridge", {"alpha": 1e-3}), linear("Ridge", {"alpha": 1e4}),
                   linear("Ridge", {"alpha": 10, "fit_intercept": False}))

    def test_without_penalty(self):
        """Least squares of least norm; scikit-learn's own Ridge divides by rounding there."""
        case = linear("Ridge", {"alpha": 0}, tolerance=1e-8)
        case.fit = least_squares
        self.check(case)

    def test_few_train_states(self):
        self.check(*(linear("Ridge", {"alpha": 0.5}, splits=few) for few in FEW))


class LinearRegressionTest(SklearnTest):
    def case(self, parameters=None, **options):
        case = linear("LinearRegression", parameters, tolerance=1e-8, **options)
        case.fit = lambda *data: least_squares(*data, **(parameters or {}))
        return case

    def test_with_and_without_intercept(self):
        self.check(self.case(), self.case({"fit_intercept": False}))

    def test_few_train_states(self):
        self.check(*(self.case(splits=few) for few in FEW))

    def test_full_rank(self):
        """More train states than sources, none of which are doubled or silent."""
        case = self.case(splits={"train_frac": 0.8}, arenas=("plain", "unvisited"))
        case.tolerance = 1e-10
        self.check(case)


class RidgeCVTest(SklearnTest):
    """alpha_per_target is scikit-learn's word for what the program always does."""
    def case(self, parameters=None, **options):
        return linear("RidgeCV", parameters, theirs={"alpha_per_target": True}, tolerance=1e-9,
                      **options)

    def test_defaults(self):
        self.check(self.case())
        self.check(self.case(), ranks=2)

    def test_alphas(self):
        self.check(self.case({"alphas": [1e-3, 0.5, 20, 1e4]}), self.case({"alphas": [7]}),
                   self.case({"alphas": [100, 1, 0.01], "fit_intercept": False}))

    def test_few_train_states(self):
        """Of two states, each is predicted by the other whatever alpha is: all are equally good."""
        self.check(*(self.case({"alphas": [2]}, splits=few) for few in FEW),
                   self.case(splits={"train_frac": 0.1}))


class BayesianRidgeTest(SklearnTest):
    def case(self, parameters=None, **options):
        options = {"arenas": problems.SMALL, **options}
        return linear("BayesianRidge", parameters, alone=True, **options)

    def test_defaults(self):
        self.check(self.case(), self.case(arenas=("wide",), splits={"num_splits": 1}))

    def test_priors(self):
        priors = {"alpha_1": 1e-2, "alpha_2": 0.5, "lambda_1": 1.5, "lambda_2": 0.1}
        self.check(self.case(priors), self.case({"tol": 1e-8, "max_iter": 2000}),
                   self.case({"max_iter": 2}))

    def test_without_intercept(self):
        """Not of sources without full rank: scikit-learn multiplies rounding by 1 / eps there where
        a target is constant."""
        self.check(self.case({"fit_intercept": False}, arenas=("plain", "unvisited")))

    def test_few_train_states(self):
        self.check(*(self.case(splits=few) for few in FEW))


if __name__ == "__main__":
    unittest.main()
