"""Bad settings, command lines, datasets and outputs: exit code 2, one line that says what and
where, the same on one process and under mpirun, and nothing written."""
import os
import unittest

import h5py
import numpy as np

import support
from refusals import Case, RefusalTest

GOOD = "[run]\noutput = out.h5\n[data]\ndataset = good.h5\n"


def write_good(folder):
    support.write_dataset(folder / "good.h5", {"1.0": support.animals()})


def ini(name, text, *says):
    """A job file fit.ini of this text or these bytes."""
    def prepare(folder):
        write_good(folder)
        (folder / "fit.ini").write_bytes(text if isinstance(text, bytes) else text.encode())
    return Case(name, ["fit", "fit.ini"], says, prepare)


def override(name, *arguments, says):
    def prepare(folder):
        write_good(folder)
        (folder / "fit.ini").write_text(GOOD)
    return Case(name, ["fit", "fit.ini", *arguments], says, prepare)


def data(name, change, *says, arguments=()):
    """A dataset bad.h5 that `change` makes, from the path of a good one."""
    def prepare(folder):
        write_good(folder)
        (folder / "good.h5").rename(folder / "bad.h5")
        (folder / "fit.ini").write_text(GOOD.replace("good.h5", "bad.h5"))
        change(folder / "bad.h5")
    return Case(name, ["fit", "fit.ini", *arguments], ["bad.h5", *says], prepare)


def output(name, make, *says, arguments=()):
    """An output out.h5 that is there before, as `make` leaves it in the folder."""
    def prepare(folder):
        write_good(folder)
        (folder / "fit.ini").write_text(GOOD)
        make(folder)
    return Case(name, ["fit", "fit.ini", *arguments], ["out.h5", *says], prepare)


# ---- job files ----

INI = [
    ini("over-long line", GOOD + "; " + 400 * "x" + "\n", "fit.ini:5: ", "402 characters",
        "accepted: at most"),
    ini("over-long value", GOOD + "arenas = " + 300 * "y" + "\n", "fit.ini:5: ", "309 characters"),
    ini("unknown section", GOOD + "[splitz]\n", "fit.ini:5: ", "[splitz]", "nearest: splits",
        "accepted: run data source splits"),
    ini("unknown section, nothing near", GOOD + "[quixotic]\n", "fit.ini:5: ", "[quixotic]",
        "accepted: run data"),
    ini("unknown key", GOOD + "[splits]\nnum_split = 3\n", "fit.ini:6: ", "num_split in [splits]",
        "nearest: num_splits", "accepted: train_frac num_splits split_start_seed"),
    ini("key of another section", GOOD + "[splits]\nalpha = 3\n", "fit.ini:6: ",
        "alpha in [splits]"),
    ini("above the range", GOOD + "[splits]\ntrain_frac = 1.5\n", "fit.ini:6: ",
        "[splits] train_frac", 'found "1.5"', "accepted: a number in [0, 1), or one of: topbottom"),
    ini("at an open end", GOOD + "[splits]\ntrain_frac = 1\n", "fit.ini:6: ", 'found "1"'),
    ini("below the range", GOOD + "[map]\nalpha = -0.1\n", "fit.ini:6: ", "[map] alpha",
        'found "-0.1"', "accepted: a number in [0, inf)"),
    ini("not finite", GOOD + "[map]\nalpha = inf\n", "fit.ini:6: ", 'found "inf"'),
    ini("not a number", GOOD + "[map]\nalpha = nan\n", "fit.ini:6: ", 'found "nan"'),
    ini("doubled key", GOOD + "[splits]\nnum_splits = 3\ntrain_frac = 0.3\nnum_splits = 3\n",
        "fit.ini:8: ", "[splits] num_splits", "twice", "line 6"),
    ini("doubled key, section reopened", GOOD + "[map]\nalpha = 1\n[data]\ndataset = x\n",
        "fit.ini:8: ", "[data] dataset", "twice", "line 4"),
    ini("bad bool", GOOD + "[map]\nfit_intercept = maybe\n", "fit.ini:6: ", "[map] fit_intercept",
        'found "maybe"', "accepted: yes or no"),
    ini("bad word", GOOD + "[source]\nmode = both\n", "fit.ini:6: ", "[source] mode",
        'found "both"', "accepted: one of: holdout pairwise"),
    ini("misspelt word", GOOD + "[map]\nregression_type = Rigde\n", "fit.ini:6: ",
        'found "Rigde"', "nearest: Ridge"),
    ini("bad real", GOOD + "[map]\nalpha = 1,5\n", "fit.ini:6: ", 'found "1,5"',
        "accepted: a number"),
    ini("bad integer", GOOD + "[splits]\nnum_splits = 2.5\n", "fit.ini:6: ", 'found "2.5"',
        "accepted: a whole number in [1, 1000000]"),
    ini("integer beyond 64 bits", GOOD + "[splits]\nnum_splits = 99999999999999999999\n",
        "fit.ini:6: ", 'found "99999999999999999999"'),
    ini("empty number", GOOD + "[splits]\nnum_splits =\n", "fit.ini:6: ", 'found ""'),
    ini("key before any section", "dataset = good.h5\n" + GOOD, "fit.ini:1: ", "dataset",
        "before the first [section]"),
    ini("not key = value", GOOD + "\nnonsense\n", "fit.ini:6: ", 'found "nonsense"',
        "accepted: [section], key = value"),
    ini("malformed last line without its end", GOOD + "nonsense", "fit.ini:5: ",
        'found "nonsense";'),
    # The size fills a block of memory, so that nothing ends the text but its length.
    ini("the same in a file of 64 bytes", "[run]\n; " + 48 * "-" + "\nnonsens", "fit.ini:3: ",
        'found "nonsens";'),
    ini("section not closed", GOOD + "[splits\nnum_splits = 3\n", "fit.ini:5: ",
        'found "[splits"'),
    ini("NUL byte", GOOD.encode() + b"[map]\nal\0pha = 1\n", "fit.ini", "NUL"),
    ini("empty file", "", "[data] dataset", "is empty", "accepted: "),
    ini("only comments", "; nothing\n# at all\n", "[data] dataset", "is empty"),
    ini("empty dataset", "[run]\noutput = out.h5\n[data]\ndataset =\n", "fit.ini:4: ",
        "[data] dataset", "is empty"),
    ini("no output", "[data]\ndataset = good.h5\n", "[run] output", "is empty", "accepted: "),
    ini("word of another kind", GOOD + "[splits]\ntrain_frac = quads\n", "fit.ini:6: ",
        "[splits] train_frac", 'found "quads"', "topbottom leftright diag1 diag2 quad"),
    ini("unknown score", GOOD + "[fit]\nscores = corr, r3\n", "fit.ini:6: ", 'found "r3"',
        "nearest: r2"),
    ini("no score", GOOD + "[fit]\nscores = ,\n", "fit.ini:6: ", "[fit] scores", "accepted: "),
    ini("seeds beyond 32 bits", GOOD + "[splits]\nsplit_start_seed = 4294967295\n", "fit.ini:6: ",
        "[splits] split_start_seed", "4294967295", "accepted: "),
    ini("a model without kind = model", GOOD + "[source]\nmodel = g\n", "fit.ini:6: ",
        "accepted only with [source] kind = model"),
    ini("a layer without kind = model", GOOD + "[source]\nlayer = dc\n", "fit.ini:6: ",
        "accepted only with [source] kind = model"),
]

FILES = [
    Case("missing file", ["fit", "none.ini"], ["none.ini", "No such file"]),
    Case("directory", ["fit", "folder"], ["folder", "directory"],
         lambda folder: (folder / "folder").mkdir()),
    Case("a device that never ends", ["fit", "/dev/zero"], ["/dev/zero", "256 MiB"]),
]


def write_unreadable(folder):
    (folder / "fit.ini").write_text(GOOD)
    (folder / "fit.ini").chmod(0)


UNREADABLE = [Case("unreadable file", ["fit", "fit.ini"], ["fit.ini", "Permission denied"],
                   write_unreadable)]

# ---- command lines ----

COMMAND_LINE = [
    override("no dot", "num_splits=3", says=['found "num_splits=3"', "section.key=value"]),
    override("no equals sign", "splits.num_splits", says=['found "splits.num_splits"']),
    override("a second file", "other.ini", says=['found "other.ini"', "section.key=value"]),
    override("unknown section", "split.num_splits=3",
             says=["command line", "[split]", "nearest: splits"]),
    override("unknown key", "splits.num_split=3",
             says=["command line", "num_split in [splits]", "nearest: num_splits"]),
    override("doubled", "map.alpha=3", "splits.num_splits=2", "map.alpha=3",
             says=["command line", "[map] alpha", "twice"]),
    override("out of range", "splits.num_splits=0",
             says=["command line", "[splits] num_splits", 'found "0"', "[1, 1000000]"]),
    override("empty key", "splits.=3", says=["command line", "splits", "accepted: "]),
    override("long section", 100 * "s" + ".key=3", says=["command line", "section.key=value"]),
    override("long value", "data.dataset=" + 3000 * "d",
             says=["command line", "[data] dataset", "accepted: at most"]),
    override("unknown option", "--fast", says=['"--fast"', "accepted: --dry-run, --help"]),
    override("no such dataset, said where", "data.dataset=none.h5",
             says=["none.h5", "No such file"]),
    Case("no job", [], ["no job", "--help"]),
    Case("unknown job", ["fitt", "fit.ini"], ['"fitt"', "accepted: fit, grid, train, synth, "]),
    Case("no job file", ["fit"], ["usage: mec fit CONFIG.ini"]),
    Case("only an override", ["fit", "--dry-run"], ["usage: mec fit CONFIG.ini"]),
    Case("show without a file", ["show"], ["no file", "usage: mec show"]),
    Case("show with an option it lacks", ["show", "--all", "good.h5"],
         ['"--all"', "usage: mec show"]),
]

# ---- datasets ----


def cut_short(path):
    path.write_bytes(path.read_bytes()[:path.stat().st_size * 2 // 3])


def edit(change):
    """A change of the open file's arena 1.0."""
    def apply(path):
        with h5py.File(path, "r+") as file:
            change(file["1.0"])
    return apply


def replace(animal, name, values, **options):
    def change(arena):
        del arena[animal][name]
        if values is not None:
            arena[animal].create_dataset(name, data=values, **options)
    return edit(change)


def make_countless(arena):
    del arena["rat_a/resp"]
    arena["rat_a"].create_dataset("resp", (2 ** 61 + 9, 8, 5), chunks=(4, 4, 4))


def only_one_animal(arena):
    del arena["rat_b"], arena["rat_c"]


def as_ids(names):
    return {"values": names, "dtype": h5py.string_dtype()}


IDS = [f"rat_a_{i}" for i in range(5)]

DATA = [
    data("missing", lambda path: path.unlink(), "No such file"),
    data("a directory", lambda path: (path.unlink(), path.mkdir()), "is a directory"),
    data("not HDF5", lambda path: path.write_text("time, rate\n1, 2\n"), "not a whole HDF5 file"),
    data("empty file", lambda path: path.write_bytes(b""), "not a whole HDF5 file"),
    data("cut short", cut_short, "not a whole HDF5 file"),
    data("no such group", lambda path: None, "no group /sessions",
         arguments=["data.dataset=bad.h5:/sessions"]),
    data("group is an array", lambda path: None, "no group /1.0/rat_a/resp",
         arguments=["data.dataset=bad.h5:/1.0/rat_a/resp"]),
    data("no arena", lambda path: None, "no arena", "accepted: /<arena>/<animal>/resp",
         arguments=["data.dataset=bad.h5:/1.0"]),
    data("unknown arena", lambda path: None, 'no arena "2.2"', "accepted: 1.0",
         arguments=["data.arenas=1.0, 2.2"]),
    data("resp missing", replace("rat_a", "resp", None), "arena 1.0, animal rat_a",
         "resp is missing", "accepted: resp and cell_ids"),
    data("cell_ids missing", replace("rat_b", "cell_ids", None), "animal rat_b",
         "cell_ids is missing"),
    data("resp with one axis", replace("rat_a", "resp", np.zeros(5)), "animal rat_a",
         "1 dimension", "accepted: (x bins, y bins, cells)"),
    data("resp with four axes", replace("rat_a", "resp", np.zeros((2, 2, 2, 5))), "4 dimension"),
    data("resp a single number", replace("rat_a", "resp", 3.0), "0 dimension"),
    data("resp of texts", replace("rat_a", "resp", np.full((8, 9, 5), b"1.5")),
         "animal rat_a", "numbers", "accepted: floating point or integers"),
    data("resp of complex numbers", replace("rat_a", "resp", np.zeros((8, 9, 5), complex)),
         "animal rat_a", "numbers"),
    data("states that come to 72 where numbers of 64 bits begin again",
         edit(make_countless), "animal rat_a", "18446744073709551615 states", "accepted: 1 to"),
    data("no cell", replace("rat_a", "resp", np.zeros((8, 9, 0))), "animal rat_a", "0 cells",
         "accepted: 1 to"),
    data("no state", replace("rat_a", "resp", np.zeros((8, 0, 5))), "animal rat_a", "0 states"),
    data("too few ids", replace("rat_a", "cell_ids", **as_ids(IDS[:4])), "animal rat_a",
         "cell_ids", "4 entries", "accepted: one dimension of 5"),
    data("ids with two axes", replace("rat_a", "cell_ids", **as_ids([IDS])), "animal rat_a",
         "cell_ids has 2 dimension"),
    data("ids that are numbers", replace("rat_a", "cell_ids", np.arange(5)), "animal rat_a",
         "cell_ids", "accepted: fixed- or variable-length strings"),
    data("doubled id in an animal", replace("rat_a", "cell_ids", **as_ids(IDS[:4] + IDS[:1])),
         "arena 1.0", '"rat_a_0" stands twice', "accepted: ids that are unique"),
    data("doubled id across animals",
         replace("rat_a", "cell_ids", **as_ids(IDS[:4] + ["rat_c_3"])), '"rat_c_3" stands twice'),
    data("unequal numbers of states", replace("rat_b", "resp", np.zeros((8, 8, 6))),
         "animal rat_b", "64 states", "rat_a has 72", "accepted: the same number"),
    data("one animal only", edit(only_one_animal), "no arena has two animals",
         "accepted: at least two"),
]

# ---- outputs ----


def make_run(*settings, change=None):
    """out.h5 is a finished run, of other data if `change` makes some."""
    def make(folder):
        result = support.run(["fit", "fit.ini", *settings], cwd=folder)
        assert result.code == 0, result.err
        if change:
            change(folder)
    return make


def change_data(folder):
    with h5py.File(folder / "good.h5", "r+") as file:
        file["1.0/rat_a/resp"][0, 0, 0] += 1


def write_cells(alpha):
    def write(folder):
        (folder / "cells.csv").write_text(f"cell_id,alpha\nrat_a_0,{alpha}\n")
    return write


def make_run_of_cells(folder):
    write_cells(2)(folder)
    make_run("map.per_cell=cells.csv", change=write_cells(3))(folder)


def change_schema(folder):
    with h5py.File(folder / "out.h5", "r+") as file:
        file.attrs["schema_version"] = "2"


def write_foreign(folder):
    with h5py.File(folder / "out.h5", "w") as file:
        file["values"] = [1, 2]


def cut_run(folder):
    cut_short(folder / "out.h5")


OUTPUT = [
    output("another kind of file", lambda folder: (folder / "out.h5").write_text("notes\n"),
           "not a whole HDF5 file"),
    output("a directory", lambda folder: (folder / "out.h5").mkdir(), "is a directory"),
    output("another HDF5 file", write_foreign, "not a run file", "accepted: ", "run.output"),
    output("its own dataset", lambda folder: None, "not a run file",
           arguments=["run.output=good.h5", "data.arenas=1.0"])._replace(says=["good.h5"]),
    output("its own dataset, to be overwritten", lambda folder: None,
           arguments=["run.output=good.h5", "run.resume=overwrite"])._replace(
               says=["good.h5", "an input of this run", "another run.output"]),
    output("a run of other settings", make_run("map.alpha=3", "splits.num_splits=2"),
           "other settings", "[map] alpha is 3 there and 1 here",
           "[splits] num_splits is 2 there and 10 here", "run.resume=overwrite"),
    output("a run of other data", make_run(change=change_data), "good.h5", "another dataset",
           "run.resume=overwrite"),
    output("a run of other parameters of cells", make_run_of_cells, "another dataset",
           "cells.csv differs", arguments=["map.per_cell=cells.csv"]),
    output("a run of more files", make_run_of_cells, "a run that read 2 files", "reads 1",
           "run.resume=overwrite"),
    output("a run of another version", make_run(change=change_schema), "not a run file of this",
           "2"),
    output("a damaged run", make_run(change=cut_run), "not a whole HDF5 file"),
    output("a run, and resume is never", make_run(), "exists", "resume is never",
           arguments=["run.resume=never"]),
    output("a file in the way of a directory", lambda folder: None, "good.h5", "directory",
           arguments=["run.output=good.h5/out.h5"]),
    output("a directory that cannot be made", lambda folder: None,
           arguments=["run.output=/proc/none/out.h5"])._replace(says=["/proc/none: "]),
]


def write_locked_folder(folder):
    (folder / "closed").mkdir()
    (folder / "closed").chmod(0o555)


UNWRITABLE = [output("a directory that is closed", write_locked_folder, "Permission denied",
                     arguments=["run.output=closed/out.h5"])]


class BadInput(RefusalTest):
    def test_there_are_many_cases(self):
        cases = INI + FILES + COMMAND_LINE + DATA + OUTPUT
        self.assertGreaterEqual(len(cases), 90)
        for table in (INI, FILES, COMMAND_LINE, DATA, OUTPUT):
            names = [case.name for case in table]
            self.assertEqual(len(set(names)), len(names))

    def test_job_files(self):
        self.check(INI)

    def test_job_files_that_cannot_be_read(self):
        self.check(FILES)

    def test_command_lines(self):
        self.check(COMMAND_LINE)

    def test_datasets(self):
        self.check(DATA)

    def test_outputs(self):
        self.check(OUTPUT)

    @unittest.skipIf(os.geteuid() == 0, "nothing is closed to root")
    def test_closed_files_and_directories(self):
        self.check(UNREADABLE + UNWRITABLE)


if __name__ == "__main__":
    unittest.main()
