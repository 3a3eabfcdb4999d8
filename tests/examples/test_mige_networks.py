"""mige_ib and mige_dim: what they write, what repeats, and the acceptance items that full runs are judged by."""
import csv
import math
import os
import unittest

from harness import ExampleTest


class MigeNetworksTest(ExampleTest):
    def rows(self, *parts):
        with open(self.path(*parts), newline="") as file:
            return list(csv.DictReader(file))

    def assert_finite(self, rows):
        for row in rows:
            for key, value in row.items():
                if key != "method" and value != "":  # empty: the method has no such thing
                    self.assertTrue(math.isfinite(float(value)), row)

    def bottleneck(self, out, *arguments, data="synthetic"):
        text, _ = self.run_program("mige_ib", "--data", data, "--quiet", "--out", self.path(out), *arguments)
        self.assertIn(self.read(out, "table.md").decode(), text)
        self.assertEqual(set(os.listdir(self.path(out))), {"table.md", "mige_ib.csv", "mige_ib.png", "mige_ib_latent.png", "journal.csv"})
        rows = self.rows(out, "mige_ib.csv")
        self.assert_finite(rows)
        return rows

    def infomax(self, out, *arguments):
        """Accuracy of the probe by method, with one seed; and the trace of MIGE."""
        text, _ = self.run_program("mige_dim", "--quiet", "--out", self.path(out), *arguments)
        self.assertIn(self.read(out, "table.md").decode(), text)
        rows, trace = self.rows(out, "mige_dim.csv"), self.rows(out, "mige_dim_trace.csv")
        self.assert_finite(rows)
        self.assert_finite(trace)
        return {row["method"]: {layer: float(row[layer]) for layer in ("conv", "fc", "y")} for row in rows}, trace


class Short(MigeNetworksTest):
    """Small networks on the embedded digits."""

    METHODS = ["none", "vib", "mine", "mige", "mige-joint"]

    def test_bottleneck(self):
        rows = self.bottleneck("a", "--quick", "--methods", *self.METHODS)
        self.assertEqual([row["method"] for row in rows if row["epoch"] == "6"], self.METHODS)
        for row in rows:
            self.assertEqual(row["sigma"] == "", row["method"] == "none")
            self.assertEqual(row["eigenfunctions"] == "", not row["method"].startswith("mige"))
            self.assertEqual(row["rate"] == "", row["method"] not in ("vib", "mine"))
            if row["epoch"] == "6":
                self.assertLess(float(row["error_12"]), 0.6, row)  # chance is 0.9
        for picture in ("mige_ib.png", "mige_ib_latent.png"):
            self.assert_picture(self.path("a", picture))

    def test_penalties_raise_the_noise(self):
        """A larger weight buys more noise, where the penalty charges for the information of z."""
        rows = self.bottleneck("a", "--quick", "--methods", "vib", "mige", "--beta", 0, 0.1)
        sigma = {(row["method"], row["beta"]): float(row["sigma"]) for row in rows if row["epoch"] == "6"}
        for method in ("vib", "mige"):
            self.assertGreater(sigma[method, "0.1"], 2 * sigma[method, "0"], sigma)

    def test_sweep(self):
        rows = self.bottleneck("a", "--quick", "--sweep", "--epochs", 1, "--methods", "none", "mige")
        self.assertEqual(len({(row["method"], row["beta"], row["batch"]) for row in rows}), (1 + 3) * 3)  # none has no weight

    def test_same_seed_same_bits(self):
        for out, jobs in (("a", 1), ("b", 2)):
            self.bottleneck(out, "--quick", "--epochs", 2, "--methods", "mine", "mige", "--seed", 3, "--jobs", jobs)
            self.infomax(out + "2", "--data", "synthetic", "--quick", "--updates", 3, "--seed", 3, "--jobs", jobs)
        self.assertEqual(self.read("a", "mige_ib.csv"), self.read("b", "mige_ib.csv"))
        for file in ("mige_dim.csv", "mige_dim_trace.csv"):
            self.assertEqual(self.read("a2", file), self.read("b2", file))

    def test_infomax(self):
        accuracy, trace = self.infomax("a", "--data", "synthetic", "--quick")
        self.assertEqual(list(accuracy), ["untrained", "jsd", "infonce", "mige"])
        self.assertEqual(len(trace), 40)
        for method, layers in accuracy.items():
            self.assertGreater(layers["conv"], 0.3, method)  # chance is 0.1
        for row in trace:
            self.assertTrue(-1.2 < float(row["stein_joint"]) < 0, row)
        for picture in ("mige_dim.png", "mige_dim_trace.png"):
            self.assert_picture(self.path("a", picture))

    def test_noise_and_sigmoid(self):
        accuracy, _ = self.infomax("a", "--data", "synthetic", "--quick", "--updates", 3, "--methods", "mige", "--noise", 0.3,
                                   "--normalisation", "sigmoid")
        self.assertEqual(list(accuracy), ["mige"])

    def cifar(self, folder, records=40, label=None, cut=0):
        """The six files with random pixels."""
        os.makedirs(self.path(folder))
        for index, name in enumerate([f"data_batch_{i}.bin" for i in range(1, 6)] + ["test_batch.bin"]):
            content = b"".join(bytes([i % 10 if label is None else label]) + os.urandom(3072) for i in range(records))
            with open(self.path(folder, name), "wb") as file:
                file.write(content[:len(content) - cut] if index == 4 else content)
        return self.path(folder)

    def test_cifar(self):
        arguments = ["--quick", "--updates", 2, "--batch", 64, "--methods", "untrained", "mige"]
        accuracy, trace = self.infomax("a", "--cifar", self.cifar("plain"), *arguments)
        self.assertEqual((list(accuracy), len(trace)), (["untrained", "mige"], 2))
        self.assertIn("CIFAR-10, 200 training images", self.read("a", "table.md").decode())
        self.cifar("nested/cifar-10-batches-bin")
        self.infomax("b", "--cifar", self.path("nested"), *arguments)

    def test_mistakes(self):
        out = ["--out", self.path("out")]
        os.mkdir(self.path("empty"))
        self.assert_refused("mige_dim", "--cifar", self.path("empty"), *out, message=[
            self.path("empty", "data_batch_1.bin"), self.path("empty", "cifar-10-batches-bin", "data_batch_1.bin")])
        self.assert_refused("mige_dim", "--cifar", self.cifar("cut", cut=7), *out, message=["data_batch_5.bin", "122913", "3073"])
        self.assert_refused("mige_dim", "--cifar", self.cifar("label", label=10), *out, message=["data_batch_1.bin", "label 10"])
        self.assert_refused("mige_dim", "--data", "synthetic", "--quick", "--batch", 2000, *out, message=["2000", "1000"])
        self.assert_refused("mige_ib", "--data", "synthetic", "--quick", "--batch", 3000, *out, message=["3000", "2000"])
        self.assert_refused("mige_ib", "--data", self.path("nowhere"), *out, message=["nowhere"])
        self.assert_refused("mige_ib", "--methods", "club", message=["--methods", "mine"])
        self.assert_refused("mige_dim", "--normalisation", "layer", message=["--normalisation", "sigmoid"])


class Bottleneck(MigeNetworksTest):
    """Acceptance 12."""

    def test_fast_preset(self):
        rows = self.bottleneck("a", data=self.mnist_directory())
        last = [row for row in rows if row["epoch"] == "15"]
        error = {}
        for row in last:
            error.setdefault(row["method"], []).append(100 * float(row["error_12"]))
        self.assertEqual({method: len(values) for method, values in error.items()}, {m: 2 for m in ("none", "vib", "mine", "mige")})
        for method, values in error.items():
            self.assertLess(max(values), 2.5, error)
        self.assertLess(abs(sum(error["mige"]) - sum(error["none"])) / 2, 0.6, error)
        for row in rows:
            if row["method"] in ("vib", "mige"):
                self.assertGreater(float(row["sigma"]), 0.05, row)


class DeepInfomax(MigeNetworksTest):
    """Acceptance 13."""

    def test_fast_preset(self):
        accuracy, trace = self.infomax("a", "--data", self.mnist_directory())
        self.assertEqual(len(trace), 600)
        gain = {layer: 100 * (accuracy["mige"][layer] - accuracy["untrained"][layer]) for layer in ("conv", "fc", "y")}
        self.assertGreaterEqual(gain["y"], 5, accuracy)
        self.assertGreaterEqual(gain["fc"], 3, accuracy)
        self.assertGreaterEqual(gain["conv"], -1, accuracy)


if __name__ == "__main__":
    unittest.main()
