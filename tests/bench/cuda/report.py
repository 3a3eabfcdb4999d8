"""The results of tools/gpu_check as Markdown.

    report.py FOLDER      every part that left something there, on stdout; exit status 1 if a part failed

FOLDER/machine.txt is the heading. A part is a file NAME.json of GoogleTest, NAME.txt of "outcome TAB what" lines, or
NAME.jsonl of measurements.
"""
import glob
import json
import os
import sys

failed = False


def verdict(good):
    global failed
    failed = failed or not good
    return "ok" if good else "**missed**"


def tests(title, path):
    """What GoogleTest wrote, all shards together."""
    global failed
    counts, bad = {"passed": 0, "failed": 0, "skipped": 0}, []
    for shard in sorted(glob.glob(path)):
        with open(shard) as file:
            result = json.load(file)
        for suite in result["testsuites"]:
            for test in suite["testsuite"]:
                if test["status"] == "NOTRUN":
                    continue
                outcome = "failed" if "failures" in test else "skipped" if test["result"] == "SKIPPED" else "passed"
                counts[outcome] += 1
                if outcome == "failed":
                    first = test["failures"][0]["failure"].strip().splitlines()
                    bad.append((f"{suite['name']}.{test['name']}", " ".join(first[1:3])[:200]))
    failed = failed or bool(bad)
    print(f"## {title}\n\n{counts['passed']} passed, {counts['failed']} failed, {counts['skipped']} skipped.\n")
    for name, message in bad:
        print(f"* **{name}**: {message.replace('|', ' ')}")
    if bad:
        print()


def outcomes(title, path):
    """Lines "outcome TAB what"; anything but ok and skipped is a failure."""
    global failed
    print(f"## {title}\n\n| what | outcome |\n|---|---|")
    with open(path) as file:
        for line in file:
            outcome, what = line.rstrip("\n").split("\t", 1)
            good = outcome == "ok" or outcome.startswith("skipped")
            failed = failed or not good
            print(f"| {what} | {outcome if good else f'**{outcome}**'} |")
    print()


def measurements(path):
    if not os.path.exists(path):
        return []
    with open(path) as file:
        return [json.loads(line) for line in file if line.startswith("{")]


def kernels(rows):
    copy = next((row for row in rows if row["family"] == "yardstick" and "ms" in row), None)
    print("## Kernels\n")
    if copy is None:
        verdict(False)
        print("The copy of the driver was not measured: no shares.\n")
        return
    bandwidth = copy["bytes"] / copy["ms"]
    print(f"Copy of the driver: {bandwidth / 1e6:.0f} GB/s, bytes read and written. Bar: 85 % of it for element-wise kernels")
    print("and optimizers; bytes count arguments and results once.\n")
    print("| kernel | family | ms | GB/s | share | bar |\n|---|---|---|---|---|---|")
    for row in rows:
        if row["family"] == "yardstick":
            continue
        if "error" in row:
            verdict(False)
            print(f"| {row['name']} | {row['family']} | {row['error']} | | | **failed** |")
            continue
        rate = row["bytes"] / row["ms"]
        share = rate / bandwidth
        judged = verdict(share >= 0.85) if row["family"] in ("element-wise", "optimizer") else ""
        print(f"| {row['name']} | {row['family']} | {row['ms']:.3f} | {rate / 1e6:.0f} | {100 * share:.0f} % | {judged} |")
    print()


def products(rows):
    times = {row["name"]: row for row in rows}
    print("## Products of square matrices\n\n| product | ms | TFLOP/s | cuBLAS, TFLOP/s | share |\n|---|---|---|---|---|")
    for name, row in times.items():
        if not name.startswith("matmul"):
            continue
        if "error" in row:
            verdict(False)
            print(f"| {name} | **{row['error']}** | | | |")
            continue
        rate = row["flops"] / row["ms"] / 1e9
        theirs = times.get(name.replace("matmul", "cuBLAS"), {})
        if "ms" in theirs:
            other = theirs["flops"] / theirs["ms"] / 1e9
            print(f"| {name} | {row['ms']:.3f} | {rate:.1f} | {other:.1f} | {100 * rate / other:.0f} % |")
        else:
            print(f"| {name} | {row['ms']:.3f} | {rate:.1f} | {theirs.get('error', 'not measured')} | |")
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
    if skipped:
        print(f"The comparison was skipped: {skipped}.\n")
    elif version:
        print(f"Beside {version}: eager beside eager, graph beside graph. Memory is the peak of tensors, data and model included.\n")
    print("| step | | infograd, ms | PyTorch, ms | ratio | bar | MiB | PyTorch, MiB | ratio | bar |\n" + "|---" * 10 + "|")
    other = {(row["name"], row["graph"]): row for row in theirs if "name" in row}
    for row in ours:
        mode, peer = "graph" if row["graph"] else "eager", other.get((row["name"], row["graph"]), {})
        if "error" in row:
            verdict(False)
            print(f"| {row['name']} | {mode} | **{row['error']}** | | | | | | | |")
            continue
        cells = [row["name"], mode, f"{row['ms']:.3f}", "", "", "", f"{row['memory'] / 2**20:.0f}", "", "", ""]
        if "ms" in peer:
            time_bar, memory_bar = bars_of(row["name"], row["graph"])
            ratio, memory = row["ms"] / peer["ms"], row["memory"] / max(peer["memory"], 1)
            cells[3:6] = [f"{peer['ms']:.3f}", f"{ratio:.2f}", f"{time_bar} {verdict(ratio <= time_bar)}"]
            cells[7:9] = [f"{peer['memory'] / 2**20:.0f}", f"{memory:.2f}"]
            if memory_bar is not None:
                cells[9] = f"{memory_bar} {verdict(memory <= memory_bar)}"
        elif "error" in peer:
            cells[3] = peer["error"][:120].replace("|", " ").replace("\n", " ")
        print("| " + " | ".join(cells) + " |")
    print()


def main():
    folder = sys.argv[1]
    at = lambda name: os.path.join(folder, name)
    with open(at("machine.txt")) as file:
        print("# Results of tools/gpu_check\n\n```\n" + file.read() + "```\n")
    for name, title in (("ops", "Ops against the reference backend: f32, f64, bf16"),
                        ("im2col", "Convolutions once more, without cuDNN"), ("losses", "Losses against the reference backend"),
                        ("derivatives", "Derivatives against finite differences, f64"),
                        ("training", "Training against the host over 100 steps, and checkpoints across devices")):
        if glob.glob(at(f"{name}.*.json")):
            tests(title, at(f"{name}.*.json"))
    for name, title in (("memcheck", "compute-sanitizer memcheck over the op table"),
                        ("racecheck", "compute-sanitizer racecheck over the op table"),
                        ("examples", "Examples with --device cuda"), ("parts", "Parts")):
        if os.path.exists(at(f"{name}.txt")):
            outcomes(title, at(f"{name}.txt"))
    if measurements(at("kernels.jsonl")):
        kernels(measurements(at("kernels.jsonl")))
    if measurements(at("products.jsonl")):
        products(measurements(at("products.jsonl")))
    if measurements(at("steps.jsonl")):
        steps(measurements(at("steps.jsonl")), measurements(at("theirs.jsonl")))
    sys.exit(1 if failed else 0)


main()
