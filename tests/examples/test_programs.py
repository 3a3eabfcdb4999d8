"""Every example runs, explains itself, and refuses what it does not understand."""
import csv
import math
import unittest

from harness import ExampleTest

PROGRAMS = ["linear_regression", "custom_op", "mine_gaussian", "mnist_infomax", "milc_mnist", "milc_gaussian", "npi",
            "mige_toy", "mige_control", "mige_ib", "mige_dim", "deepmi_autoencoder",
            "deepmi_registration", "deepmi_stereo"]


class CommandLine(ExampleTest):
    def test_help(self):
        for program in PROGRAMS:
            out, _ = self.run_program(program, "--help")
            self.assertIn("--help", out)
            self.assertEqual("--seed" in out, program != "custom_op")
            self.assertEqual("--out" in out, program not in ("linear_regression", "custom_op"))

    def test_refusals(self):
        for program in PROGRAMS:
            self.assert_refused(program, "--no-such-option", message=["--no-such-option"])
        self.assert_refused("mine_gaussian", "--objective", "guess", message=["--objective", "guess", "smile"])
        self.assert_refused("mine_gaussian", "--out", "/proc/nowhere", message=["/proc/nowhere"])


class Short(ExampleTest):
    def test_linear_regression(self):
        out, _ = self.run_program("linear_regression", "--seed", 7)
        self.assertIn("weight", out)

    def test_custom_op(self):
        out, _ = self.run_program("custom_op")
        self.assertIn("gradgradcheck passed", out)


class MineGaussianTest(ExampleTest):
    def check(self, *arguments, objectives, steps):
        self.run_program("mine_gaussian", "--out", self.path("out"), *arguments)
        with open(self.path("out", "estimates.csv"), newline="") as file:
            rows = list(csv.DictReader(file))
        self.assertEqual(len(rows), objectives * 5 * steps)
        for row in rows:
            self.assertTrue(math.isfinite(float(row["estimate"])) and math.isfinite(float(row["loss"])), row)
        self.assertEqual({float(row["truth"]) for row in rows}, {2, 4, 6, 8, 10})
        self.assert_picture(self.path("out", "estimates.png"))
        return rows


class MineGaussian(MineGaussianTest):
    def test_quick(self):
        rows = self.check("--quick", objectives=6, steps=300)
        # InfoNCE cannot say more than log 64, and at 10 nats it says nearly that.
        last = [float(row["estimate"]) for row in rows if row["objective"] == "infonce"][-75:]
        self.assertLessEqual(max(last), math.log(64) + 1e-5)
        self.assertGreater(min(last), 3.5)

    def test_concatenated_cubic(self):
        self.check("--steps", 40, "--objective", "infonce", "--critic", "concatenated", "--cubic", "--lr", 2e-3,
                   objectives=1, steps=40)

    def test_same_seed_same_bits(self):
        for out in "ab":
            self.run_program("mine_gaussian", "--steps", 40, "--objective", "infonce", "mine", "--seed", 3,
                             "--out", self.path(out))
        self.assertEqual(self.read("a", "estimates.csv"), self.read("b", "estimates.csv"))


class MineGaussianTargets(MineGaussianTest):
    """The full run against one by an independent implementation: mean of the last 1,000 steps of each stage, nats."""

    REFERENCE = {
        "infonce": [1.69, 2.94, 3.63, 3.96, 4.08],
        "smile": [1.78, 3.81, 6.13, 8.59, 11.19],
        "jsd": [1.83, 3.72, 5.74, 7.71, 9.86],
        "dv": [1.78],  # from 4 nats on these three depend on rare batches
        "mine": [1.72],
        "nwj": [1.72],
    }

    def test_targets(self):
        rows = self.check(objectives=6, steps=4000)
        for objective, reference in self.REFERENCE.items():
            estimates = [float(row["estimate"]) for row in rows if row["objective"] == objective]
            for stage, expected in enumerate(reference):
                mean = sum(estimates[stage * 4000 + 3000 : (stage + 1) * 4000]) / 1000
                tolerance = 0.25 if len(reference) == 1 else 0.20 if stage < 3 else 0.35
                self.assertAlmostEqual(mean, expected, delta=tolerance, msg=f"{objective} at {2 * (stage + 1)} nats")
            if objective == "infonce":
                self.assertLessEqual(max(estimates), math.log(64) + 1e-5)


if __name__ == "__main__":
    unittest.main()
