"""The job files that come with the program are whole: each plans its run on the golden data."""
import unittest

import support
from support import GOLDEN, PROJECT, JobTest

DATA = f"{GOLDEN}:/dataset"
NETWORK = PROJECT / "tests" / "golden" / "tf_ckpt" / "UGRNN_relu"
INSTEAD = {"model.file": f"{NETWORK}", "source.model": f"{NETWORK}", "data.dataset": DATA, "data.half1": DATA, "data.half2": DATA,
           "source.response": f"{GOLDEN}:/model/{{arena}}/resp"}


class IniFiles(JobTest):
    def overrides(self, path):
        """The golden data in place of the paths that the file names."""
        text = path.read_text()
        found = [f"{key}={value}" for key, value in INSTEAD.items()
                 if f"\n{key.split('.')[1]} = " in text]
        found += ["data.arenas=1.0, 1.5"] if "response" in text else []
        network = "[model]" in text or "kind = model" in text
        return found + (["model.Ng=24", "model.Np=32"] if network else [])

    def test_each_plans_a_run(self):
        paths = sorted((PROJECT / "ini").glob("*.ini"))
        self.assertGreater(len(paths), 5)
        for path in paths:
            with self.subTest(path.name):
                sections = [job for job in ("synth", "grid", "ratemaps", "train")
                            if f"[{job}]" in path.read_text()]
                job = sections[0] if sections else "fit"
                result = support.run([job, path, "--dry-run", *self.overrides(path)],
                                     cwd=self.folder)
                self.assertEqual(result.code, 0, result.err)
                self.assertEqual(list(self.folder.iterdir()), [])


if __name__ == "__main__":
    unittest.main()
