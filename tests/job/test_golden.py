"""Every case of the golden file through the whole program: settings, farm, run file.

A case's attribute `config` says how the reference was called; it is put into our settings here, and
the scores of every cell must agree."""
import csv
import json
import unittest
from concurrent.futures import ThreadPoolExecutor

import h5py
import numpy as np

import support
from support import GOLDEN, JobTest

MAP_WORDS = {True: "yes", False: "no"}

# How far scores may lie apart, by what is fitted: closed forms; PLS and what is rank-deficient;
# iterative solvers (the reference's were run with tol = 1e-9).
CLOSED, RANK_DEFICIENT, ITERATIVE = 1e-10, 1e-8, 1e-6


def value_text(value):
    return MAP_WORDS[value] if isinstance(value, bool) else repr(value).strip("'")


def map_settings(map_type, kwargs):
    """{key of [map]: text} of the reference's map_type and map_kwargs."""
    settings = {"type": map_type}
    for key, value in kwargs.items():
        if key == "regression_kwargs":
            settings.update({k: value_text(v) for k, v in value.items()})
        else:
            settings[key] = value_text(value)
    if map_type == "corr" and "regression_type" in settings:
        settings.setdefault("identity", "no")
    return settings


def tolerance(config):
    text = json.dumps(config)
    if "Lasso" in text or "ElasticNet" in text:
        return ITERATIVE
    if config["map_type"] == "pls" or "LinearRegression" in text:
        return RANK_DEFICIENT
    return CLOSED


def rows_of(cell_id, kwargs, train_frac):
    """Lines of a per-cell CSV: one a split where there is a list of parameters."""
    listed = kwargs if isinstance(kwargs, list) else [kwargs]
    for split, one in enumerate(listed):
        row = map_settings("sklinear", one)
        del row["type"]
        row.update(cell_id=cell_id, split=split if isinstance(kwargs, list) else "*",
                   train_frac="" if train_frac is None else train_frac)
        yield row


def write_csv(path, rows):
    names = []
    for row in rows:
        names += [name for name in row if name not in names]
    with open(path, "w", newline="") as file:
        writer = csv.DictWriter(file, names)
        writer.writeheader()
        writer.writerows(rows)


def per_cell_rows(config):
    """The CSV that the case needs, or nothing."""
    kwargs = config.get("map_kwargs")
    if isinstance(kwargs, list):
        return list(rows_of("*", kwargs, None))
    rows = []
    for cell_id, own in config.get("map_kwargs_per_cell", {}).items():
        rows += rows_of(cell_id, own["map_kwargs"], own.get("train_frac"))
    return rows


def arguments(config, folder):
    """section.key=value for a case."""
    found = {"data.dataset": f"{GOLDEN}:/dataset"}
    if config["kind"] == "model":
        found["source.kind"] = "response"
        found["source.response"] = f"{GOLDEN}:/model/{{arena}}/resp"
        found["data.arenas"] = config["arena"]
    else:
        found["data.arenas"] = ", ".join(config["arenas"])
        found["source.mode"] = config.get("interanimal_mode", "holdout")
    for ours, theirs in {"train_frac": "train_frac", "num_splits": "num_train_test_splits",
                         "split_start_seed": "split_start_seed"}.items():
        if theirs in config:
            found[f"splits.{ours}"] = config[theirs]
    rows = per_cell_rows(config)
    if rows:
        write_csv(folder / "per_cell.csv", rows)
        found["map.per_cell"] = folder / "per_cell.csv"
    if isinstance(config.get("map_kwargs"), dict):
        settings = map_settings(config["map_type"], config["map_kwargs"])
        found.update({f"map.{key}": text for key, text in settings.items()})
    return [f"{key}={value}" for key, value in found.items()]


class Golden(JobTest):
    def compare(self, name, case, path, limit):
        with h5py.File(path) as run:
            for arena in case:
                for animal in case[arena]:
                    wanted = case[arena][animal]["corr"][:]
                    found = run[f"/fits/{arena}/{animal}/corr"][:]
                    np.testing.assert_allclose(found, wanted, rtol=0, atol=limit,
                                               err_msg=f"{name} {arena}/{animal}")

    def run_case(self, name, case):
        folder = self.folder / name
        folder.mkdir()
        config = json.loads(case.attrs["config"])
        output = folder / "run.h5"
        (folder / "empty.ini").write_text("[run]\n")
        return support.run(["fit", folder / "empty.ini", f"run.output={output}",
                            *arguments(config, folder)], ranks=2)

    def test_every_case_agrees(self):
        with h5py.File(GOLDEN) as golden:
            cases = golden["cases"]
            self.assertEqual(len(cases), 32)
            with ThreadPoolExecutor(max_workers=4) as pool:  # a start is mostly waiting
                results = dict(zip(cases, pool.map(self.run_case, cases, cases.values())))
            for name, case in cases.items():
                with self.subTest(name):
                    self.assertEqual(results[name].code, 0, results[name].err)
                    self.compare(name, case, self.folder / name / "run.h5",
                                 tolerance(json.loads(case.attrs["config"])))


if __name__ == "__main__":
    unittest.main()
