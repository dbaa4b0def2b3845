"""mec export --tensorflow: what was imported goes back, byte by byte where TensorFlow wrote one
shard; the object graph, by which TensorFlow restores, is the golden one but for the cell's name."""
import re
import unittest

import h5py

import support

CHECKPOINTS = support.PROJECT / "tests" / "golden" / "tf_ckpt"
SHARD = ".data-00000-of-00001"


def varint(data, at):
    value = shift = 0
    while True:
        value |= (data[at] & 127) << shift
        shift += 7
        at += 1
        if data[at - 1] < 128:
            return value, at


def fields(message):
    """[(number, value)] of a protocol-buffer message of varints and bytes."""
    found, at = [], 0
    while at < len(message):
        tag, at = varint(message, at)
        value, at = varint(message, at)
        if tag & 7 == 2:
            value, at = message[at:at + value], at + value
        found.append((tag >> 3, value))
    return found


def graph(data):
    """The nodes of a TrackableObjectGraph that stands in a shard as a string tensor."""
    length, at = varint(data, 0)
    assert len(data) == at + 4 + length
    nodes = [[(kind, fields(part)) for kind, part in fields(node)]
             for _, node in fields(data[at + 4:])]
    return re.sub(r"rnn(_\d+)?/", "rnn/", repr(nodes))


class ExportTest(support.JobTest):
    def setUp(self):
        super().setUp()
        self.run_file = self.folder / "run.h5"
        self.target = self.folder / "new" / "ckpts"

    def take(self, source):
        result = support.run(["import", source, self.run_file, "run.resume=overwrite",
                              "model.activation=relu"])
        self.assert_done(result)

    def export(self, source, target=None):
        return support.run(["export", "--tensorflow", target or self.target, source])

    def n_byte(self, group, moments):
        """Of all numbers, which stand before the graph."""
        with h5py.File(self.run_file) as file:
            count = sum(item.size for item in file[f"{group}/weights"].values())
        return 4 + 8 + 4 * count + (8 + 4 * 4 + 8 * count if moments else 0)

    def test_what_was_imported_goes_back(self):
        for run in ["UGRNN_relu", "UGRNN_position_loss", "UGRNN_tanh_rewards"]:
            for number, moments in [(1, False), (2, True), (3, True)]:
                source = CHECKPOINTS / run / "ckpts" / f"ckpt-{number}"
                target = self.folder / run / str(number)
                self.take(source)
                self.assert_done(self.export(self.run_file, target))
                found = (target / f"ckpt-{number}{SHARD}").read_bytes()
                wanted = source.with_name(source.name + SHARD).read_bytes()
                with h5py.File(self.run_file) as file:
                    name = next(n for n in file["checkpoints"] if n.isdigit())
                n = self.n_byte(f"checkpoints/{name}", moments)
                self.assertEqual(found[:n], wanted[:n])
                self.assertEqual(graph(found[n:]), graph(wanted[n:]))
                self.check_index(target / f"ckpt-{number}.index",
                                 source.with_name(source.name + ".index"))

    def check_index(self, found, wanted):
        """The same but for the graph's length and checksum, and the checksum of the block."""
        found, wanted = found.read_bytes(), wanted.read_bytes()
        self.assertEqual(len(found), len(wanted))
        differ = [i for i in range(len(found)) if found[i] != wanted[i]]
        self.assertLessEqual(len(differ), 2 + 4 + 4)
        self.assertLess(max(i for i in differ if i < len(found) // 2), 70)

    def test_two_shards_become_one(self):
        self.take(CHECKPOINTS / "CueUGRNN_relu_two_shards")
        before = support.arrays(self.run_file)
        self.assert_done(self.export(f"{self.run_file}:/checkpoints/10"))
        self.assertEqual((self.target / "checkpoint").read_text(),
                         'model_checkpoint_path: "ckpt-3"\nall_model_checkpoint_paths: "ckpt-3"\n')
        self.take(self.target)
        after = support.arrays(self.run_file)
        for name in before:
            if not name.startswith("/inputs"):
                self.assertEqual(before[name], after[name], name)

    def test_refusals_are_one_line(self):
        self.take(CHECKPOINTS / "UGRNN_relu")
        self.assert_done(self.export(self.run_file))
        usage = ["export", self.run_file, "--tensorflow", self.target, self.folder / "out.csv"]
        for result, part in [(self.export(self.run_file), "ckpt-3.index: exists"),
                             (self.export(self.folder / "none.h5"), "no such run file"),
                             (support.run(usage), "more than a file beside --tensorflow")]:
            self.assertEqual(result.code, 2)
            self.assertIn(part, self.one_line_of_failure(result.err))

    def test_a_failure_leaves_nothing_behind(self):
        self.take(CHECKPOINTS / "UGRNN_relu")
        for fault in ["bundle_write:0", "publish:0", "publish:0:2"]:
            result = support.run(["export", "--tensorflow", self.target, self.run_file],
                                 env={"MEC_FAULT": fault})
            self.assertEqual(result.code, 1)
            self.one_line_of_failure(result.err)
            self.assertFalse((self.target / "ckpt-3.index").exists())
            self.assertEqual(list(self.target.glob("*.new")), [])
        self.assert_done(self.export(self.run_file))


if __name__ == "__main__":
    unittest.main()
