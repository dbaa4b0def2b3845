"""slurm/submit without SLURM: what it would submit, and what it refuses."""
import shlex
import subprocess
import unittest

import support
from support import JobTest


class Submit(JobTest):
    def setUp(self):
        super().setUp()
        self.data = support.write_dataset(self.folder / "data.h5", {"1.0": support.animals()})
        self.output = self.folder / "a" / "run.h5"
        self.config = support.write_config(self.folder / "run.ini", self.output, self.data,
                                           run_threads=2)

    def submit(self, *arguments, code=0):
        env = {"MEC": support.program(), "PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8"}
        result = subprocess.run([support.PROJECT / "slurm" / "submit", *map(str, arguments)],
                                env=support.environment(env), text=True, capture_output=True,
                                timeout=60, check=False, cwd=self.folder)
        self.assertEqual(result.returncode, code, result.stderr)
        self.assertFalse(self.output.parent.exists())
        return result

    def commands(self, *arguments):
        """The words of every sbatch command of a dry run, as a shell would read them."""
        lines = self.submit("--dry-run", *arguments).stdout.splitlines()
        return [shlex.split(line) for line in lines if line.startswith("sbatch ")]

    def test_one_job(self):
        [words] = self.commands("--ntasks=4", "--job-name=mine", "fit", self.config, "map.alpha=2")
        self.assertEqual(words[-6:], [str(support.PROJECT / "slurm" / "run.sbatch"), "fit",
                                      str(self.config), "map.alpha=2", f"run.output={self.output}",
                                      "run.shards=1"])
        self.assertIn("--cpus-per-task=2", words)
        self.assertIn(f"--output={self.folder}/a/run.slurm-%j.log", words)
        self.assertGreater(words.index("--job-name=mine"), words.index("--job-name=run"))
        self.assertFalse([word for word in words if "--array" in word])

    def test_an_array(self):
        array, merge = self.commands("--ntasks=4", "fit", self.config, "run.shards=3")
        self.assertIn("--array=0-2", array)
        self.assertEqual(array.count("run.shards=3"), 1)
        parts = [f"{self.folder}/a/run.{i}-of-3.h5" for i in range(3)]
        self.assertEqual(merge[-4:], [str(self.output), *parts])
        self.assertIn("--dependency=afterany:JOB", merge)
        self.assertGreater(merge.index("--ntasks=1"), merge.index("--ntasks=4"))
        array, merge = self.commands("--array=1", "fit", self.config, "run.shards=3")
        self.assertIn("--array=1", array)
        self.assertEqual(merge[-3:], parts)

    def test_names_that_a_shell_would_take_apart(self):
        name = "a/ä b%j $(touch x);`touch x` '\"&.h5"
        for shards in (1, 2):
            with self.subTest(shards):
                words = self.commands("fit", self.config, f"run.output={name}",
                                      f"run.shards={shards}")[0]
                self.assertIn(f"run.output={name}", words)
                self.assertTrue([word for word in words if word.startswith("--output=a/ä b%%j $(")])
        self.assertFalse((self.folder / "x").exists())

    def test_refused(self):
        for arguments, words in ((["fit", "no.ini"], "mec: no.ini: cannot be read"),
                                 (["fit", self.config, "map.alpha=x"], "[map] alpha"),
                                 (["show", self.output], 'submit: found "show"; accepted: fit'),
                                 ([], 'submit: found ""'),
                                 (["-n", "4", "fit", self.config], 'submit: found "-n"'),
                                 (["--array=3", "fit", self.config], "run.shards above 1")):
            with self.subTest(arguments):
                result = self.submit(*arguments, code=2)
                self.assertEqual(result.stdout, "")
                self.assertEqual(len(result.stderr.splitlines()), 1, result.stderr)
                self.assertIn(words, result.stderr)


if __name__ == "__main__":
    unittest.main()
