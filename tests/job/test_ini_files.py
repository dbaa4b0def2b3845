"""The job files that come with the program are whole: each plans its run on the golden data."""
import re
import unittest

import support
from support import GOLDEN, PROJECT, JobTest

DATA = f"{GOLDEN}:/dataset"
NETWORK = PROJECT / "tests" / "golden" / "tf_ckpt" / "UGRNN_relu"
INSTEAD = {"model.file": NETWORK, "source.model": NETWORK, "train.start_from": NETWORK,
           "data.dataset": DATA, "data.half1": DATA, "data.half2": DATA,
           "source.response": f"{GOLDEN}:/model/{{arena}}/resp"}
JOBS = ("synth", "grid", "ratemaps", "train")


class IniFiles(JobTest):
    def overrides(self, path):
        """The golden data in place of the paths that the file names."""
        text = path.read_text()
        found = [f"{key}={value}" for key, value in INSTEAD.items()
                 if f"\n{key.split('.')[1]} = " in text]
        found += ["data.arenas=1.0, 1.5"] if "response" in text else []
        saved = any(value.endswith(f"={NETWORK}") for value in found)
        return found + (["model.Ng=24", "model.Np=32"] if saved else [])

    def test_each_plans_a_run(self):
        paths = sorted((PROJECT / "ini").glob("*.ini"))
        self.assertGreater(len(paths), 5)
        for path in paths:
            with self.subTest(path.name):
                sections = [job for job in JOBS if f"[{job}]" in path.read_text()]
                job = sections[0] if sections else "fit"
                result = support.run([job, path, "--dry-run", *self.overrides(path)],
                                     cwd=self.folder)
                self.assertEqual(result.code, 0, result.err)
                self.assertEqual(list(self.folder.iterdir()), [])

    def test_what_is_told_of_the_trainings(self):
        """The sizes are the paper's; where memory is short less is taken."""
        def told(name, *overrides, ranks=None):
            result = support.run(["train", PROJECT / "ini" / f"train-{name}.ini", "--dry-run",
                                  *overrides], ranks, cwd=self.folder)
            self.assertEqual(result.code, 0, result.err)
            return result.out

        def memory(text):
            value, unit = re.search(r"memory:  ([\d.]+) (\w+) a rank", text).groups()
            return float(value) * {"MiB": 1, "GiB": 1024}[unit]

        for name, count in (("UGRNN_relu", 88109568), ("UGRNN_relu_reward", 88109568),
                            ("CueUGRNN_relu", 88109568 + 5 * 4096)):
            text = told(name)
            self.assertIn("steps:   100000, of 200 trajectories of 20 steps each", text)
            self.assertIn(f"network: {count} parameters", text)
        whole = memory(told("UGRNN_relu", ranks=2))
        self.assertLess(memory(told("low-memory", ranks=2)), 0.8 * whole)


if __name__ == "__main__":
    unittest.main()
