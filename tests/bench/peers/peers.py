"""Runs every case in infograd and in PyTorch, taking turns, and prints the ratio table. Called by tools/peers."""
import argparse
import datetime
import json
import os
import platform
import re
import statistics
import subprocess
import sys
import time

import torch

import report
import theirs

GiB = 2**30
# Multiplications and additions of forward and backward; the first layer has no gradient of its input.
MLP_GFLOP = 256 * (4 * 784 * 1024 + 6 * (1024 * 1024 + 1024 * 10)) / 1e9


def conv_gflop(images, outputs):
    return images * (2 * 2 * 28 * 28 * 9 * 32 + 6 * 14 * 14 * 9 * 32 * 64 + 6 * 3136 * outputs) / 1e9


def fuzzy_gib(pairs):
    """Both images are read in forward and in backward, one gradient is written."""
    return 5 * 4 * pairs / GiB


# "..., against X" is our step of that name beside another one of theirs.
# case: (bar on ours/theirs or None, GFLOP of products per step, GiB that must cross memory per step), None where meaningless
CASES = {
    "mlp 784-1024-1024-10, batch 256, Adam": (0.8, MLP_GFLOP, None),
    "mlp 784-1024-1024-10, batch 32, Adam": (0.7, None, 1.862e6 * 4 * 10 / GiB),
    "conv classifier, batch 256, Adam": (0.6, conv_gflop(256, 10), None),
    "infomax, two views of 256, Adam": (0.6, conv_gflop(512, 64), None),
    "mlp 2-64-64-1, batch 64, Adam": (0.25, None, None),
    "recorded add of 4 elements, x 1000": (0.2, None, None),
    "(a*b).sum().backward() of 4, x 1000": (0.1, None, None),
    # Scores in f64 against the published method in f32, which keeps M x M x d differences.
    "MIGE toy gradient, M = 256, d = 32": (0.6, None, None),
    "MIGE toy gradient, Stein by Cholesky": (0.15, None, None),
    "MIGE toy gradient, the two eigh alone": (None, None, None),
    "InfoNCE 4096 pairs, d = 128": (0.25, 4 * 2 * 4096 * 4096 * 128 / 1e9, None),
    "fuzzy MI 64 x 28 x 28, 11 bins": (0.25, None, fuzzy_gib(64 * 28 * 28)),
    "fuzzy MI 64 x 28 x 28, 11 bins, against kornia": (None, None, fuzzy_gib(64 * 28 * 28)),
    "fuzzy MI 64 x 28 x 28, 11 bins, against MONAI": (None, None, fuzzy_gib(64 * 28 * 28)),
    "fuzzy MI 4 x 512 x 512, 32 bins": (0.03, None, fuzzy_gib(4 * 512 * 512)),
    "fuzzy MI 4 x 512 x 512, 32 bins, against kornia": (None, None, fuzzy_gib(4 * 512 * 512)),
    "fuzzy MI 4 x 512 x 512, 32 bins, against MONAI": (None, None, fuzzy_gib(4 * 512 * 512)),
    "mlp 784-1024-1024-10, batch 256, bf16": (None, MLP_GFLOP, None),
    "conv classifier, batch 256, bf16": (None, conv_gflop(256, 10), None),
    "limit: matmul 1024": (None, 2 * 1024**3 / 1e9, None),
    "limit: matmul 1024, bf16": (None, 2 * 1024**3 / 1e9, None),
    "limit: copy 64 MiB": (None, None, 2 * 64 / 1024),
}


class Ours:
    def __init__(self, program, threads):
        # The bounded spin is our recommendation for our programs; PyTorch runs with its own defaults.
        environment = {**os.environ, "GOMP_SPINCOUNT": os.environ.get("INFOGRAD_SPINCOUNT", "10000")}
        self.process = subprocess.Popen([program, str(threads)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
                                        env=environment)

    def ask(self, line):
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()
        return self.process.stdout.readline().strip()

    def time(self, case, steps):
        return float(self.ask(f"{case.partition(', against')[0]}|{steps}"))

    def info(self):
        lines = [self.ask("info")]
        while not lines[-1].endswith("."):
            lines.append(self.process.stdout.readline().rstrip())
        return "\n".join(lines).rstrip(".").rstrip()


def time_theirs(step, steps):
    times = []
    for _ in range(steps):
        start = time.perf_counter()
        step()
        times.append((time.perf_counter() - start) * 1e3)
    return statistics.median(times)


def memory_of(program, threads, case, steps=20):
    """(ours, theirs): resident peak of a fresh process that runs the case; theirs in a process of its own as well."""
    ours = Ours(program, threads)
    ours.time(case, steps)
    mine = int(ours.ask("peak").split()[0])
    code = (
        f"import re, torch, theirs; torch.set_num_threads({threads}); s = theirs.CASES[{case!r}]()\n"
        f"for _ in range({steps}): s()\n"
        "print(int(re.search(r'VmHWM:\\s*(\\d+)', open('/proc/self/status').read()).group(1)) * 1024)"
    )
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=__file__.rsplit("/", 1)[0])
    return mine, int(out.stdout)


def extra_memory(program, threads, case):
    """Memory one step needs beyond what is held before it: ours from the allocator, theirs as growth of the resident peak."""
    ours = Ours(program, threads)
    ours.time(case, 1)
    base = int(ours.ask("reset"))
    ours.time(case, 2)
    mine = int(ours.ask("peak").split()[1]) - base
    code = (
        "import re, torch, theirs\n"
        "kib = lambda what: int(re.search(what + r':\\s*(\\d+)', open('/proc/self/status').read()).group(1))\n"
        f"torch.set_num_threads({threads}); s = theirs.CASES[{case!r}]()\n"
        "s()\n"  # libraries loaded, threads started
        "open('/proc/self/clear_refs', 'w').write('5')\n"  # the resident peak starts again from here
        "base = kib('VmRSS'); s(); s()\n"
        "print((kib('VmHWM') - base) * 1024)"
    )
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=__file__.rsplit("/", 1)[0])
    return mine, int(out.stdout)


def processor():
    with open("/proc/cpuinfo") as file:
        text = file.read()
    model = re.search(r"model name\s*: (.*)", text)
    flags = set(re.search(r"flags\s*: (.*)", text).group(1).split())
    levels = [f for f in ("avx2", "avx512f", "avx512_bf16", "amx_tile") if f in flags]
    return f"{model.group(1) if model else platform.processor()} ({' '.join(levels)})"


def commit():
    """Of the measured sources, with a mark when they were changed after it."""
    describe = ["git", "-C", os.path.dirname(os.path.abspath(__file__)), "describe", "--always", "--dirty"]
    return subprocess.run(describe, capture_output=True, text=True).stdout.strip() or "unknown"


def main():
    parser = argparse.ArgumentParser(prog="tools/peers", description=__doc__)
    parser.add_argument("--filter", default="", help="only cases whose name matches this regular expression")
    parser.add_argument("--json", help="also write the result to this file")
    parser.add_argument("--markdown", help="also write the table to this file: between its marks, if it has them")
    parser.add_argument("--rounds", type=int, default=7, help="turns per case; medians are over all of them")
    parser.add_argument("--seconds", type=float, default=0.5, help="aimed at per turn and side")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--program", required=True, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    torch.manual_seed(0)
    ours = Ours(arguments.program, arguments.threads)
    info = ours.info()
    machine = {"processor": processor(), "threads": arguments.threads}
    versions = {"infograd": info, "commit": commit(), "torch": torch.__version__, "python": platform.python_version()}
    print(f"{machine['processor']}, {arguments.threads} threads, PyTorch {torch.__version__}\n{info}\n")

    def measure(name):
        step = theirs.CASES[name]()
        first = min(time_theirs(step, 3), max(ours.time(name, 3), 1e-3) * 4)  # warm up both
        steps = max(3, min(2000, int(arguments.seconds * 1e3 / max(first, 1e-3))))
        rounds = [(ours.time(name, steps), time_theirs(step, steps)) for _ in range(arguments.rounds)]
        mine = statistics.median(r[0] for r in rounds)
        other = statistics.median(r[1] for r in rounds)
        return mine, other, statistics.median(r[0] / r[1] for r in rounds)

    wanted = [name for name in CASES if re.search(arguments.filter, name)]
    limits = {}
    for limit, name in (("matmul", "limit: matmul 1024"), ("bf16 matmul", "limit: matmul 1024, bf16"), ("copy", "limit: copy 64 MiB")):
        mine, other, _ = measure(name)
        limits[limit] = (CASES[name][1] or CASES[name][2]) / (min(mine, other) / 1e3)
    print(f"limits of this machine: {limits['matmul']:.0f} GFLOP/s in a 1024^3 product, {limits['bf16 matmul']:.0f} in bf16, "
          f"{limits['copy']:.1f} GiB/s copying\n")
    print(f"{'case':<48} {'ours ms':>10} {'PyTorch ms':>11} {'ratio':>7} {'bar':>6}  of the limit")
    results = []
    for name in wanted:
        mine, other, ratio = measure(name)
        bar, gflop, gib = CASES[name]
        limit = ("bf16 matmul" if "bf16" in name else "matmul") if gflop else "copy" if gib else None
        share = (gflop or gib) / (mine / 1e3) / limits[limit] if limit else None
        results.append({"name": name, "ours_ms": mine, "theirs_ms": other, "ratio": ratio, "bar": bar,
                        "share_of_limit": share, "limit": limit})
        print(f"{name:<48} {mine:>10.3f} {other:>11.3f} {ratio:>6.2f}x {'' if bar is None else f'{bar:.2f}x':>6}"
              f"{'' if bar is None else '  ok  ' if ratio <= bar else '  MISS'}"
              f"{'' if share is None else f'  {100 * share:.0f} % {limit}'}", flush=True)

    remarks = []

    def remark(text, **figures):
        remarks.append({"text": text, **figures})
        print(text)

    by_name = {r["name"]: r for r in results}
    for low, full in (("mlp 784-1024-1024-10, batch 256, bf16", "mlp 784-1024-1024-10, batch 256, Adam"),
                      ("conv classifier, batch 256, bf16", "conv classifier, batch 256, Adam")):
        if low in by_name and full in by_name:
            ratio = by_name[low]["ours_ms"] / by_name[full]["ours_ms"]
            remark(f"{low} over our own f32: {ratio:.2f}x (bar 1.20x)", name=f"{low}, over our own f32",
                   ours_ms=by_name[low]["ours_ms"], theirs_ms=by_name[full]["ours_ms"], ratio=ratio, bar=1.2)
    toy, eigen = "MIGE toy gradient, M = 256, d = 32", "MIGE toy gradient, the two eigh alone"
    if toy in by_name and eigen in by_name:
        mine, other = (by_name[toy][side] - by_name[eigen][side] for side in ("ours_ms", "theirs_ms"))
        remark(f"{toy}: all but the eigendecompositions {mine:.2f} ms against {other:.2f} ms: {mine / other:.2f}x (bar 0.15x)",
               name=f"{toy}: all but the eigendecompositions", ours_ms=mine, theirs_ms=other, ratio=mine / other, bar=0.15)
    if toy in wanted:
        case = "MIGE, M = 2048, d = 64, Stein"  # PyTorch's M x M x d tensors would take gigabytes
        ours_alone = Ours(arguments.program, arguments.threads)
        ours_alone.time(case, 1)
        base = int(ours_alone.ask("reset"))
        ours_alone.time(case, 1)
        extra = int(ours_alone.ask("peak").split()[1]) - base
        full = 8 * 2048 * 2048
        remark(f"{case}: extra memory {extra / 2**20:.0f} MiB, {extra / full:.1f} matrices M x M (bar 12; one M x M x d tensor is 64)",
               name=f"{case}: extra memory, matrices M x M", ours=extra / full, bar=12)
    for name, bar, probe, what in (("InfoNCE 4096 pairs, d = 128", 0.1, extra_memory, "extra memory of a step"),
                                   ("fuzzy MI 4 x 512 x 512, 32 bins", 0.05, extra_memory, "extra memory of a step"),
                                   ("infomax, two views of 256, Adam", 0.4, memory_of, "resident peak of a run")):
        if name in wanted:
            mine, other = probe(arguments.program, arguments.threads, name)
            remark(f"{name}: {what} {mine / 2**20:.1f} MiB against {other / 2**20:.1f} MiB: {mine / other:.2f}x (bar {bar:.2f}x)",
                   name=f"{name}: {what}, bytes", ours=mine, theirs=other, ratio=mine / other, bar=bar)
    for name in ("infomax, two views of 256, Adam", "mlp 784-1024-1024-10, batch 256, Adam", toy):
        if name in wanted:
            ours.time(name, 20)  # after other cases the cache holds their sizes: reach the steady state first
            before = int(ours.ask("system allocations"))
            ours.time(name, 20)
            after = int(ours.ask("system allocations"))
            remark(f"{name}: {after - before} system allocations in 20 steady steps (bar 0)",
                   name=f"{name}: system allocations in 20 steady steps", ours=after - before, bar=0)

    result = {"date": datetime.date.today().isoformat(), "machine": machine, "versions": versions, "rounds": arguments.rounds,
              "limits": {"matmul_gflops": limits["matmul"], "bf16_matmul_gflops": limits["bf16 matmul"], "copy_gib_s": limits["copy"]},
              "cases": results, "remarks": remarks}
    if arguments.json:
        with open(arguments.json, "w") as file:
            json.dump(result, file, indent=2)
            file.write("\n")
    if arguments.markdown:
        report.write(arguments.markdown, report.markdown(result))


if __name__ == "__main__":
    main()
