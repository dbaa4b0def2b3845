"""Ridge fits between animals with scikit-learn, done the way the reference package does them.

    ridge_sklearn.py CONFIG.ini DATASET OUT.npz

Every animal is a target; its source is all other animals side by side; one Ridge for each target
and split, one call of pearsonr for each cell and split, all on one thread. CONFIG.ini is a job file
of the program, for the number of splits and the like. OUT.npz gets the means over splits, one array
an animal named "arena/animal". Prints times and versions as JSON.
"""
import configparser
import json
import sys
import warnings

import numpy as np
from sklearn.linear_model import Ridge
from threadpoolctl import threadpool_limits

from reference import join, read_arenas, score, seconds, split, timed, versions


def read_settings(path):
    ini = configparser.ConfigParser(inline_comment_prefixes=";")
    with open(path) as file:
        ini.read_file(file)
    return {"train_frac": ini.getfloat("splits", "train_frac"),
            "num_splits": ini.getint("splits", "num_splits"),
            "split_start_seed": ini.getint("splits", "split_start_seed"),
            "alpha": ini.getfloat("map", "alpha")}


def fit_split(X, Y, seed, settings):
    """The score of every cell on one split."""
    with timed("fit"):
        train, test = split(len(X), settings["train_frac"], seed)
        model = Ridge(alpha=settings["alpha"]).fit(X[train], Y[train])
    with timed("predict"):
        prediction = model.predict(X[test])
    with timed("score"):
        return score(Y[test], prediction)


def fit_animal(animals, target, settings):
    """The mean over splits of every cell's score."""
    with timed("join"):
        X, Y = join(animals, target)
    first = settings["split_start_seed"]
    scores = [fit_split(X, Y, first + s, settings) for s in range(settings["num_splits"])]
    return np.nanmean(scores, axis=0)


def main(config, dataset, out):
    warnings.simplefilter("ignore")  # constant cells: NaN is their score
    settings = read_settings(config)
    with threadpool_limits(1):
        with timed("read"):
            arenas = read_arenas(dataset)
        scores = {f"{arena}/{target}": fit_animal(animals, target, settings)
                  for arena, animals in arenas.items() for target in animals}
    np.savez(out, **scores)
    print(json.dumps({"seconds": seconds, "versions": versions()}))


if __name__ == "__main__":
    main(*sys.argv[1:])
