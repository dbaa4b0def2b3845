"""source.kind = model: rate maps of a path integrator, drawn for every arena, predict animals."""
import time
import unittest

import h5py
import numpy as np

import rate_maps
import support
from fitting import FittingTest, flat, unvisit
from refusals import Case, RefusalTest

CHECKPOINT = rate_maps.CHECKPOINTS / "UGRNN_relu" / "ckpts" / "ckpt-3"
MODEL = {"model.Ng": 24, "model.Np": 32, "model.batch_size": 40, "ratemaps.n_eval_seq": 4}


def members(n_row, n_column):
    return unvisit(support.animals(2, n_row, n_column, 4))


class ModelSource(FittingTest):
    def setUp(self):
        super().setUp()
        self.arenas = {"1.0": members(7, 7), "hall": members(6, 4), "twin": members(7, 7)}
        attributes = {"hall": {"min_x": -1.0, "max_x": 0.5, "min_y": 0.0, "max_y": 1.0},
                      "twin": {"side_m": 1.0}}
        self.settings = {"data.dataset": self.dataset(self.arenas, attributes=attributes),
                         "source.kind": "model", "source.model": CHECKPOINT,
                         "splits.num_splits": 3, "splits.train_frac": 0.4, **MODEL}

    def draw(self, name, **more):
        """A run of mec ratemaps on the same model."""
        overrides = {"model.file": CHECKPOINT, **MODEL, **more}
        result = self.attempt(name, overrides, job="ratemaps")
        self.assert_done(result)
        return self.folder / f"{name}.h5"

    def test_maps_have_every_arenas_box_and_bins(self):
        fitted = self.fit("fitted", self.settings, ranks=2)
        maps = self.folder / "fitted.ratemaps.h5"
        corners = {"ratemaps.environment": "-1 0.5 0 1"}
        drawn = {"1.0": self.draw("square", **{"model.box_width": 1, "model.box_height": 1,
                                               "ratemaps.nbins": 7}),
                 "-1_0.5_0_1": self.draw("corner", **corners, **{"ratemaps.bin_cm": 25})}
        with h5py.File(maps) as file:
            self.assertEqual(sorted(set(file["ratemaps"]) - {"unit"}), sorted(drawn))
            for box, path in drawn.items():
                with h5py.File(path) as other:
                    np.testing.assert_array_equal(file[f"ratemaps/{box}/g"],
                                                  other[f"ratemaps/{box}/g"])
            responses = self.folder / "responses.h5"
            with h5py.File(responses, "w") as out:
                for arena, box in (("1.0", "1.0"), ("twin", "1.0"), ("hall", "-1_0.5_0_1")):
                    out[arena] = file[f"ratemaps/{box}/g"][()]
        plain = {key: value for key, value in self.settings.items()
                 if key.split(".")[0] in ("data", "splits")}
        self.assert_same_scores(fitted, self.fit("plain", {
            **plain, "source.kind": "response", "source.response": f"{responses}:/{{arena}}"}))

    def test_a_run_of_ratemaps_names_a_model_too(self):
        fitted = self.fit("fitted", {**self.settings, "data.arenas": "1.0"})
        drawn = self.draw("drawn", **{"ratemaps.environment": "-0.5 0.5 -0.5 0.5",
                                      "ratemaps.nbins": 7, "ratemaps.layers": "dc, g"})
        again = self.fit("again", {**self.settings, "data.arenas": "1.0", "source.model": drawn})
        self.assertFalse((self.folder / "again.ratemaps.h5").exists())
        self.assert_same_scores(fitted, again)
        plain = {key: value for key, value in self.settings.items()
                 if key.split(".")[0] in ("data", "splits")}
        untold = self.fit("untold", {**plain, "data.arenas": "1.0", "source.kind": "model",
                                     "source.model": drawn})
        self.assert_same_scores(fitted, untold)
        for given, found in (({"model.Ng": 25}, "[model] Ng: found 25; accepted: 24, as"),
                             ({"model.activation": "tanh"}, "[model] activation: found tanh"),
                             ({"ratemaps.trajectory_seed": 1}, "found 1; accepted: 0, as"),
                             ({"cues.cue": "0 0 0.2 0.2"}, "found 0 0 0.2 0.2; accepted: none"),
                             ({"reward.zone_prob": 1}, "[reward] zone_prob: found 1")):
            with self.subTest(given):
                result = self.attempt("other", {**plain, "data.arenas": "1.0", **given,
                                                "source.kind": "model", "source.model": drawn}, 2)
                self.assertEqual(result.code, 2, result.err)
                self.assertIn(found, self.one_line_of_failure(result.err))
        with h5py.File(drawn, "r+") as file:
            file["status"][...] = 1
        result = self.attempt("other", {**plain, "source.kind": "model", "source.model": drawn})
        self.assertEqual(result.code, 2)
        self.assertIn("is stopped", self.one_line_of_failure(result.err))

    def test_another_runs_output_is_refused_before_maps_are_drawn(self):
        self.fit("fitted", self.settings)
        maps = self.folder / "fitted.ratemaps.h5"
        for change, said in (({"map.alpha": 2}, "[map] alpha is 1 there and 2 here"),
                             ({"run.resume": "never"}, "run.resume is never")):
            maps.unlink(missing_ok=True)
            for job in ("fit", "grid"):
                with self.subTest(job, **{"changed": change}):
                    more = {} if job == "grid" and "map.alpha" in change else change
                    result = self.attempt("fitted", {**self.settings, **more}, 2, job)
                    self.assertEqual(result.code, 2, result.err)
                    self.assertIn(said if more else "holds a run of job fit",
                                  self.one_line_of_failure(result.err))
                    self.assertFalse(maps.exists())

    def test_seeds_and_environments_are_stacked_along_states(self):
        boxes = ["-0.5 0.5 -0.5 0.5", "-1 1 -0.5 0.5"]
        n_state = 2 * (25 + 50)
        cells = {"rat": support.responses(7, n_state, 1, 5)[:, 0]}
        data = self.dataset({"both": cells}, "recorded.h5")
        config = self.folder / "stacked.ini"
        config.write_text("[ratemaps]\n" + "".join(f"environment = {box}\n" for box in boxes))
        self.config = config
        fitted = self.fit("stacked", {**self.settings, "data.dataset": data, "source.layer": "dc",
                                      "ratemaps.trajectory_seed": "3, 5", "ratemaps.bin_cm": 20})
        maps = []
        with h5py.File(self.folder / "stacked.ratemaps.h5") as file:
            for seed in (3, 5):
                for box in ("1.0", "-1_1_-0.5_0.5"):
                    maps.append(flat(file[f"ratemaps/{box}/seed_{seed}/dc"][()]))
        values, n = support.one_source(np.vstack(maps), cells["rat"], 0.4, range(3))
        found = support.fit(fitted, "both", "rat")
        self.assertTrue((found["n_states"] == n).all())
        self.assert_close(found["corr_per_split"], values["corr"], 1e-9)

    def test_bytes_do_not_depend_on_ranks(self):
        expected = None
        for ranks in (1, 2, 3):
            for job, more in (("fit", {}), ("grid", {"grid.alpha": "0.01, 1",
                                                     "grid.l1_ratio": "0.5, 1"})):
                self.assert_done(self.attempt(f"{job}_{ranks}", {**self.settings, **more}, ranks,
                                              job))
            found = [support.arrays(self.folder / f"{name}_{ranks}{kind}.h5")
                     for name in ("fit", "grid") for kind in ("", ".ratemaps")]
            for arrays in found:  # the responses' file is named after the run's
                arrays.pop("/inputs/size", None)
            expected = expected or found
            for one, other in zip(found, expected):
                self.assertEqual([k for k in other if one.get(k) != other[k]], [])

    def test_a_run_that_is_killed_goes_on_with_its_maps(self):
        slow = {**self.settings, "ratemaps.n_eval_seq": 2500, "run.flush_seconds": 0.2,
                "splits.num_splits": 2}
        whole = self.fit("whole", slow)
        killed = self.folder / "killed.h5"
        given = [f"{key}={value}" for key, value in slow.items()]
        command = ["fit", self.config, f"run.output={killed}", *given]
        run = support.start(command)
        while not (self.folder / "killed.ratemaps.h5").exists():
            time.sleep(0.05)
        time.sleep(0.5)
        run.kill()
        run.wait()
        self.assertFalse(killed.exists())
        self.assert_done(support.run(command))
        self.assert_same_scores(killed, whole)

    def test_a_dry_run_tells_of_both_and_writes_nothing(self):
        before = sorted(self.folder.iterdir())
        dry = support.run(["fit", self.config, "--dry-run",
                           f"run.output={self.folder / 'none.h5'}",
                           *[f"{key}={value}" for key, value in self.settings.items()]])
        self.assertEqual(dry.code, 0, dry.err)
        self.assertIn("2 maps from 4 batches each", dry.out)
        self.assertIn("splits", dry.out)
        self.assertEqual(sorted(self.folder.iterdir()), before)


# ---- what is refused ----

GOOD = (f"[run]\noutput = out.h5\n[data]\ndataset = good.h5\n[source]\nkind = model\n"
        f"model = {CHECKPOINT}\n[model]\nNg = 24\nNp = 32\n")


def refused(name, *says, arguments=(), ini=GOOD, arena="1.0", attributes=None):
    def prepare(folder):
        support.write_dataset(folder / "good.h5", {arena: members(7, 7)},
                              attributes={arena: attributes or {}})
        (folder / "fit.ini").write_text(ini)
    return Case(name, ["fit", "fit.ini", *arguments], says, prepare)


REFUSED = [
    refused("a model named twice", "fit.ini:7: [source] model", "[model] file",
            arguments=["model.file=other"]),
    refused("a model without kind = model", "[source] model", "kind = model",
            ini=GOOD.replace("kind = model\n", "")),
    refused("no model at all", "[model] file", ini=GOOD.replace(f"model = {CHECKPOINT}\n", "")),
    refused("pairs of animals", "[source] mode", "pairwise", arguments=["source.mode=pairwise"]),
    refused("an arena of no size", "arena field has no size", arena="field"),
    refused("seeds on bins in two dimensions", "[ratemaps] trajectory_seed", "2 seed(s)",
            "in two dimensions", arguments=["ratemaps.trajectory_seed=1, 2"]),
    refused("another number of bins", "[ratemaps] environment", "400 states", "has 49",
            arguments=["ratemaps.environment=-0.5 0.5 -0.5 0.5"]),
    refused("another network", "[model] Ng", "found 25", "24", arguments=["model.Ng=25"]),
    refused("an unknown layer", "[source] layer", "pre_g g dc", arguments=["source.layer=h"]),
    refused("a map that lacks a parameter", "n_components", arguments=["map.type=pls"]),
    refused("no such splits", "none.h5", arguments=["splits.file=none.h5"]),
    refused("no state to train on", "train_frac = 0", arguments=["splits.train_frac=0"]),
    refused("no such checkpoint", "ckpt-9", arguments=["source.model=ckpt-9"]),
]


class Refused(RefusalTest):
    def test_one_line_that_says_what(self):
        self.check(REFUSED)


if __name__ == "__main__":
    unittest.main()
