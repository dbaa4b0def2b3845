"""mec fit: golden numbers, the layout of the run file, the same bytes on any number of ranks."""
import hashlib
import unittest
from concurrent.futures import ThreadPoolExecutor

import h5py
import numpy as np
import xarray

import support
from support import JobTest

GOLDEN_CASES = {
    "ridge_default": [],
    "ridge_pairwise": ["source.mode=pairwise"],
    "ridge_alpha10_nointercept": ["map.alpha=10", "map.fit_intercept=no"],
    "ridge_seed7_3splits_half": ["splits.split_start_seed=7", "splits.num_splits=3",
                                 "splits.train_frac=0.5"],
}
TARGETS = {"1.0": {"rat_a": 12, "rat_b": 7, "rat_c": 20},
           "1.5": {"rat_d": 9, "rat_e": 15, "rat_f": 6}}


class FitTest(JobTest):
    def setUp(self):
        super().setUp()
        self.output = self.folder / "run.h5"
        self.data = f"{support.GOLDEN}:/dataset"
        self.config = support.write_config(self.folder / "fit.ini", self.output, self.data)

    def fit(self, *overrides, ranks=None, output=None):
        place = [f"run.output={output}"] if output else []
        result = support.run(["fit", self.config, *overrides, *place], ranks)
        self.assert_done(result)
        return result

    def golden_responses(self, arena):
        with h5py.File(support.GOLDEN) as file:
            return {name: group["resp"][()] for name, group in file[f"dataset/{arena}"].items()}


class Golden(FitTest):
    def compare(self, name):
        with h5py.File(support.GOLDEN) as file:
            for arena, animals in TARGETS.items():
                for animal in animals:
                    found = support.fit(self.output, arena, animal)["corr"]
                    golden = file[f"cases/{name}/{arena}/{animal}"]
                    self.assert_close(found, np.ravel(golden["corr"][()]), 1e-10,
                                      f"{arena} {animal}")

    def check(self, name):
        overrides = GOLDEN_CASES[name]
        self.fit(*overrides)
        self.compare(name)
        expected = support.arrays(self.output)
        outputs = {ranks: self.folder / f"on_{ranks}.h5" for ranks in (1, 2, 3, 4)}
        with ThreadPoolExecutor(max_workers=4) as pool:  # a start is mostly waiting
            list(pool.map(lambda one: self.fit(*overrides, ranks=one[0], output=one[1]),
                          outputs.items()))
        for output in outputs.values():
            self.assert_same(output, expected)
            self.assert_no_leftovers(output)

    def test_default(self):
        self.check("ridge_default")

    def test_pairwise(self):
        self.check("ridge_pairwise")

    def test_alpha_10_without_intercept(self):
        self.check("ridge_alpha10_nointercept")

    def test_seed_7_and_3_splits_of_one_half(self):
        self.check("ridge_seed7_3splits_half")


class Layout(FitTest):
    def check_shapes(self, animal, n_cell, sources):
        found = support.fit(self.output, "1.0", animal)
        tail = (len(sources),) if sources else ()
        shapes = {"cell": (n_cell,), "cell_ids": (n_cell,), "split": (10,),
                  "n_states": (n_cell,) + tail, "n_sources": (n_cell,) + tail,
                  "n_valid_splits": (n_cell,) + tail, "n_train": (n_cell, 10) + tail,
                  "status": (n_cell, 10) + tail}
        for score in ("corr", "r2", "mse"):
            shapes[score] = (n_cell,)
            shapes[f"{score}_per_split"] = (n_cell, 10) + tail
        if sources:
            shapes["source"] = tail
        self.assertEqual({name: values.shape for name, values in found.items()}, shapes)
        ids = [f"{animal}_cell{i}" for i in range(n_cell)]
        self.assertEqual(support.texts(found["cell_ids"]), ids)
        self.assertEqual(support.texts(found["cell"]), ids)
        self.assertEqual(list(found["split"]), list(range(10)))
        self.assertTrue((found["status"] == 1).all())
        return found

    def check_means(self, found):
        for score in ("corr", "r2", "mse"):
            values = found[f"{score}_per_split"]
            mean = support.nanmean(values, axis=1)
            if values.ndim == 3:
                mean = support.nanmean(mean, axis=1)
            self.assert_close(found[score], mean, 1e-12, score)
        np.testing.assert_array_equal(found["n_valid_splits"],
                                      np.isfinite(found["corr_per_split"]).sum(axis=1))

    def test_holdout(self):
        self.fit()
        for animal, n_cell in TARGETS["1.0"].items():
            found = self.check_shapes(animal, n_cell, [])
            self.check_means(found)
            self.assertTrue((found["n_states"] == 400).all())
            self.assertTrue((found["n_train"] == 80).all())
            self.assertTrue((found["n_sources"] == 39 - n_cell).all())

    def test_pairwise(self):
        self.fit("source.mode=pairwise")
        for animal, n_cell in TARGETS["1.0"].items():
            others = [name for name in TARGETS["1.0"] if name != animal]
            found = self.check_shapes(animal, n_cell, others)
            self.check_means(found)
            self.assertEqual(support.texts(found["source"]), others)
            for k, other in enumerate(others):
                self.assertTrue((found["n_sources"][:, k] == TARGETS["1.0"][other]).all())

    def test_a_map_with_a_certificate_says_how_large_its_gaps_are(self):
        for mode, tail in (("holdout", ()), ("pairwise", (2,))):
            self.fit("map.regression_type=MultiTaskLasso", f"source.mode={mode}",
                     "splits.num_splits=3", "data.arenas=1.0", "run.resume=overwrite")
            for animal, n_cell in TARGETS["1.0"].items():
                found = support.fit(self.output, "1.0", animal)
                self.assertEqual(found["relative_gap"].shape, (n_cell, 3) + tail)
                self.assertTrue((found["relative_gap"] >= 0).all())
                self.assertTrue((found["relative_gap"] <= 1e-4).all())  # tol
                self.assertTrue((found["status"] == 1).all())

    def test_unvisited_states_are_counted_out(self):
        self.fit("source.mode=pairwise")
        flat = {name: resp.reshape(900, -1) for name, resp in self.golden_responses("1.5").items()}
        finite = {name: np.isfinite(resp).all(axis=1) for name, resp in flat.items()}
        for animal in flat:
            found = support.fit(self.output, "1.5", animal)
            for k, other in enumerate(name for name in flat if name != animal):
                n = np.sum(finite[animal] & finite[other])
                self.assertTrue((found["n_states"][:, k] == n).all())
                self.assertTrue((found["n_train"][..., k] == np.ceil(0.2 * n)).all())

    def test_a_source_that_predicts_nothing_is_left_out_of_the_mean(self):
        members = support.animals()
        members["rat_b"][...] = 0
        data = support.write_dataset(self.folder / "silent.h5", {"1.0": members})
        self.fit(f"data.dataset={data}", "source.mode=pairwise")
        for animal, other in (("rat_a", 1), ("rat_c", 0)):
            found = support.fit(self.output, "1.0", animal)
            self.assertTrue((found["n_valid_splits"][:, 1 - other] == 0).all())
            self.assertTrue((found["n_valid_splits"][:, other] == 10).all())
            self.assert_close(found["corr"], found["corr_per_split"][..., other].mean(axis=1),
                              1e-12)
        found = support.fit(self.output, "1.0", "rat_b")
        self.assertTrue(np.isnan(found["corr"]).all())
        self.assertTrue((found["n_valid_splits"] == 0).all())

    def test_what_the_file_says_of_itself(self):
        self.fit()
        with h5py.File(self.output) as file:
            said = {name: file.attrs[name] for name in file.attrs}
            self.assertEqual({k: said[k] for k in ("schema", "schema_version", "job")},
                             {"schema": b"mec-run", "schema_version": b"1", "job": b"fit"})
            self.assertRegex(said["created"].decode(), r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$")
            self.assertRegex(said["config_sha256"].decode(), "^[0-9a-f]{64}$")
            self.assertTrue(said["openblas_core"])
            version = support.run(["--version"]).out.split()[-1]
            self.assertEqual(said["program_version"].decode(), version)
            self.assertEqual(file["status"].dtype, np.int8)
            self.assertEqual(int(file["status"][0]), 2)
            config = file["config"][()].tobytes().decode()
            self.assertIn("num_splits = 10\n", config)
            self.assertIn(f"dataset = {self.data}\n", config)
            self.assertEqual(file["skipped"][0].decode(), "arena 0.6: one animal only")
            self.assertEqual(support.texts(file["inputs/path"]), [self.data])
            self.assertEqual(file["inputs/size"][0], support.GOLDEN.stat().st_size)
            self.assertTrue((file["tasks/done"][()] == 1).all())
            self.assertEqual(len(set(file["tasks/name"])), 60)

    def test_the_digests_follow_settings_and_data(self):
        def digests(*overrides):
            self.fit("run.resume=overwrite", *overrides)
            with h5py.File(self.output) as file:
                return file.attrs["config_sha256"], file["inputs/sha256"][0]

        def dataset(value):
            members = support.animals()
            members["rat_a"][0, 0, 0] = value
            return support.write_dataset(self.folder / f"{value}.h5", {"1.0": members})

        plain = digests(f"data.dataset={dataset(1)}")
        self.assertRegex(plain[1].decode(), "^[0-9a-f]{64}$")
        self.assertEqual(digests(f"data.dataset={dataset(1)}", "run.flush_seconds=3"), plain)
        alpha = digests(f"data.dataset={dataset(1)}", "map.alpha=2")
        self.assertNotEqual(alpha[0], plain[0])
        self.assertEqual(alpha[1], plain[1])
        other = digests(f"data.dataset={dataset(2)}")
        self.assertEqual(other[0], plain[0])
        self.assertNotEqual(other[1], plain[1])

    def test_xarray_finds_labelled_arrays(self):
        self.fit("source.mode=pairwise")
        with xarray.open_dataset(self.output, engine="h5netcdf", group="/fits/1.0/rat_a") as found:
            self.assertEqual(found["corr"].dims, ("cell",))
            self.assertEqual(found["corr_per_split"].dims, ("cell", "split", "source"))
            self.assertEqual(found["n_train"].dims, ("cell", "split", "source"))
            self.assertEqual(found["n_states"].dims, ("cell", "source"))
            # Text and bytes: which one depends on the version of h5netcdf.
            labels = [v.decode() if isinstance(v, bytes) else v for v in found["source"].values]
            self.assertEqual(labels, ["rat_b", "rat_c"])
            cells = [v.decode() if isinstance(v, bytes) else v for v in found["cell"].values]
            self.assertEqual(cells, [f"rat_a_cell{i}" for i in range(12)])
            self.assertEqual(list(found["split"].values), list(range(10)))
            self.assertEqual(found["mse"].attrs["units"], "Hz2")
            self.assertEqual(found["corr"].attrs["units"], "1")
            for name in found.variables:
                self.assertTrue(found[name].attrs["long_name"], name)
            one = found["corr_per_split"].isel(cell=3).mean("split").mean("source")
            self.assertAlmostEqual(float(one), float(found["corr"][3]), 12)


class Settings(FitTest):
    def test_scores_that_were_asked_for(self):
        self.fit("fit.scores=r2")
        found = support.fit(self.output, "1.0", "rat_a")
        self.assertIn("r2_per_split", found)
        self.assertNotIn("corr", found)
        self.assertNotIn("mse_per_split", found)
        np.testing.assert_array_equal(found["n_valid_splits"],
                                      np.isfinite(found["r2_per_split"]).sum(axis=1))

    def test_scores_do_not_depend_on_which_are_asked_for(self):
        self.fit()
        every = support.fit(self.output, "1.5", "rat_e")
        self.fit("fit.scores=mse, corr", "run.resume=overwrite")
        some = support.fit(self.output, "1.5", "rat_e")
        for name in ("mse_per_split", "corr_per_split", "mse", "corr"):
            np.testing.assert_array_equal(some[name], every[name])

    def test_arenas_that_were_asked_for(self):
        self.fit()
        both = support.fit(self.output, "1.5", "rat_d")
        self.fit("data.arenas=1.5", "run.resume=overwrite")
        with h5py.File(self.output) as file:
            self.assertEqual(list(file["fits"]), ["1.5"])
        alone = support.fit(self.output, "1.5", "rat_d")
        np.testing.assert_array_equal(alone["corr_per_split"], both["corr_per_split"])

    def test_names_may_be_anything(self):
        """Blanks, quotes, commas, letters of all languages; arenas are told apart by commas."""
        names = {"my arena \u00fc": {"rat 1 \u2603": 4, "rat,2": 4, 'rat "3"': 3}, "my other": {
            "a": 3, "b": 3}, "third": {"a": 3, "b": 3}}
        arenas = {arena: {animal: support.responses(100 + i, 6, 7, n)
                          for i, (animal, n) in enumerate(members.items())}
                  for arena, members in names.items()}
        data = support.write_dataset(self.folder / "na mes \u00e9.h5", arenas,
                                     cell_name="{animal} cell \u00e9 {cell}")
        cells = self.folder / "cells.csv"
        cells.write_text('source,cell_id,alpha\n"rat ""3""",*,3\n"rat,2",*,2\n'
                         '*,"rat 1 \u2603 cell \u00e9 0",1\n', encoding="utf-8")
        self.fit(f"data.dataset={data}", "data.arenas=my arena \u00fc, my other",
                 "source.mode=pairwise", "splits.keep=yes", f"map.per_cell={cells}", ranks=2)
        with h5py.File(self.output) as file:
            self.assertEqual({arena: set(group) for arena, group in file["fits"].items()},
                             {arena: set(names[arena]) for arena in list(names)[:2]})
        again = self.folder / "again.h5"
        self.fit(f"data.dataset={data}", "data.arenas=my arena \u00fc, my other",
                 "source.mode=pairwise", f"splits.file={self.output}:/splits",
                 f"map.per_cell={cells}", output=again)
        for animal in names["my arena \u00fc"]:
            one, two = (support.fit(path, "my arena \u00fc", animal)
                        for path in (self.output, again))
            np.testing.assert_array_equal(one["corr_per_split"], two["corr_per_split"])

    def test_all_scores_against_numpy(self):
        for mode in ("holdout", "pairwise"):
            for options in ({}, {"alpha": 0.3, "intercept": False}):
                overrides = [f"source.mode={mode}", "run.resume=overwrite"]
                if options:
                    overrides += ["map.alpha=0.3", "map.fit_intercept=no"]
                self.fit(*overrides)
                for arena in TARGETS:
                    expected = support.consistency(self.golden_responses(arena), mode, **options)
                    for animal, by_score in expected.items():
                        found = support.fit(self.output, arena, animal)
                        for score, values in by_score.items():
                            self.assert_close(found[f"{score}_per_split"], values, 1e-9,
                                              f"{mode} {options} {animal} {score}")

    def test_split_seeds_run_up_to_the_last(self):
        last = 2**32 - 1
        self.fit("splits.num_splits=2", f"splits.split_start_seed={last - 1}", "data.arenas=1.0")
        expected = support.consistency(self.golden_responses("1.0"), seeds=(last - 1, last))
        for animal, by_score in expected.items():
            found = support.fit(self.output, "1.0", animal)
            self.assert_close(found["corr_per_split"], by_score["corr"], 1e-9, animal)

    def test_directories_of_the_output_are_made(self):
        output = self.folder / "new" / "folders" / "run.h5"
        self.fit(ranks=2, output=output)
        self.assertTrue(output.exists())

    def test_the_dataset_is_not_touched(self):
        before = hashlib.sha256(support.GOLDEN.read_bytes()).digest()
        self.fit(ranks=2)
        self.assertEqual(hashlib.sha256(support.GOLDEN.read_bytes()).digest(), before)


if __name__ == "__main__":
    unittest.main()
