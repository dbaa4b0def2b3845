"""mec import: networks of TensorFlow checkpoints into run files; the published checkpoints, from a
server of our own that breaks off, answers ranges or not, and damages what it sends."""
import http.server
import re
import shutil
import threading
import unittest
from pathlib import Path

import h5py
import numpy as np
import xarray

import support

CHECKPOINTS = support.PROJECT / "tests" / "golden" / "tf_ckpt"
MODEL = support.PROJECT / "tests" / "golden" / "model.h5"
NAMES = ["W_enc", "b_enc", "W_M", "b_M", "W", "b", "W_dense", "b_dense", "W_dec", "b_dec"]
NOTE = re.compile("does not say which activation")


class ImportTest(support.JobTest):
    def run_import(self, *args):
        """Without the note that the activation is not known."""
        result = support.run(["import", *args], env={"no_proxy": "127.0.0.1"})
        lines = [line for line in result.err.splitlines() if not NOTE.search(line)]
        return result._replace(err="\n".join(lines))

    def refuse(self, *args, code=2):
        result = self.run_import(*args)
        self.assertEqual(result.code, code, result)
        return self.one_line_of_failure(result.err)


class ModelTest(ImportTest):
    def setUp(self):
        super().setUp()
        self.out = self.folder / "out" / "model.h5"

    def assert_block(self, file, path, golden, group):
        for name in NAMES:
            found, wanted = file[f"{path}/{name}"], golden[f"{group}/{name}"]
            self.assertEqual(found.dtype, "<f4")
            self.assertEqual(found[()].tobytes(), wanted[()].tobytes(), f"{path}/{name}")

    def test_every_run_is_taken_over_bit_for_bit(self):
        for folder in sorted(CHECKPOINTS.iterdir()):
            out = self.folder / f"{folder.name}.h5"
            self.assert_done(self.run_import(folder, out))
            with h5py.File(out) as file, h5py.File(MODEL) as golden:
                step = len(golden[f"training/{folder.name}/loss"])
                top, run = f"checkpoints/{step}", f"training/{folder.name}"
                self.assertEqual(file.attrs["schema"], b"mec-run")
                self.assertEqual(file.attrs["job"], b"import")
                self.assertEqual(file["status"][0], 2)
                self.assertEqual(file[f"{top}/complete"][0], 1)
                self.assertEqual(file[f"{top}/step"][0], step)
                self.assertEqual(np.float32(file[f"{top}/learning_rate"][0]), np.float32(0.001))
                self.assert_block(file, f"{top}/weights", golden, f"{run}/final_weights")
                for moment in "mv":
                    self.assert_block(file, f"{top}/adam/{moment}", golden,
                                      f"{run}/final_adam/{moment}")
            self.assert_no_leftovers(out)

    def test_first_checkpoint_has_no_moments(self):
        prefix = CHECKPOINTS / "UGRNN_relu" / "ckpts" / "ckpt-1"
        self.assert_done(self.run_import(prefix, self.out))
        with h5py.File(self.out) as file, h5py.File(MODEL) as golden:
            self.assertEqual(list(file["checkpoints/0"]), ["beta_1", "beta_2", "complete", "epoch",
                                                           "learning_rate", "step", "weights"])
            self.assert_block(file, "checkpoints/0/weights", golden,
                              "training/UGRNN_relu/initial_weights")

    def test_arrays_are_labelled(self):
        self.assert_done(self.run_import(CHECKPOINTS / "UGRNN_relu", self.out))
        with xarray.open_dataset(self.out, group="checkpoints/20/weights",
                                 engine="h5netcdf") as weights:
            self.assertEqual(weights["W_enc"].dims, ("place", "unit"))
            self.assertEqual(weights["W"].dims, ("cell_input", "cell_output"))

    def test_show_tells_what_is_in_it(self):
        self.assert_done(self.run_import(CHECKPOINTS / "CueUGRNN_relu_two_shards", self.out,
                                         "model.activation=relu"))
        shown = support.run(["show", self.out])
        self.assert_done(shown)
        self.assertIn("import, complete, 1 of 1 tasks", shown.out)
        self.assertIn("CueUGRNN, Ng = 24, Np = 32, 7 inputs, activation relu", shown.out)
        self.assertRegex(shown.out, r"(?m)^10 +10 +2 +yes +0\.001$")
        self.assertEqual(support.run(["show", "--status", self.out]).code, 0)

    def test_a_run_file_is_a_source_too(self):
        second = self.folder / "second.h5"
        self.assert_done(self.run_import(CHECKPOINTS / "UGRNN_relu", self.out,
                                         "model.activation=tanh"))
        self.assert_done(self.run_import(f"{self.out}:/checkpoints/20", second))
        with h5py.File(self.out) as one, h5py.File(second) as two:
            self.assertEqual(two["model/activation"][0], b"tanh")
            for name in NAMES:
                self.assertTrue((one[f"checkpoints/20/weights/{name}"][()] ==
                                 two[f"checkpoints/20/weights/{name}"][()]).all())
        self.assertIn("accepted: tanh", self.refuse(second, self.folder / "third.h5",
                                                    "model.activation=relu"))

    def test_settings_that_disagree_are_refused(self):
        config = self.folder / "model.ini"
        for text, accepted in [("[model]\nNg = 25\n", "model.ini:2: [model] Ng: found 25; "
                                                      "accepted: 24, as in "),
                               ("[model]\n\nNp = 31", "model.ini:3: [model] Np: found 31; "
                                                      "accepted: 32"),
                               ("[model]\nrnn_type = CueUGRNN", "found CueUGRNN; accepted: UGRNN"),
                               ("[cues]\ncue = 0 0 0.1 0.1", "found 1 cues; accepted: 0"),
                               ("[model]\nNg2 = 24", "unknown key Ng2")]:
            config.write_text(text, encoding="utf-8")
            self.assertIn(accepted, self.refuse(CHECKPOINTS / "UGRNN_relu", self.out, config))
            self.assertFalse(self.out.exists())
        config.write_text("[model]\nNg = 24\nNp = 32\nrnn_type = UGRNN\nactivation = elu\n",
                          encoding="utf-8")
        self.assert_done(self.run_import(CHECKPOINTS / "UGRNN_relu", self.out, config))
        with h5py.File(self.out) as file:
            self.assertEqual(file["model/activation"][0], b"elu")

    def test_bad_usage_is_one_line(self):
        source = CHECKPOINTS / "UGRNN_relu"
        cases = [([], "nothing given"), ([source], "no OUT.h5 given"),
                 ([source, self.out, "a", "b"], 'found "b", one file too many'),
                 (["--what", source, self.out], 'found "--what"'),
                 ([self.folder / "none", self.out], "no such run file"),
                 ([self.folder, self.out], "holds neither a file `checkpoint`"),
                 ([MODEL, self.out], "is HDF5 but no run file"),
                 ([source, self.out, self.folder / "none.ini"], "none.ini"),
                 ([source, self.out, "model.Ng=x"], "command line: [model] Ng"),
                 (["--published"], "without a directory"),
                 (["--published", self.folder, "a", "b"], "one file too many")]
        for args, part in cases:
            self.assertIn(part, self.refuse(*args))
        self.assertFalse(self.out.exists())

    def test_a_file_that_is_there_is_kept(self):
        self.assert_done(self.run_import(CHECKPOINTS / "UGRNN_relu", self.out))
        before = self.out.read_bytes()
        self.assertIn("exists", self.refuse(CHECKPOINTS / "UGRNN_tanh_rewards", self.out))
        self.assertIn("is what is imported",
                      self.refuse(self.out, self.out, "run.resume=overwrite"))
        self.assertEqual(self.out.read_bytes(), before)
        self.assert_done(self.run_import(CHECKPOINTS / "UGRNN_tanh_rewards", self.out,
                                         "run.resume=overwrite"))
        with h5py.File(self.out) as file:
            self.assertEqual(list(file["checkpoints"])[0], "10")

    def test_a_dry_run_writes_nothing(self):
        result = self.run_import(CHECKPOINTS / "UGRNN_relu", self.out, "--dry-run")
        self.assert_done(result)
        self.assertIn("would write", result.out)
        self.assertFalse(self.out.parent.exists())

    def test_failures_leave_nothing_behind(self):
        for name in ["skeleton_write", "checkpoint_write", "publish"]:
            result = support.run(["import", CHECKPOINTS / "UGRNN_relu", self.out],
                                 env={"MEC_FAULT": f"{name}:0"})
            self.assertEqual(result.code, 1, name)
            self.one_line_of_failure(result.err)
            self.assertFalse(self.out.exists())
            self.assert_no_leftovers(self.out)

    def test_a_damaged_tensor_is_refused(self):
        folder = self.folder / "run"
        shutil.copytree(CHECKPOINTS / "UGRNN_relu", folder)
        shard = folder / "ckpts" / "ckpt-3.data-00000-of-00001"
        content = bytearray(shard.read_bytes())
        content[9000] ^= 1
        shard.write_bytes(content)
        line = self.refuse(folder, self.out)
        self.assertIn(f"{shard}: net/", line)
        self.assertIn("checksum", line)
        self.assertFalse(self.out.exists())


# ---- the published checkpoints ----

RUNS = ["UGRNN_relu", "UGRNN_relu_reward", "CueUGRNN_relu"]
SUFFIXES = [".index", ".data-00000-of-00002", ".data-00001-of-00002"]


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *args):
        pass

    def do_GET(self):
        server = self.server
        content = server.content.get(self.path)
        start = re.match(r"bytes=(\d+)-$", self.headers.get("Range", ""))
        start = int(start[1]) if start and server.ranges else None
        server.requests.append((self.path, start))
        if content is None or (start is not None and start >= len(content)):
            self.send_response(404 if content is None else 416)
            if content is not None:
                self.send_header("Content-Range", f"bytes */{len(content)}")
            self.send_header("Content-Length", "0")
            self.end_headers()
            return
        self.send_response(200 if start is None else 206)
        if start is not None:
            self.send_header("Content-Range",
                             f"bytes {start}-{len(content) - 1}/{len(content)}")
        rest = content[start or 0:]
        self.send_header("Content-Length", str(len(rest)))
        self.end_headers()
        breaks = server.breaks.pop(self.path, None)
        self.wfile.write(rest if breaks is None else rest[:breaks])
        self.close_connection = breaks is not None


class PublishedTest(ImportTest):
    """Every run is the golden checkpoint of two shards, under the published names."""

    def setUp(self):
        super().setUp()
        source = CHECKPOINTS / "CueUGRNN_relu_two_shards" / "ckpts"
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.content = {f"/base/{run}/ckpt-101{suffix}":
                               (source / f"ckpt-3{suffix}").read_bytes()
                               for run in RUNS for suffix in SUFFIXES}
        self.server.ranges, self.server.breaks, self.server.requests = True, {}, []
        thread = threading.Thread(target=self.server.serve_forever, args=(0.05,))
        thread.start()
        self.addCleanup(thread.join)
        self.addCleanup(self.server.server_close)
        self.addCleanup(self.server.shutdown)
        self.url = f"http://127.0.0.1:{self.server.server_port}/base"
        self.target = self.folder / "models"
        self.large = "/base/UGRNN_relu_reward/ckpt-101.data-00001-of-00002"

    def fetch(self):
        self.server.requests.clear()
        return self.run_import("--published", self.target, f"import.base_url={self.url}")

    def path(self, url):
        run, name = url.split("/")[2:]
        return self.target / run / "ckpts" / name

    def assert_whole(self):
        for url, content in self.server.content.items():
            self.assertEqual(self.path(url).read_bytes(), content)
        self.assertEqual(list(self.target.glob("**/*.part")), [])

    def fail_once(self, part, code=1):
        result = self.fetch()
        self.assertEqual(result.code, code, result)
        line = self.one_line_of_failure(result.err)
        self.assertIn(part, line)
        return line

    def test_all_is_fetched_once_and_imported(self):
        result = self.fetch()
        self.assert_done(result)
        self.assertEqual(len(result.out.splitlines()), len(RUNS))
        self.assert_whole()
        self.assertEqual(len(self.server.requests), len(RUNS) * len(SUFFIXES))
        again = self.fetch()
        self.assert_done(again)
        self.assertIn("UGRNN_relu: was there", again.out)
        self.assertEqual(self.server.requests, [])
        out = self.folder / "model.h5"
        self.assert_done(self.run_import(self.target / "CueUGRNN_relu", out))
        with h5py.File(out) as file, h5py.File(MODEL) as golden:
            wanted = golden["training/CueUGRNN_relu_two_shards/final_weights/W"][()]
            self.assertTrue((file["checkpoints/10/weights/W"][()] == wanted).all())

    def test_what_broke_off_is_gone_on_with(self):
        self.server.breaks[self.large] = 12345
        line = self.fail_once("kept in")
        part = Path(f"{self.path(self.large)}.part")
        self.assertIn(str(part), line)
        self.assertEqual(part.stat().st_size, 12345)
        self.assertFalse(self.path(self.large).exists())
        self.assert_done(self.fetch())
        self.assertEqual(self.server.requests[0], (self.large, 12345))
        self.assert_whole()

    def test_a_server_without_ranges_sends_all_again(self):
        self.server.ranges = False
        self.server.breaks[self.large] = 12345
        self.fail_once("kept in")
        self.assert_done(self.fetch())
        self.assert_whole()

    def test_a_part_that_is_whole_or_too_long(self):
        part = Path(f"{self.path(self.large)}.part")
        content = self.server.content[self.large]
        part.parent.mkdir(parents=True)
        part.write_bytes(content)
        self.assert_done(self.fetch())
        self.assertIn((self.large, len(content)), self.server.requests)
        self.assertNotIn((self.large, None), self.server.requests)
        self.assert_whole()
        self.path(self.large).unlink()
        part.write_bytes(content + b"more")
        self.assert_done(self.fetch())
        self.assertEqual(self.server.requests,
                         [(self.large, len(content) + 4), (self.large, None)])
        self.assert_whole()

    def test_a_damaged_byte_is_refused(self):
        content = bytearray(self.server.content[self.large])
        content[20000] ^= 4
        whole, self.server.content[self.large] = self.server.content[self.large], bytes(content)
        self.assertIn(str(self.path(self.large)), self.fail_once("remove that file", code=2))
        self.fail_once("checksum", code=2)
        self.assertEqual(self.server.requests, [])
        self.server.content[self.large] = whole
        self.path(self.large).unlink()
        self.assert_done(self.fetch())
        self.assert_whole()

    def test_a_file_that_is_not_there(self):
        content = self.server.content.pop(self.large)
        line = self.fail_once("404")
        self.assertIn(f"{self.url}{self.large[5:]}", line)
        self.server.content[self.large] = content
        self.assert_done(self.fetch())
        self.assert_whole()

    def test_no_server(self):
        self.url = "http://127.0.0.1:1"
        self.fail_once("http://127.0.0.1:1/UGRNN_relu/ckpt-101.index")
        self.url = "file:///etc"
        self.fail_once("file:///etc/UGRNN_relu/ckpt-101.index")


if __name__ == "__main__":
    unittest.main()
