"""Every example that trains does so on the device of --device.

Without a GPU that is "pretended": the host in disguise, where an example that mixes host and device fails as it would
on a GPU, at the speed of the reference backend. INFOGRAD_EXAMPLES_DEVICE=cuda (tools/gpu_check) takes a real one.
"""
import os
import unittest

from harness import ExampleTest

DEVICE = os.environ.get("INFOGRAD_EXAMPLES_DEVICE", "pretended")
DATA = ["--data", "synthetic"]

# A first run without a GPU, in seconds; what a GPU does instead.
RUNS = {
    "linear_regression": ([], []),
    "mine_gaussian": (["--steps", 40, "--batch", 16, "--objective", "infonce", "mine", "--lr", 2e-3], ["--quick"]),
    "mnist_infomax": ([*DATA, "--limit", 32, "--test-limit", 40, "--batch", 16, "--epochs", 1, "--objective", "mine"],
                      [*DATA, "--epochs", 1]),
    "milc_mnist": ([*DATA, "--sizes", 10, "--seeds", 1, "--steps", 1], [*DATA, "--quick", "--steps", 200]),
    "milc_gaussian": (["--quick", "--sizes", 40], ["--quick"]),
    "npi": (["--quick", "--only", "E6"], ["--only", "E6"]),
    "mige_toy": (["--dims", 2, "--mine-dims", 2, "--seeds", 1, "--points", 2, "--mine-points", 2, "--mine-steps", 1],
                 ["--quick"]),
    "mige_control": (["--dims", 4, "--seeds", 1, "--updates", 1], ["--quick"]),
    "mige_ib": ([*DATA, "--quick", "--epochs", 1, "--units", 4, "--batch", 20, "--methods", "mine", "mige"],
                [*DATA, "--quick"]),
    "mige_dim": ([*DATA, "--quick", "--updates", 1, "--batch", 16, "--methods", "infonce", "mige"], [*DATA, "--quick"]),
    "deepmi_autoencoder": ([*DATA, "--images", 64, "--epochs", 1, "--seeds", 1, "--rates", 1e-3], [*DATA, "--quick"]),
    "deepmi_registration": (["--data", "none", "--quick", "--starts", 2], ["--data", "none", "--quick"]),
    "deepmi_stereo": (["--quick", "--steps", 1], ["--quick"]),
}


class OnDevice(ExampleTest):
    def check(self, program):
        short, full = RUNS[program]
        arguments = full if DEVICE == "cuda" else short
        out = [] if program == "linear_regression" else ["--out", self.path(program)]
        self.run_program(program, "--device", DEVICE, *arguments, *out)


def add_test(program):
    setattr(OnDevice, f"test_{program}", lambda self: self.check(program))


for each in RUNS:
    add_test(each)


class Refusal(ExampleTest):
    def test_without_a_gpu(self):
        """The error names the device and says what to do."""
        if DEVICE == "cuda":
            self.skipTest("there is a GPU")
        for program in ("linear_regression", "milc_gaussian", "mige_toy"):
            out = [] if program == "linear_regression" else ["--out", self.path(program)]
            _, err = self.run_program(program, "--device", "cuda", *out, status=1)
            self.assertRegex(err, f"{program}: .*(cmake --preset cuda|no CUDA device)")


if __name__ == "__main__":
    unittest.main()
