"""Fits of small datasets, several at once, and what the plain implementation in support.py lacks:
splits by parts of the arena, cells that are fitted alone, other scores."""
from concurrent.futures import ThreadPoolExecutor

import h5py
import numpy as np

import support
from support import JobTest


class FittingTest(JobTest):
    def setUp(self):
        super().setUp()
        self.config = self.folder / "empty.ini"
        self.config.write_text("[run]\n")

    def dataset(self, arenas, name="data.h5", **options):
        return support.write_dataset(self.folder / name, arenas, **options)

    def attempt(self, name, overrides, ranks=None, job="fit", **options):
        """The result of a job that writes NAME.h5; `overrides`: {section.key: value}."""
        output = self.folder / f"{name}.h5"
        given = [f"{key}={value}" for key, value in overrides.items()]
        return support.run([job, self.config, f"run.output={output}", *given], ranks, **options)

    def fit(self, name, overrides, ranks=None):
        """The path of the run file NAME.h5."""
        self.assert_done(self.attempt(name, overrides, ranks))
        return self.folder / f"{name}.h5"

    def fit_all(self, cases, ranks=None):
        """{name: path} for {name: overrides}; a start is mostly waiting."""
        with ThreadPoolExecutor(max_workers=4) as pool:
            paths = pool.map(lambda case: self.fit(case[0], case[1], ranks), cases.items())
            return dict(zip(cases, paths))

    def assert_same_scores(self, path, other, names=("corr", "r2", "mse")):
        """Bit for bit, of every target and split."""
        with h5py.File(path) as one, h5py.File(other) as two:
            for arena, animal in targets(one):
                for name in names:
                    place = f"fits/{arena}/{animal}/{name}_per_split"
                    np.testing.assert_array_equal(one[place][()], two[place][()],
                                                  f"{path} {other} {place}")


def targets(file):
    return [(arena, animal) for arena in file["fits"] for animal in file[f"fits/{arena}"]]


def flat(resp):
    return np.asarray(resp, float).reshape(-1, resp.shape[-1])


def finite(*parts):
    """States that are finite in every column of all parts."""
    return np.all([np.isfinite(part).all(axis=1) for part in parts], axis=0)


def unvisit(members, seed=5, fraction=0.05):
    """Makes NaN of some bins, for every animal others."""
    generator = np.random.RandomState(seed)
    for resp in members.values():
        resp[generator.rand(*resp.shape[:-1]) < fraction] = np.nan
    return members


def with_gaps_of_cells(n_row, n_column, seed):
    """Every animal has unvisited bins; some cells lack more."""
    members = unvisit(support.animals(3, n_row, n_column, 4), seed, 0.03)
    generator = np.random.RandomState(seed)
    for resp in members.values():
        for cell in (0, 2):
            resp[generator.rand(n_row, n_column) < 0.1, cell] = np.nan
    return members


def others(members, target):
    """The source of a target in holdout."""
    return np.hstack([flat(resp) for name, resp in members.items() if name != target])


def by_parts(kind, n_row, n_column):
    """[(train, test)] of a structured split as masks of all bins in C order."""
    row, column = np.indices((n_row, n_column))
    upper = np.triu(np.ones((n_row, n_column), bool))
    top, left = row < n_row // 2, column < n_column // 2
    if kind == "quad":
        quarters = [top & left, top & ~left, ~top & left, ~top & ~left]
        return [((~one).ravel(), one.ravel()) for one in quarters]
    first = {"topbottom": top, "leftright": left, "diag1": upper,
             "diag2": np.fliplr(upper)}[kind].ravel()
    return [(first, ~first), (~first, first)]


def score_lists(x, y, lists, **map_options):
    """{score: (cells, splits)} of ridge on lists of train and test states."""
    rows = [support.scores(y[test], *support.ridge(x[train], y[train], x[test], **map_options))
            for train, test in lists]
    return {name: np.stack([row[name] for row in rows], axis=1) for name in rows[0]}


def score_cell(x, y, train_frac, seed, **map_options):
    """{score: number} of one cell that is fitted alone, on one random split of its own states."""
    keep = finite(x, y[:, None])
    train, test = support.split(int(keep.sum()), train_frac, seed)
    rows = score_lists(x[keep], y[keep][:, None], [(train, test)], **map_options)
    return {name: values[0, 0] for name, values in rows.items()}


def pearson(a, b):
    """Over the bins that both maps have visited; NaN where either is constant."""
    both = np.isfinite(a) & np.isfinite(b)
    if both.sum() < 2 or np.ptp(a[both]) == 0 or np.ptp(b[both]) == 0:
        return np.nan
    return np.corrcoef(a[both], b[both])[0, 1]
