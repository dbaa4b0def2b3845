"""What mec ratemaps refuses, and show of a file of rate maps: one line each, nothing written."""
import unittest

import h5py
import numpy as np

import rate_maps
import support
from refusals import Case, RefusalTest
from support import JobTest

UGRNN = rate_maps.CHECKPOINTS / "UGRNN_relu"
CUE = rate_maps.CHECKPOINTS / "CueUGRNN_relu_two_shards"


def case(name, says, extra="", given=(), **sections):
    """A job that is well but for what is named; `given` on the command line."""
    def prepare(folder):
        rate_maps.write_config(folder / "maps.ini", "maps.h5", extra=extra, **sections)
    return Case(name, ["ratemaps", "maps.ini", *given], says, prepare)


CASES = [
    case("no weights", ["[model] file", "come from nowhere", "random_init"], model={"file": None}),
    case("two sources of weights", ["more than one place"], model={"random_init": "yes"}),
    case("half a run", ["[model] run_ID: is empty"],
         model={"file": None, "load_dir": "folder"}),
    case("missing checkpoint", ["maps.ini:7: [model] file", "none"], model={"file": "none/ckpt-1"}),
    case("another number of units", ["[model] Ng: found 25; accepted: 24, which"],
         model={"Ng": 25}),
    case("another number of place cells", ["[model] Np: found 31; accepted: 32, which"],
         model={"Np": 31}),
    case("a network that reads cues", ["[cues] cue: found 0", "accepted: 5", "CueUGRNN"],
         model={"file": CUE}),
    case("softmax", ['[model] activation: found "softmax"', "accepted: one of: linear tanh"],
         model={"activation": "softmax"}),
    case("cues that are not read", ["[cues] cue: found 1", "UGRNN reads none"],
         cues=["0 0 0.3 0.3"]),
    case("no cues", ["[model] rnn_type: found CueUGRNN and no cue"],
         model={"rnn_type": "CueUGRNN"}),
    case("cues that overlap", ["maps.ini:15: [cues] cue 2: found 0.1 0 0.3 0.3, which overlaps"],
         cues=["0 0 0.3 0.3", "0.1 0 0.3 0.3", "0.5 0.5 0.1 0.1"],
         model={"rnn_type": "CueUGRNN"}),
    case("a cue outside the box", ["command line: [cues] cue 1: found 5 0 0.3 0.3"],
         cues=["0 0 0.3 0.3"], model={"rnn_type": "CueUGRNN"}, given=["cues.cue=5 0 0.3 0.3"]),
    case("half a cue", ["[cues] cue", 'found "0 0 1"', "accepted: centre x"], cues=["0 0 1"]),
    case("a zone outside the box", ["maps.ini:13: [reward] zone_min_x and zone_max_x: found 5"],
         extra="[reward]\nzone_min_x = 5\nzone_max_x = 5.2\n"),
    case("a zone of another size", ["maps.ini:13: [reward] zone_max_x: found 0.85, which is 0.35"],
         extra="[reward]\nzone_min_x = 0.5\n"),
    case("a box that is too small for the zone", ["maps.ini:12: [reward] zone_min_x", "0.35 m"],
         extra="[reward]\n", ratemaps={"environment": "-.5 .5 -.5 .5", "n_eval_seq": None}),
    case("cues and rewards", ["maps.ini:15: [reward]: found together with [cues]"],
         cues=["0 0 0.3 0.3"], model={"rnn_type": "CueUGRNN"}, extra="[reward]\n"),
    case("a box of two sizes", ["[model] box_width: found 2; accepted: max_x - min_x, which is 1"],
         model={"box_width": 2, "min_x": 0, "max_x": 1}),
    case("an empty box", ["[ratemaps] environment: found 1 1 0 1"],
         ratemaps={"environment": ["1 1 0 1"]}),
    case("a box twice", ["[ratemaps] environment: found 1.0 twice"],
         ratemaps={"environment": ["-0.5 0.5 -0.5 0.5", "-.5 .5 -.5 .5"]}),
    case("a seed twice", ["[ratemaps] trajectory_seed", "seed_4 twice"],
         ratemaps={"trajectory_seed": "4, 4"}),
    case("half a seed", ["[ratemaps] trajectory_seed: found 0.5"],
         ratemaps={"trajectory_seed": 0.5}),
    case("seeds beyond 32 bits", ["[ratemaps] trajectory_seed", "0 to 4294967292"],
         ratemaps={"trajectory_seed": 4294967293}),
    case("bins larger than the box", ["[ratemaps] bin_cm: found 500", "1 to 10000"],
         ratemaps={"bin_cm": 500}),
    case("too many batches", ["[ratemaps] n_eval_seq: found 9000000", "at most 167772"],
         ratemaps={"n_eval_seq": 9000000}),
    case("no layer", ["[ratemaps] layers"], ratemaps={"layers": ","}),
    case("unknown layer", ["[ratemaps] layers", 'found "h"', "pre_g g dc"],
         ratemaps={"layers": "g, h"}),
    case("a surround like the field itself", ["[model] surround_scale: found 1", "other than 1"],
         model={"surround_scale": 1}),
    case("the settings as output", ["maps.ini: is no HDF5 file", "overwrite"],
         run={"output": "maps.ini", "resume": "overwrite"}),
    case("no output", ["[run] output", "is empty"], run={"output": ""}),
]


class Refusals(RefusalTest):
    def test_settings(self):
        self.check(CASES)


class Show(JobTest):
    def setUp(self):
        super().setUp()
        self.output = self.folder / "maps.h5"
        config = rate_maps.write_config(self.folder / "maps.ini", self.output,
                                        ratemaps={"layers": "g, dc"})
        self.assert_done(support.run(["ratemaps", config]))

    def test_it_summarises_every_layer(self):
        result = support.run(["show", self.output])
        self.assertEqual(result.code, 0, result.err)
        self.assertIn("ratemaps, complete, 4 of 4 tasks", result.out)
        self.assertRegex(result.out, r"(?m)^2\.2  g +24 +11 x 11 +\d+ +\d\.\d{3} ")
        self.assertRegex(result.out, r"(?m)^2\.2  dc +32 +11 x 11 ")
        with h5py.File(self.output) as file:
            for name, words in (("spatial_information", "information"),
                                ("grid_score", "grid score")):
                values = file[f"ratemaps/2.2/statistics/g/{name}"][()]
                best = np.nanargmax(values)
                self.assertRegex(result.out, rf"(?m)^2\.2  g +(information .*\n +)?{words} +{best} "
                                             rf"\({values[best]:.2f}\)")

    def test_it_draws_pages(self):
        for arguments, said in (([], " of 24 units of layer g in box 2.2"),
                                (["layer=dc"], " units of layer dc in box 2.2"),
                                (["by=grid_score"], "of layer g"),
                                (["units=3, 1"], "2 of 24 units of layer g")):
            for suffix, start in (("png", b"\x89PNG"), ("svg", b"<?xml")):
                with self.subTest(arguments, suffix=suffix):
                    picture = self.folder / f"page.{suffix}"
                    result = support.run(["show", "--plot", picture, self.output, *arguments])
                    self.assertEqual(result.code, 0, result.err)
                    self.assertIn(said, result.out)
                    self.assertTrue(picture.read_bytes().startswith(start))

    def test_it_refuses_what_is_not_there(self):
        for arguments, said in ((["layer=pre_g"], "accepted: box=2.2 layer=g, box=2.2 layer=dc"),
                                (["box=1.0"], "found no such maps"),
                                (["units=24"], "found 24 in units=; accepted: at most 48 numbers"),
                                (["units=x"], "found x"), (["by=height"], "found by=height")):
            with self.subTest(arguments):
                picture = self.folder / "page.png"
                result = support.run(["show", "--plot", picture, self.output, *arguments])
                self.assertEqual(result.code, 2)
                self.assertIn(said, self.one_line_of_failure(result.err))
                self.assertFalse(picture.exists())


if __name__ == "__main__":
    unittest.main()
