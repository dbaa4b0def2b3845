"""mec ratemaps against the reference's maps, and against plain numpy for what it says of units."""
import os
import re
import subprocess
import unittest

import h5py
import numpy as np

import rate_maps
import support
from support import JobTest

CASES = {"box1.0": "1.0", "box2.2_bin20": "2.2", "box_2.5x1.0_nbins9": "-1_1.5_0.25_1.25",
         "cues_box2.2_bin20": "2.2"}


class RateMapsTest(JobTest):
    def draw(self, ranks=None, name="maps", **sections):
        output = self.folder / f"{name}.h5"
        config = rate_maps.write_config(self.folder / f"{name}.ini", output, **sections)
        self.assert_done(support.run(["ratemaps", config], ranks))
        self.assert_no_leftovers(output)
        return output


class Golden(RateMapsTest):
    def test_maps_are_those_of_the_reference(self):
        for name, box in CASES.items():
            with self.subTest(name):
                sections, expected = rate_maps.golden_case(name)
                with h5py.File(self.draw(name=name, **sections)) as file:
                    for layer, maps in expected.items():
                        found = file[f"ratemaps/{box}/{layer}"][()]
                        largest = np.nanmax(np.abs(maps))
                        self.assert_close(found, maps, 1e-5 * largest, layer)


class Layout(RateMapsTest):
    def test_arrays_are_labelled(self):
        box = "-1_1_-0.5_0.5"
        output = self.draw(model={"box_width": 2, "box_height": 1}, ratemaps={"layers": "g, dc"})
        with h5py.File(output) as file:
            group = file[f"ratemaps/{box}"]
            self.assertEqual(group["g"].shape, (10, 5, 24))
            self.assertEqual(group["dc"].shape, (10, 5, 32))
            self.assertNotIn("pre_g", group)
            np.testing.assert_allclose(group["x_edges"], np.linspace(-1, 1, 11), atol=1e-15)
            np.testing.assert_allclose(group["y"], np.arange(-0.4, 0.5, 0.2), atol=1e-15)
            for name in ("x_edges", "y_edges", "x", "y"):  # what labels itself, for xarray
                self.assertTrue(h5py.h5ds.is_scale(group[name].id), name)
            self.assertEqual([group["g"].dims[d][0].name for d in range(3)],
                             [f"/ratemaps/{box}/x", f"/ratemaps/{box}/y", "/ratemaps/unit"])
            self.assertEqual(group["x"].attrs["units"], b"m")
            count = group["count"][()]
            self.assertLessEqual(count.sum(), 4 * 40 * 20)
            self.assertGreater(count.sum(), 3000)
            self.assertTrue((np.isnan(group["g"][()]).all(axis=2) == (count == 0)).all())
            self.assertFalse(file["resume/a/mark"][()].any())

    def test_boxes_and_seeds_stand_side_by_side(self):
        boxes = ["-0.5 0.5 -0.5 0.5", "-1 1 -0.5 0.5"]
        output = self.draw(ratemaps={"environment": boxes, "trajectory_seed": "3, 5"})
        with h5py.File(output) as file:
            for seed in (3, 5):
                for i, name in enumerate(("1.0", "-1_1_-0.5_0.5")):
                    alone = self.draw(name=f"alone_{seed}_{i}",
                                      ratemaps={"environment": boxes[i], "trajectory_seed": seed})
                    with h5py.File(alone) as other:
                        np.testing.assert_array_equal(file[f"ratemaps/{name}/seed_{seed}/g"],
                                                      other[f"ratemaps/{name}/g"])


def autocorrelogram(rates):
    """The correlation of a map with itself moved, of at least 20 common bins."""
    nx, ny = rates.shape
    found = np.full((2 * nx - 1, 2 * ny - 1), np.nan)
    for i in range(1 - nx, nx):
        for j in range(1 - ny, ny):
            a = rates[max(0, -i):nx - max(0, i), max(0, -j):ny - max(0, j)].ravel()
            b = rates[max(0, i):nx - max(0, -i), max(0, j):ny - max(0, -j)].ravel()
            keep = np.isfinite(a) & np.isfinite(b)
            if keep.sum() >= 20 and np.ptp(a[keep]) > 1e-9 and np.ptp(b[keep]) > 1e-9:
                found[i + nx - 1, j + ny - 1] = np.corrcoef(a[keep], b[keep])[0, 1]
    return found


def turned(values, i, j, degrees):
    """What lies where (i, j), from the middle, is turned to; linear between bins."""
    c, s = np.cos(np.radians(degrees)), np.sin(np.radians(degrees))
    x = c * i - s * j + values.shape[0] // 2
    y = s * i + c * j + values.shape[1] // 2
    x, y = (round(z) if abs(z - round(z)) < 1e-9 else z for z in (x, y))
    if not (0 <= x <= values.shape[0] - 1 and 0 <= y <= values.shape[1] - 1):
        return np.nan
    k, m = int(x), int(y)
    u, v = x - k, y - m
    k1, m1 = k + (u > 0), m + (v > 0)
    return ((1 - u) * ((1 - v) * values[k, m] + v * values[k, m1])
            + u * ((1 - v) * values[k1, m] + v * values[k1, m1]))


def grid_score(rates):
    """As the header of model/spatial.h defines it, for square bins."""
    values = autocorrelogram(rates)
    mid = np.array(values.shape) // 2
    places = [(i - mid[0], j - mid[1], values[i, j]) for i in range(values.shape[0])
              for j in range(values.shape[1]) if np.isfinite(values[i, j])]
    circles = [int(np.hypot(i, j) + 0.5) for i, j, _ in places]
    means = [np.mean([p[2] for p, k in zip(places, circles) if k == c])
             for c in range(max(circles) + 1)]
    inner = next((k for k in range(2, len(means) - 1) if means[k] < means[k + 1]), 0)
    outer = min(3 * inner, min(rates.shape) - 2)
    if inner == 0 or 2 * inner > outer:
        return np.nan
    best = np.nan
    for last in range(2 * inner, outer + 1):
        ring = [p for p, k in zip(places, circles) if inner < k <= last]
        r = {}
        for degrees in (30, 60, 90, 120, 150):
            pairs = np.array([(v, turned(values, i, j, degrees)) for i, j, v in ring])
            pairs = pairs[np.isfinite(pairs).all(axis=1)]
            r[degrees] = np.corrcoef(pairs.T)[0, 1] if len(pairs) >= 20 else np.nan
        score = min(r[60], r[120]) - max(r[30], r[90], r[150])
        if np.isfinite(list(r.values())).all() and not score <= best:
            best = score
    return best


class Statistics(RateMapsTest):
    def test_they_follow_from_the_maps(self):
        # few units, so that numpy's plain loops end
        output = self.draw(model={"box_width": 1.5, "box_height": 1.5},
                           ratemaps={"bin_cm": 10, "n_eval_seq": 8, "layers": "g, dc"})
        with h5py.File(output) as file:
            group = file["ratemaps/1.5"]
            count = group["count"][()]
            for layer in ("g", "dc"):
                maps = group[layer][()]
                found = {k: v[()] for k, v in group[f"statistics/{layer}"].items()}
                for unit in range(0, maps.shape[2], 3):
                    self.check_unit(maps[:, :, unit], count,
                                    {k: v[unit] for k, v in found.items()}, f"{layer} {unit}")
            self.assertTrue(np.isfinite(group["statistics/g/spatial_information"][()]).any())
            self.assertTrue(np.isnan(group["statistics/dc/spatial_information"][()]).any())

    def check_unit(self, rates, count, found, what):
        keep = count > 0
        p, r = count[keep] / count[keep].sum(), rates[keep]
        mean = (p * r).sum()
        information = sparsity = np.nan
        if (r >= 0).all() and mean > 0:
            ratio = r[r > 0] / mean
            information = (p[r > 0] * ratio * np.log2(ratio)).sum()
            sparsity = mean ** 2 / (p * r ** 2).sum()
        self.assert_close(found["spatial_information"], information, 1e-12, what)
        self.assert_close(found["sparsity"], sparsity, 1e-12, what)
        self.assert_close(found["grid_score"], grid_score(rates), 1e-8, what)


class Weights(RateMapsTest):
    def test_a_run_may_be_named_by_its_parts(self):
        folder = rate_maps.CHECKPOINTS
        parts = {"file": None, "load_dir": folder, "run_ID": "UGRNN_relu", "ckpt_file": "ckpt-2"}
        by_parts = self.draw(name="parts", model=parts)
        whole = self.draw(name="whole", model={"file": folder / "UGRNN_relu/ckpts/ckpt-2"})
        latest = self.draw(name="latest", model={"file": folder / "UGRNN_relu"})
        maps = [support.arrays(path)["/ratemaps/2.2/g"] for path in (by_parts, whole, latest)]
        self.assertEqual(maps[0], maps[1])
        self.assertNotEqual(maps[0], maps[2])

    def test_random_weights_are_those_that_training_starts_from(self):
        random = self.draw(name="random", model={"file": None, "random_init": "yes"})
        first = self.draw(name="first",
                          model={"file": rate_maps.CHECKPOINTS / "UGRNN_relu/ckpts/ckpt-1"})
        self.assertEqual(support.arrays(random)["/ratemaps/2.2/g"],
                         support.arrays(first)["/ratemaps/2.2/g"])


class DryRun(RateMapsTest):
    def peak_of(self, *arguments):
        """MiB of the program at its largest, or of this process, which it is forked from; stdout."""
        with open(self.folder / "out", "w+") as out:
            child = subprocess.Popen([support.program(), *map(str, arguments)], stdout=out)
            _, state, used = os.wait4(child.pid, 0)
            child.returncode = os.waitstatus_to_exitcode(state)
            self.assertEqual(child.returncode, 0)
            out.seek(0)
            return used.ru_maxrss / 1024, out.read()

    def test_it_tells_of_the_memory_that_a_run_takes(self):
        for sizes in ({"n_eval_seq": 8, "nbins": 40}, {"n_eval_seq": 2, "nbins": 110}):
            config = rate_maps.write_config(self.folder / "maps.ini", self.folder / "maps.h5",
                                            ratemaps={"layers": "g, pre_g, dc", **sizes},
                                            run={"resume": "overwrite"})
            _, told = self.peak_of("ratemaps", config, "--dry-run")
            peak, _ = self.peak_of("ratemaps", config)
            found = float(re.search(r"([\d.]+) MiB of working memory", told)[1])
            self.assertLess(peak, 1.1 * found + 72)  # 30 MiB are the program and its libraries
            self.assertGreater(peak, 0.6 * found)

    def test_it_tells_and_writes_nothing(self):
        config = rate_maps.write_config(self.folder / "maps.ini", self.folder / "maps.h5",
                                        model={"activation": None},
                                        ratemaps={"trajectory_seed": "1, 2"})
        before = sorted(self.folder.rglob("*"))
        result = support.run(["ratemaps", config, "--dry-run"])
        self.assertEqual(result.code, 0, result.err)
        self.assertRegex(result.out, r"weights: .*UGRNN_relu/ckpts/ckpt-3\n")
        self.assertRegex(result.err, r"ckpt-3: does not say which activation .*: taken for relu")
        self.assertRegex(result.out, r"tasks: +8 \(2 maps from 4 batches each\)")
        self.assertRegex(result.out, r"memory: .* working memory a rank")
        self.assertTrue(re.search(r"work: +about ", result.out))
        self.assertEqual(sorted(self.folder.rglob("*")), before)
        result = support.run(["ratemaps", config, "--dry-run", "model.activation=relu"])
        self.assertEqual((result.code, result.err), (0, ""))


if __name__ == "__main__":
    unittest.main()
