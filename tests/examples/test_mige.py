"""mige_toy and mige_control: what they write, what repeats, and the acceptance items that full runs are judged by."""
import csv
import math
import os
import unittest

from harness import ExampleTest


class MigeTest(ExampleTest):
    def rows(self, *parts):
        with open(self.path(*parts), newline="") as file:
            return list(csv.DictReader(file))

    def toy(self, out, *arguments):
        """Root mean square error and slope of every curve, by (d, method, seed)."""
        text, _ = self.run_program("mige_toy", "--quiet", "--out", self.path(out), *arguments)
        self.assertIn(self.read(out, "table.md").decode(), text)
        curves = {}
        for row in self.rows(out, "mige_toy.csv"):
            truth, gradient = float(row["truth"]), float(row["gradient"])
            self.assertTrue(math.isfinite(gradient), row)
            curves.setdefault((int(row["d"]), row["method"], int(row["seed"])), []).append((truth, gradient))
        return {key: (math.sqrt(sum((g - t) ** 2 for t, g in points) / len(points)),
                      sum(g * t for t, g in points) / sum(t * t for t, _ in points)) for key, points in curves.items()}

    def control(self, out, *arguments):
        """Mutual information at the start and after every update, by (direction, d, seed)."""
        self.run_program("mige_control", "--quiet", "--out", self.path(out), *arguments)
        runs = {}
        for row in self.rows(out, "mige_control.csv"):
            self.assertTrue(math.isfinite(float(row["mi"])), row)
            runs.setdefault((row["direction"], int(row["d"]), int(row["seed"])), []).append(float(row["mi"]))
        return runs


class Short(MigeTest):
    def test_toy(self):
        curves = self.toy("a", "--quick")
        self.assertEqual(len(curves), 2 * 2 * 2 + 2)
        for (_, method, _), (_, slope) in curves.items():
            if not method.startswith("MINE"):
                self.assertTrue(0.8 < slope < 1.1, (method, slope))  # 0.95 is expected
        self.assertEqual(set(os.listdir(self.path("a"))), {"table.md", "mige_toy.csv", "mige_toy_d2.png", "mige_toy_d8.png"})
        self.assert_picture(self.path("a", "mige_toy_d8.png"))

    def test_same_seed_same_curves(self):
        for out, jobs in (("a", 1), ("b", 2)):
            self.toy(out, "--dims", 2, "--mine-dims", 2, "--seeds", 1, "--points", 2, "--mine-points", 2,
                     "--mine-steps", 3, "--seed", 5, "--jobs", jobs)
        self.assertEqual(self.read("a", "mige_toy.csv"), self.read("b", "mige_toy.csv"))

    def test_control(self):
        runs = self.control("a", "--dims", 20, "--seeds", 1, "--updates", 15)
        down, up = runs["minimise", 20, 0], runs["maximise", 20, 0]
        self.assertEqual((len(down), len(up)), (16, 16))
        self.assertAlmostEqual(down[0], 10, places=3)
        self.assertAlmostEqual(up[0], 0.5, places=3)
        self.assertLess(down[-1], 9.5)
        self.assertGreater(up[-1], 0.7)
        for picture in ("mige_control_minimise.png", "mige_control_maximise.png"):
            self.assert_picture(self.path("a", picture))

    def test_control_of_a_bent_channel(self):
        for transform in ("cubic", "asinh", "power", "spiral"):
            runs = self.control(transform, "--dims", 20, "--seeds", 1, "--updates", 3, "--direction", "maximise", "--transform", transform,
                                "--per-coordinate")
            self.assertGreater(runs["maximise", 20, 0][-1], 0.5, transform)

    def test_quick_leaves_what_was_asked_for(self):
        curves = self.toy("a", "--quick", "--dims", 3, "--mine-dims", 0, "--seeds", 1, "--points", 2)
        self.assertEqual(set(curves), {(3, "MIGE", 0), (3, "whitened", 0)})
        runs = self.control("b", "--quick", "--dims", 4, "--updates", 2, "--direction", "minimise")
        self.assertEqual({key: len(mi) for key, mi in runs.items()}, {("minimise", 4, 0): 3})

    def test_mistakes(self):
        self.assert_refused("mige_toy", "--dims", 0, message=["--dims"])
        self.assert_refused("mige_control", "--direction", "sideways", message=["--direction", "minimise"])
        self.assert_refused("mige_control", "--transform", "square", message=["--transform", "spiral"])


class Toy(MigeTest):
    """Acceptance 9, its comparison with MINE; some minutes."""

    def test_mine_is_further_off(self):
        curves = self.toy("a", "--dims", 8, 16, "--mine-dims", 8, 16, "--seeds", 1, "--mine-seeds", 1)
        for d in (8, 16):
            for method in ("MINE", "MINE-f"):
                self.assertLess(curves[d, "MIGE", 0][0], curves[d, method, 0][0], (d, method))


class Control(MigeTest):
    """Acceptance 10."""

    def test_full(self):
        runs = self.control("a", "--dims", 20, "--seeds", 1)
        down, up = runs["minimise", 20, 0], runs["maximise", 20, 0]
        self.assertEqual(len(down), 5001)
        self.assertLess(sum(down[-1000:]) / 1000, 1e-3)
        self.assertGreaterEqual(up[-1], 50)


if __name__ == "__main__":
    unittest.main()
