"""Ridge as scikit-learn has it."""
import unittest

from sklearn.linear_model import Ridge

from comparing import Case, SklearnTest, together


def ridge(theirs=None, splits=None, **parameters):
    """`theirs` are parameters of scikit-learn alone."""
    words = ", ".join(f"{k}={v}" for k, v in parameters.items())
    return Case(f"Ridge({words})", together(lambda: Ridge(**parameters, **(theirs or {}))),
                {"regression_type": "Ridge", **parameters}, splits or {})


class RidgeTest(SklearnTest):
    def test_defaults(self):
        self.check(ridge())
        self.check(ridge(), ranks=2)

    def test_parameters(self):
        self.check(ridge(alpha=1e-3), ridge(alpha=1e4), ridge(alpha=10, fit_intercept=False))

    def test_few_train_states(self):
        self.check(*(ridge(alpha=0.5, splits={"train_frac": f}) for f in (0.01, 0.04, 0.06)))


if __name__ == "__main__":
    unittest.main()
