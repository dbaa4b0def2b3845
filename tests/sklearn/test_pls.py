"""type = pls as scikit-learn's PLSRegression."""
import unittest

from sklearn.cross_decomposition import PLSRegression

import problems
from comparing import Case, SklearnTest, each, together


def pls(alone=False, **parameters):
    """`alone`: one fit a target cell."""
    options = {name: parameters.pop(name) for name in ("arenas", "splits") if name in parameters}
    words = ", ".join(f"{k}={v}" for k, v in {**parameters, **options.get("splits", {})}.items())
    # The program's default is not scikit-learn's.
    theirs = {"scale": False, **parameters}
    how = each if alone else together
    return Case(f"pls({words}{', fit_per_target_unit' * alone})",
                how(lambda: PLSRegression(**theirs)),
                {"type": "pls", "fit_per_target_unit": alone, **parameters},
                tolerance=1e-8, **options)


class PLSTest(SklearnTest):
    def test_components(self):
        self.check(*(pls(n_components=k) for k in (1, 2, 3, 4, 5)))
        self.check(pls(n_components=3), ranks=2)

    def test_scaled(self):
        self.check(*(pls(n_components=k, scale=True) for k in (1, 3, 5)))

    def test_one_fit_a_target(self):
        self.check(pls(n_components=2, alone=True, arenas=problems.SMALL),
                   pls(n_components=3, scale=True, alone=True, arenas=problems.SMALL),
                   pls(n_components=2, alone=True, arenas=("wide",), splits={"num_splits": 1}))

    def test_too_many_components(self):
        """More than train states or sources: scikit-learn refuses, the program says failed. (More
        than the rank of the sources, and scikit-learn goes on with what rounding left of them.)"""
        self.check(pls(n_components=8, arenas=("plain", "unvisited", "wide")),
                   pls(n_components=40),
                   pls(n_components=3, splits={"train_frac": 0.03}))

    def test_few_train_states(self):
        self.check(*(pls(n_components=1, splits={"train_frac": f}) for f in (0.01, 0.04, 0.06)))


if __name__ == "__main__":
    unittest.main()
