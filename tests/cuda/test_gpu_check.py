"""tools/gpu_check without a GPU: what run.py makes of faults, and report.py of what lies in a folder."""
import json
import os
import shutil
import subprocess
import sys
import tempfile
import textwrap
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
TOOLS = os.path.join(HERE, "..", "..", "tools")
REPORT = os.path.join(HERE, "..", "bench", "cuda", "report.py")

# Speaks as GoogleTest does. "poison" takes the GPU from its process, "crash" ends it.
PROGRAM = """\
    #!{python}
    import fnmatch, os, sys
    TESTS = {tests}
    options = dict(a.lstrip("-").partition("=")[::2] for a in sys.argv[1:])
    chosen = [t for t in TESTS if any(fnmatch.fnmatchcase("S/T." + t, p) for p in options["gtest_filter"].split(":"))]
    print("Running main() from a file")
    if "gtest_list_tests" in options:
        print("S/T.")
        print(*("  " + t + "  # GetParam() = 7" for t in TESTS if t in chosen), sep="\\n")
        sys.exit(0)
    shards, shard = int(os.environ.get("GTEST_TOTAL_SHARDS", 1)), int(os.environ.get("GTEST_SHARD_INDEX", 0))
    lost = failed = False
    for test in chosen[shard::shards]:
        print("[ RUN      ] S/T." + test, flush=True)
        if test == "crash":
            os.abort()
        if test == "hang":
            import time
            time.sleep(60)
        lost = lost or test == "poison"
        if test == "reported":
            print("========= Invalid __global__ read of size 4 bytes\\n=========     at kernel(float*)", flush=True)
        if lost or test == "wrong":
            print("f.cpp:1: Failure\\nnot equal" if not lost else "C++ exception: a kernel failed")
        bad = lost or test == "wrong"
        failed = failed or bad
        end = "[  SKIPPED ] " if test == "skip" else "[  FAILED  ] " if bad else "[       OK ] "
        print(end + "S/T." + test + (", where GetParam() = 7" if bad else "") + " (1 ms)", flush=True)
    sys.exit(1 if failed else 0)
"""


class GpuCheckTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="infograd-gpu-check-")
        self.addCleanup(folder.cleanup)
        self.folder = folder.name

    def path(self, *parts):
        path = os.path.join(self.folder, *parts)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        return path

    def write(self, text, *parts):
        with open(self.path(*parts), "w") as file:
            file.write(text)


class Refusals(GpuCheckTest):
    def refused(self, tool, *arguments, status, message):
        run = subprocess.run([os.path.join(TOOLS, tool), *arguments], text=True, stderr=subprocess.PIPE)
        self.assertEqual(run.returncode, status, run.stderr)
        self.assertIn(message, run.stderr)

    def test_mistakes(self):
        self.refused("gpu_check", "--part", "ops losses", status=1, message="no part 'ops losses': build ops losses")
        self.refused("gpu_check", "--seconds", "soon", status=1, message="--seconds wants a number")
        self.refused("gpu_check", "--all", status=1, message="see tools/gpu_check --help")

    @unittest.skipIf(shutil.which("nvidia-smi"), "there may be a GPU")
    def test_without_a_gpu(self):
        self.refused("gpu_check", status=2, message="no GPU here")
        self.refused("quickstart", "--device", "cuda", status=1, message="nvidia-smi -L names none")


class Run(GpuCheckTest):
    def outcomes(self, tests, *options, status):
        program = self.path("program")
        self.write(textwrap.dedent(PROGRAM).format(python=sys.executable, tests=tests), "program")
        os.chmod(program, 0o755)
        run = subprocess.run([sys.executable, "-B", os.path.join(HERE, "run.py"), "--seconds", "20", *options, "--out",
                              self.path("results.json"), program, "S/*"])
        self.assertEqual(run.returncode, status)
        with open(self.path("results.json")) as file:
            results = json.load(file)
        return {result["name"].removeprefix("S/T."): result for result in results}

    def assert_outcomes(self, results, **expected):
        self.assertEqual({name: result["outcome"] for name, result in results.items()}, expected)

    def test_what_ends_well(self):
        results = self.outcomes(["a", "b", "c", "skip"], "--shards", "2", status=0)
        self.assert_outcomes(results, a="passed", b="passed", c="passed", skip="skipped")

    def test_a_fault_hides_no_other_test(self):
        results = self.outcomes(["a", "poison", "b", "wrong", "c"], "--shards", "1", status=1)
        self.assert_outcomes(results, a="passed", poison="failed", b="passed alone", wrong="failed", c="passed alone")
        self.assertIn("not equal", results["wrong"]["message"], "its own fault, not that of the GPU")

    def test_a_crash_is_named_and_hides_no_other_test(self):
        results = self.outcomes(["a", "crash", "b"], "--shards", "1", status=1)
        self.assert_outcomes(results, a="passed", crash="died", b="passed")
        self.assertIn("exit status -6", results["crash"]["message"])

    def test_time_ends(self):
        results = self.outcomes(["a", "hang", "b"], "--shards", "1", "--once", "--seconds", "2", status=1)
        self.assert_outcomes(results, a="passed", hang="died", b="not run")

    def test_a_report_of_the_sanitizer_fails_its_test(self):
        results = self.outcomes(["a", "reported", "b"], "--shards", "3", "--once", status=1)
        self.assert_outcomes(results, a="passed", reported="failed", b="passed")
        self.assertIn("Invalid __global__ read", results["reported"]["message"])


class Report(GpuCheckTest):
    def report(self, status):
        self.write("GPU x\n", "machine.txt")
        run = subprocess.run([sys.executable, "-B", REPORT, self.folder], text=True, stdout=subprocess.PIPE)
        self.assertEqual(run.returncode, status, run.stdout)
        return run.stdout

    def rows(self, part, rows, name="ours.jsonl"):
        self.write("".join(json.dumps(row) + "\n" for row in rows), part, name)

    def test_parts_and_tests(self):
        self.write("ok\tlosses, 3 s\n", "losses", "outcome")
        self.write(json.dumps([{"name": "S.a", "outcome": "passed", "message": ""}]), "losses", "losses.json")
        self.assertIn("1 passed, 0 failed", self.report(0))
        self.write("did not end\tops\n", "ops", "outcome")
        self.write(json.dumps([{"name": "S.a", "outcome": "died", "message": "exit status -11"}]), "ops", "ops.json")
        text = self.report(1)
        self.assertIn("**did not end**", text)
        self.assertIn("**S.a** died: exit status -11", text)

    def kernel(self, name, family, ms):
        row = {"name": name, "graph": False, "family": family, "bytes": 1e9}
        return {**row, "ms": ms} if ms else {**row, "error": "died"}

    def test_shares_of_the_bandwidth(self):
        copy = self.kernel("copy by the driver", "yardstick", 1.0)
        self.rows("kernels", [self.kernel("exp", "element-wise", None), copy, self.kernel("exp", "element-wise", 1.17),
                              self.kernel("sum", "reduction", 4.0)])
        text = self.report(0)
        self.assertIn("1000 GB/s", text)
        self.assertIn("| exp | element-wise | 1.170 | 855 | 85 % | ok |", text)
        self.assertIn("| sum | reduction | 4.000 | 250 | 25 % |  |", text)
        self.rows("kernels", [copy, self.kernel("exp", "element-wise", 1.18)])
        self.assertIn("**missed**", self.report(1))
        self.rows("kernels", [copy, self.kernel("exp", "element-wise", None)])
        self.assertIn("| died |", self.report(1))
        self.rows("kernels", [self.kernel("copy by the driver", "yardstick", None), self.kernel("exp", "element-wise", 1)])
        self.assertIn("no shares", self.report(1))

    def test_products_are_shares_of_the_same_product(self):
        row = {"graph": False, "flops": 2e9}
        self.rows("products", [{"name": "matmul f32 1024", "ms": 2, **row}, {"name": "cuBLAS f32 1024", "ms": 1, **row}])
        self.assertIn("| matmul f32 1024 | 2.000 | 1.0 | 2.0 | 50 % |", self.report(0))

    def step(self, name, ms, graph=False, **more):
        return {"name": name, "graph": graph, "ms": ms, **more}

    def test_bars_of_steps(self):
        ours = [self.step("mlp", 0.6, memory=2**20), self.step("mlp", 0.9, graph=True),
                self.step("InfoNCE", 0.2, memory=2**20), self.step("fuzzy", 0.05, memory=2**20)]
        theirs = [{"version": "PyTorch 2"}, self.step("mlp", 1, memory=2**20), self.step("mlp", 1, graph=True),
                  self.step("InfoNCE", 1, memory=10 * 2**20), self.step("fuzzy", 1, memory=2**20)]
        self.rows("steps", ours)
        self.rows("steps", theirs, "theirs.jsonl")
        text = self.report(0)
        for line in ("| mlp | eager | 0.600 | 1.000 | 0.60 | 0.7 ok | 1 | 1 | 1.00 |  |",
                     "| mlp | graph | 0.900 | 1.000 | 0.90 | 1.0 ok |  |  |  |  |",
                     "| InfoNCE | eager | 0.200 | 1.000 | 0.20 | 0.3 ok | 1 | 10 | 0.10 | 0.1 ok |",
                     "| fuzzy | eager | 0.050 | 1.000 | 0.05 | 0.05 ok | 1 | 1 | 1.00 |  |"):
            self.assertIn(line, text)
        self.rows("steps", [self.step("InfoNCE", 0.2, memory=2 * 2**20)])
        self.assertIn("0.1 **missed**", self.report(1))
        self.rows("steps", [{"skipped": "no PyTorch"}], "theirs.jsonl")
        self.assertIn("No comparison: no PyTorch.", self.report(0))
        self.write('{"version": "PyTorch 2"}\n{"name": "Info', "steps", "theirs.jsonl")
        self.assertIn("| InfoNCE | eager | 0.200 | died |", self.report(0))


if __name__ == "__main__":
    unittest.main()
