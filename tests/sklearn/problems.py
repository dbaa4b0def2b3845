"""The data on which every map is compared: arenas with two animals each, small, random, and with
everything that makes fits degenerate.

Animals are compared in pairs (source.mode = pairwise), so that an arena holds two problems: from
many source cells to few targets, and the reverse. With TRAIN_FRAC of the states, the many are more
than the train states and the few are fewer.
"""
import numpy as np

import support

TRAIN_FRAC = 0.4
N_ROW, N_COLUMN = 6, 8
N_STATE = N_ROW * N_COLUMN  # 20 of 48 states train


def rates(random, common, n_cell):
    """(rows, columns, cells): mixtures of maps that the animals share, and noise."""
    mixed = common @ random.standard_normal((common.shape[-1], n_cell))
    return 8 + 2 * mixed + random.standard_normal(mixed.shape)


def pair(seed, n_many=30, n_few=7, n_row=N_ROW, n_column=N_COLUMN):
    random = np.random.RandomState(seed)
    common = random.standard_normal((n_row, n_column, 4))
    return {"many": rates(random, common, n_many), "few": rates(random, common, n_few)}


def spoil(resp):
    """Silent, constant and doubled cells, and cells that are constant on the train states of the
    first split alone: the last two vary on some of its test states. Constants are whole numbers, so
    that their means are exact."""
    flat = resp.reshape(-1, resp.shape[-1])
    _, test = support.split(len(flat), TRAIN_FRAC, 0)
    flat[:, 0] = 0
    flat[:, 1] = 3
    flat[:, 3] = flat[:, 2]
    flat[:, -2:] = 5
    flat[test[:9], -2:] += np.random.RandomState(5).standard_normal((9, 2))


def degenerate():
    animals = pair(2, n_many=34, n_few=12)
    for resp in animals.values():
        spoil(resp)
    return animals


def unvisited():
    animals = pair(3)
    animals["many"][2, 3] = np.nan
    animals["many"][4, 1, 5] = np.inf
    animals["few"][0, :3] = np.nan
    return animals


def alike():
    """As many cells in both animals, and states in which all cells of one are silent."""
    animals = pair(6, n_many=11, n_few=11)
    spoil(animals["few"])
    animals["many"][1, 1] = animals["few"][3, 4] = 0
    return animals


def arenas():
    return {"plain": pair(1), "degenerate": degenerate(), "unvisited": unvisited(),
            "wide": pair(4, n_many=600, n_few=10, n_row=5, n_column=6),
            "alike": alike()}


# "alike" is for maps that want it.
ALL = ("degenerate", "plain", "unvisited", "wide")
SMALL = ("degenerate", "plain", "unvisited")  # without the 600 cells, for maps that fit each alone
