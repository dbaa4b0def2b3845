"""identity: the source itself is the prediction, cell by cell where both have as many, and as a
population (rsa) in any case."""
import unittest

import numpy as np

from comparing import SCORES, Case, Fitted, SklearnTest


def pass_through(x, y, test_x):
    m = y.shape[1]
    like = test_x.shape[1] == m
    prediction = test_x if like else np.zeros((len(test_x), m))
    return Fitted(prediction, np.ptp(prediction, axis=0) == 0, np.full(m, not like), test_x)


def identity(**options):
    return Case("identity", pass_through, {"regression_type": "identity"},
                scores=(*SCORES, "rsa"), **options)


class IdentityTest(SklearnTest):
    def test_all_states_test(self):
        self.check(identity(arenas=("alike",), splits={"train_frac": 0, "num_splits": 1}))

    def test_some_states_train(self):
        self.check(identity(arenas=("alike",)))


if __name__ == "__main__":
    unittest.main()
