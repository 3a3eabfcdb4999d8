"""The results of tools/gpu_check as Markdown.

    report.py FOLDER      every part that left something there, on stdout; exit status 1 if a part failed

FOLDER/machine.txt is the heading. A part is a folder of it: its outcome, and files of tests/cuda/run.py, of "outcome TAB
what" lines or of measurements.
"""
import collections
import glob
import json
import os
import re
import sys

failed = False


def verdict(good):
    global failed
    failed = failed or not good
    return "ok" if good else "**missed**"


def short(message):
    """For a cell."""
    return " ".join(message.replace("|", " ").split())[:150]


def tests(title, path):
    """What tests/cuda/run.py wrote."""
    global failed
    with open(path) as file:
        results = json.load(file)
    counts = collections.Counter(result["outcome"] for result in results)
    counted = ["passed", "failed", "skipped", *sorted(set(counts) - {"passed", "failed", "skipped"})]
    print(f"## {title}\n\n" + ", ".join(f"{counts[outcome]} {outcome}" for outcome in counted) + ".\n")
    bad = [result for result in results if result["outcome"] not in ("passed", "skipped")]
    failed = failed or bool(bad)
    for result in bad:
        said = [line for line in result["message"].splitlines() if not re.match(r"\S*\.(cpp|h):\d+: Failure", line)]
        print(f"* **{result['name']}** {result['outcome']}: {' '.join(' '.join(said).split())[:400]}")
    if bad:
        print()


def outcomes(title, *paths):
    """Lines "outcome TAB what"; anything but ok and skipped is a failure."""
    global failed
    print(f"## {title}\n\n| what | outcome |\n|---|---|")
    for path in paths:
        with open(path) as file:
            for line in file:
                outcome, _, what = line.rstrip("\n").partition("\t")
                good = outcome == "ok" or outcome.startswith("skipped")
                failed = failed or not good
                print(f"| {what} | {outcome if good else f'**{outcome}**'} |")
    print()


def lines(path):
    """Objects, one per line; what was cut off is left out."""
    rows = []
    if os.path.exists(path):
        with open(path) as file:
            for line in file:
                try:
                    rows.append(json.loads(line))
                except ValueError:
                    continue
    return rows


def measurements(path):
    """The last line of each name, eager and graph apart: bench_cuda --list wrote the first."""
    return list({(row["name"], row["graph"]): row for row in lines(path)}.values())


def kernels(rows):
    copy = next((row for row in rows if row["family"] == "yardstick"), {})
    print("## Kernels\n")
    bandwidth = copy["bytes"] / copy["ms"] if "ms" in copy else None
    if bandwidth:
        print(f"Copy of the driver: {bandwidth / 1e6:.0f} GB/s, bytes read and written. Bar: 85 % of it for element-wise kernels")
        print("and optimizers; bytes count arguments and results once.\n")
    else:
        print(f"No copy of the driver ({copy.get('error', 'no GPU')}), so no shares.\n")
        if copy:
            verdict(False)
    print("| kernel | family | ms | GB/s | share | bar |\n|---|---|---|---|---|---|")
    for row in rows:
        if row["family"] == "yardstick":
            continue
        if "error" in row:
            verdict(False)
            print(f"| {row['name']} | {row['family']} | {short(row['error'])} | | | **failed** |")
            continue
        rate = row["bytes"] / row["ms"]
        share, judged = "", ""
        if bandwidth:
            share = f"{100 * rate / bandwidth:.0f} %"
            judged = verdict(rate >= 0.85 * bandwidth) if row["family"] in ("element-wise", "optimizer") else ""
        print(f"| {row['name']} | {row['family']} | {row['ms']:.3f} | {rate / 1e6:.0f} | {share} | {judged} |")
    print()


def products(rows):
    times = {row["name"]: row for row in rows}
    print("## Products of square matrices\n\n| product | ms | TFLOP/s | cuBLAS, TFLOP/s | share |\n|---|---|---|---|---|")
    for name, row in times.items():
        if not name.startswith("matmul"):
            continue
        if "error" in row:
            verdict(False)
            print(f"| {name} | **{short(row['error'])}** | | | |")
            continue
        rate = row["flops"] / row["ms"] / 1e9
        theirs = times.get(name.replace("matmul", "cuBLAS"), {})
        if "ms" in theirs:
            other = theirs["flops"] / theirs["ms"] / 1e9
            print(f"| {name} | {row['ms']:.3f} | {rate:.1f} | {other:.1f} | {100 * rate / other:.0f} % |")
        else:
            print(f"| {name} | {row['ms']:.3f} | {rate:.1f} | {short(theirs.get('error', 'not measured'))} | |")
    print()


def bars_of(name, graph):
    """Largest allowed shares of PyTorch's time and memory."""
    if name.startswith("InfoNCE"):
        return 0.3, 0.1
    if name.startswith("fuzzy"):
        return 0.05, None
    return (1.0 if graph else 0.7), None


def steps(ours, theirs):
    skipped = next((row["skipped"] for row in theirs if "skipped" in row), None)
    version = next((row["version"] for row in theirs if "version" in row), None)
    print("## Training steps\n")
    if version:
        print(f"Beside {version}: eager beside eager, graph beside graph. Memory is the peak of tensors, data and model included.\n")
    else:
        print(f"No comparison: {skipped or 'the PyTorch half died, see the logs'}.\n")
    print("| step | | infograd, ms | PyTorch, ms | ratio | bar | MiB | PyTorch, MiB | ratio | bar |\n" + "|---" * 10 + "|")
    other = {(row["name"], row["graph"]): row for row in theirs if "name" in row}
    for row in ours:
        mode, peer = "graph" if row["graph"] else "eager", other.get((row["name"], row["graph"]), {})
        if "error" in row:
            verdict(False)
            print(f"| {row['name']} | {mode} | **{short(row['error'])}** | | | | | | | |")
            continue
        cells = [row["name"], mode, f"{row['ms']:.3f}"] + [""] * 7
        time_bar, memory_bar = bars_of(row["name"], row["graph"])
        if "memory" in row:
            cells[6] = f"{row['memory'] / 2**20:.0f}"
        if "ms" in peer:
            ratio = row["ms"] / peer["ms"]
            cells[3:6] = [f"{peer['ms']:.3f}", f"{ratio:.2f}", f"{time_bar} {verdict(ratio <= time_bar)}"]
            if "memory" in row and "memory" in peer:
                ratio = row["memory"] / max(peer["memory"], 1)
                cells[7:9] = [f"{peer['memory'] / 2**20:.0f}", f"{ratio:.2f}"]
                if memory_bar is not None:
                    cells[9] = f"{memory_bar} {verdict(ratio <= memory_bar)}"
        elif version:
            cells[3] = short(peer.get("error", "died"))
        print("| " + " | ".join(cells) + " |")
    print()


def main():
    folder = sys.argv[1]
    at = lambda *names: os.path.join(folder, *names)
    with open(at("machine.txt")) as file:
        print("# Results of tools/gpu_check\n\n```\n" + file.read() + "```\n")
    parts = sorted(glob.glob(at("*", "outcome")), key=os.path.getmtime)
    outcomes("Parts", *parts)
    for name, title in (("ops/ops", "Ops against the reference backend: f32, f64, bf16"),
                        ("ops/im2col", "Convolutions once more, without cuDNN"),
                        ("losses/losses", "Losses against the reference backend"),
                        ("derivatives/derivatives", "Derivatives against finite differences, f64"),
                        ("training/training", "Training against the host over 100 steps, and checkpoints across devices"),
                        ("memcheck/memcheck", "compute-sanitizer memcheck over the op table"),
                        ("racecheck/racecheck", "compute-sanitizer racecheck over the op table")):
        if os.path.exists(at(name + ".json")):
            tests(title, at(name + ".json"))
    if os.path.exists(at("examples", "outcomes.txt")):
        outcomes("Examples with --device cuda", at("examples", "outcomes.txt"))
    for name, table in (("kernels", kernels), ("products", products)):
        rows = measurements(at(name, "ours.jsonl"))
        if rows:
            table(rows)
    rows = measurements(at("steps", "ours.jsonl"))
    if rows:
        steps(rows, lines(at("steps", "theirs.jsonl")))
    sys.exit(1 if failed else 0)


main()
