"""Runs the example programs in fresh directories. Standard library only.

INFOGRAD_EXAMPLES is the folder of the built programs (CTest sets it). By hand, from this folder:
  INFOGRAD_EXAMPLES=../../build/release/examples python3 -m unittest -v test_resume.Kill.test_mine
"""
import json
import os
import shutil
import struct
import subprocess
import tempfile
import unittest
import zlib

PROGRAMS = os.environ.get("INFOGRAD_EXAMPLES", "")


class ExampleTest(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="infograd-examples-")
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)

    def path(self, *parts):
        return os.path.join(self.folder, *parts)

    def start(self, program, *arguments):
        return subprocess.Popen([os.path.join(PROGRAMS, program), *map(str, arguments)], text=True,
                                stdout=subprocess.PIPE, stderr=subprocess.PIPE)

    def run_program(self, program, *arguments, status=0):
        """Output of a run that must end with `status`."""
        process = self.start(program, *arguments)
        out, err = process.communicate()
        self.assertEqual(process.returncode, status, f"{program} {arguments}\n{out}\n{err}")
        return out, err

    def assert_refused(self, program, *arguments, message):
        """The program fails, without a signal, and says why; every word of `message` is on stderr."""
        process = self.start(program, *arguments)
        _, err = process.communicate()
        self.assertGreater(process.returncode, 0, f"{program} {arguments}\n{err}")
        for word in message:
            self.assertIn(word, err)

    def assert_picture(self, path):
        """A PNG that is complete and not of one colour."""
        with open(path, "rb") as file:
            data = file.read()
        self.assertEqual(data[:8], b"\x89PNG\r\n\x1a\n")
        pixels, at, kind = b"", 8, b""
        while at < len(data):
            size, kind = struct.unpack(">I4s", data[at:at + 8])
            body = data[at + 8:at + 8 + size]
            self.assertEqual(struct.unpack(">I", data[at + 8 + size:at + 12 + size])[0], zlib.crc32(kind + body))
            pixels += body if kind == b"IDAT" else b""
            at += 12 + size
        self.assertEqual(kind, b"IEND")
        self.assertGreater(len(set(zlib.decompress(pixels))), 8)

    def mnist_directory(self):
        """INFOGRAD_DATA; a test that needs MNIST is skipped where it holds none."""
        folder = os.environ.get("INFOGRAD_DATA", "")
        if not any(os.path.exists(os.path.join(folder, part, "train-images-idx3-ubyte" + end))
                   for part in ("", "mnist", "MNIST/raw") for end in ("", ".gz")):
            self.skipTest("INFOGRAD_DATA holds no MNIST")
        return folder

    # mnist_infomax
    def infomax(self, out, *arguments, status=0):
        return self.run_program("mnist_infomax", *small(self.path(out)), *arguments, status=status)

    def read(self, *parts):
        with open(self.path(*parts), "rb") as file:
            return file.read()

    def summary(self, out):
        return json.loads(self.read(out, "summary.json"))

    def metrics(self, out):
        return [json.loads(line) for line in self.read(out, "metrics.jsonl").splitlines()]


def small(out):
    """A run of seconds; later options of the same name would be refused, so tests add others only."""
    return ["--data", "synthetic", "--test-limit", 1000, "--batch", 64, "--out", out, "--quiet"]
