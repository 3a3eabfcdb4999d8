"""mnist_infomax: what a run writes, how good it is, and what it says about mistakes."""
import math
import os
import unittest

from harness import ExampleTest

REQUIRED = """data objective seed epochs seconds images_per_second mi_nats mi_kind mi_cap probe_accuracy knn_accuracy
raw_pixel_probe_accuracy untrained_probe_accuracy peak_memory_bytes""".split()
LINE = {"epoch", "step", "loss", "mi_nats", "mi_kind", "mi_cap", "mi_std_error", "flags", "lr", "images_per_second",
        "seconds"}
FILES = {"metrics.jsonl", "summary.json", "checkpoint.safetensors", "embedding.png", "views.png"}


class Outputs(ExampleTest):
    """One tiny run of each objective: 24 steps."""

    def check(self, objective, *arguments):
        out, _ = self.infomax("run", "--objective", objective, "--limit", 768, "--epochs", 2, "--seed", 5,
                              "--threads", 1, *arguments)
        self.assertIn("learnt features", out)
        self.assertEqual(set(os.listdir(self.path("run"))), FILES)
        lines = self.metrics("run")
        self.assertEqual([line["step"] for line in lines], [10, 20, 24])
        self.assertEqual([line["epoch"] for line in lines], [1, 2, 2])
        for line in lines:
            self.assertEqual(set(line), LINE)
            self.assertIsInstance(line["loss"], float)
            self.assertGreater(line["images_per_second"], 0)
        summary = self.summary("run")
        self.assertEqual([key for key in REQUIRED if key not in summary], [])
        self.assertEqual((summary["objective"], summary["seed"], summary["epochs"]), (objective, 5, 2))
        self.assertIn("synthetic", summary["data"])
        for key in ("probe_accuracy", "knn_accuracy", "raw_pixel_probe_accuracy", "untrained_probe_accuracy"):
            self.assertTrue(0.3 < summary[key] <= 1, (key, summary[key]))  # chance is 0.1
        self.assertTrue(math.isfinite(summary["mi_nats"]))
        if summary["mi_cap"] is not None:
            self.assertLessEqual(summary["mi_nats"], summary["mi_cap"])
        self.assertTrue(10e6 < summary["peak_memory_bytes"] < 2e9, summary)
        self.assert_picture(self.path("run", "embedding.png"))
        self.assert_picture(self.path("run", "views.png"))
        return summary

    def test_infonce(self):
        self.assertAlmostEqual(self.check("infonce")["mi_cap"], math.log(64))

    def test_ntxent(self):
        self.check("ntxent")

    def test_jsd(self):
        self.check("jsd")

    def test_dv(self):
        self.check("dv")

    def test_mine(self):
        self.check("mine")

    def test_nwj(self):
        self.check("nwj")

    def test_smile(self):
        self.check("smile")

    def test_mige(self):
        self.check("mige")

    def test_bf16(self):
        self.assertEqual(self.check("infonce", "--precision", "bf16")["precision"], "bf16")


class Quality(ExampleTest):
    def check(self, summary, floor):
        self.assertGreater(summary["probe_accuracy"], floor, summary)
        self.assertGreater(summary["probe_accuracy"], summary["raw_pixel_probe_accuracy"], summary)
        self.assertGreater(summary["probe_accuracy"], summary["untrained_probe_accuracy"], summary)

    def test_synthetic(self):
        self.infomax("run", "--limit", 3072, "--epochs", 2, "--threads", 1)
        self.check(self.summary("run"), floor=0.90)

    def test_mnist(self):
        self.run_program("mnist_infomax", "--data", self.mnist_directory(), "--limit", 10240, "--epochs", 2, "--quiet",
                         "--threads", 1, "--out", self.path("run"))
        self.check(self.summary("run"), floor=0.93)
        self.assertIn("MNIST", self.summary("run")["data"])


class Mistakes(ExampleTest):
    def test_data(self):
        os.mkdir(self.path("empty"))
        self.assert_refused("mnist_infomax", "--data", self.path("empty"), "--out", self.path("out"), message=[
            self.path("empty", "train-images-idx3-ubyte"), self.path("empty", "train-images-idx3-ubyte.gz"),
            self.path("empty", "train-images.idx3-ubyte"), self.path("empty", "mnist", "train-images-idx3-ubyte")])

    def test_values(self):
        for option, value in (("--objective", "guess"), ("--precision", "f8"), ("--batch", 1), ("--epochs", 0),
                              ("--lr", -1), ("--limit", -1), ("--seed", "x"), ("--checkpoint-every", 0)):
            self.assert_refused("mnist_infomax", option, value, message=[option, str(value)])
        self.assert_refused("mnist_infomax", "--data", "synthetic", "--limit", 10, "--batch", 64, "--out", self.path("out"),
                            message=["batch of 64", "10 training images"])
        self.assert_refused("mnist_infomax", "--data", "synthetic", "--limit", 64, "--out", "/proc/nowhere",
                            message=["/proc/nowhere"])

    def test_resume(self):
        small = ["--data", "synthetic", "--test-limit", 500, "--batch", 64, "--out", self.path("out"), "--limit", 128, "--epochs", 1]
        self.assert_refused("mnist_infomax", *small, "--resume", message=["--resume", "checkpoint.safetensors"])
        self.run_program("mnist_infomax", *small)
        before = self.read("out", "checkpoint.safetensors")
        for option, name, old, new in (("--seed", "seed", 0, 1), ("--objective", "objective", "infonce", "jsd"),
                                       ("--lr", "lr", 0.002, 0.01), ("--precision", "precision", "f32", "bf16")):
            self.assert_refused("mnist_infomax", *small, "--resume", option, new,
                                message=[f"{name} = {old}", str(new), "checkpoint.safetensors"])
        self.assertIn("probe_accuracy", self.summary("out"))  # a refused run leaves the results of the last one
        with open(self.path("out", "checkpoint.safetensors"), "wb") as file:
            file.write(before[:len(before) // 2])
        self.assert_refused("mnist_infomax", *small, "--resume", message=["checkpoint.safetensors"])


if __name__ == "__main__":
    unittest.main()
