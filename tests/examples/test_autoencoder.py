"""deepmi_autoencoder: what it writes, what repeats, and acceptance item 14 of the DeepMI losses."""
import csv
import math
import os
import unittest

from harness import ExampleTest

LOSSES = ["L1", "L2", "1-SSIM", "-MI", "NMI", "A", "A N=2", "A min N=2", "A N=2-3-5", "L1 then A", "L1 + A"]


class AutoencoderTest(ExampleTest):
    def runs(self, out, *arguments):
        """runs.csv, its numbers checked to be finite."""
        self.run_program("deepmi_autoencoder", "--out", self.path(out), "--quiet", *arguments)
        with open(self.path(out, "runs.csv"), newline="") as file:
            rows = list(csv.DictReader(file))
        for row in rows:
            for key, value in row.items():
                if key != "loss":
                    row[key] = float(value)
                    self.assertTrue(math.isfinite(row[key]), row)
        return rows


class Short(AutoencoderTest):
    def test_quick(self):
        """Item 14, its last part: every number finite, each loss below its initial value."""
        rows = self.runs("out", "--data", "synthetic", "--quick")
        self.assertEqual([(row["rate"], row["loss"], row["seed"]) for row in rows],
                         [(rate, loss, seed) for rate in (1e-3, 3e-4, 3e-3) for loss in LOSSES for seed in (1, 2)])
        for row in rows:
            self.assertLess(row["loss_after"], row["loss_before"], row)
        self.assertEqual(set(os.listdir(self.path("out"))),
                         {"table.md", "table.csv", "runs.csv", "reconstructions.png", "rates.png", "journal.csv"})
        self.assert_picture(self.path("out", "reconstructions.png"))
        self.assert_picture(self.path("out", "rates.png"))

    def test_same_seed_same_runs(self):
        """All but the seconds, however many go on at a time."""
        results = []
        for out, jobs in (("a", 1), ("b", 2)):
            rows = self.runs(out, "--data", "synthetic", "--images", 320, "--epochs", 2, "--seeds", 1, "--seed", 7,
                             "--rates", 1e-3, "--jobs", jobs)
            results.append([{k: v for k, v in row.items() if k != "seconds"} for row in rows])
        self.assertEqual(*results)
        self.assertEqual(self.read("a", "reconstructions.png"), self.read("b", "reconstructions.png"))
        self.assertNotIn("rates.png", os.listdir(self.path("a")))

    def test_mistakes(self):
        self.assert_refused("deepmi_autoencoder", "--data", self.path("nowhere"), "--out", self.path("out"),
                            message=["nowhere"])
        for option in ("--seeds", "--epochs", "--images", "--rates", "--jobs"):
            self.assert_refused("deepmi_autoencoder", option, -1, message=[option])


class Mnist(AutoencoderTest):
    """Item 14 on the real digits, in full: minutes."""

    def test_seed_1(self):
        data = self.mnist_directory()
        rows = {row["loss"]: row for row in self.runs("out", "--data", data, "--seeds", 1, "--rates", 1e-3)}
        self.assertEqual(list(rows), LOSSES)
        for loss, least in {"L2": 16, "L1": 14.5, "A min N=2": 12.5, "A N=2": 11, "L1 then A": 12.5}.items():
            self.assertGreaterEqual(rows[loss]["psnr"], least, f"acceptance 14: PSNR of {loss}")
        self.assertLessEqual(rows["L1 then A"]["lmi"], rows["L1"]["lmi"] + 0.005, "acceptance 14: A(11)")


if __name__ == "__main__":
    unittest.main()
