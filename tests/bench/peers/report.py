"""The result of peers.py as text for docs/performance.md: one table, and a list of what is no time of both sides."""
import os

BEGIN, END = "<!-- tools/peers --markdown: begin -->", "<!-- tools/peers --markdown: end -->"


def milliseconds(value):
    return f"{value:.3g}" if value < 100 else f"{value:.0f}"


def share(case):
    return "" if case["share_of_limit"] is None else f"{100 * case['share_of_limit']:.0f} % ({case['limit']})"


def row(case):
    bar = "" if case["bar"] is None else f"{case['bar']:.2f}" + ("" if case["ratio"] <= case["bar"] else " **missed**")
    return f"| {case['name']} | {milliseconds(case['ours_ms'])} | {milliseconds(case['theirs_ms'])} | {case['ratio']:.2f} | {bar} | {share(case)} |"


def markdown(result):
    """The table and its circumstances. Every case with a time on both sides is a row, the others are in the list."""
    machine, versions, limits = result["machine"], result["versions"], result["limits"]
    lines = [
        f"{result['date']}, {machine['processor']}, {machine['threads']} threads; infograd {versions['commit']}, PyTorch {versions['torch']};",
        f"medians of {result['rounds']} turns. Limits of this machine, the better of both sides: {limits['matmul_gflops']:.0f} GFLOP/s in a 1024^3",
        f"product ({limits['bf16_matmul_gflops']:.0f} in bf16), {limits['copy_gib_s']:.1f} GiB/s copying.",
        "",
        "| case | infograd, ms | PyTorch, ms | ratio | bar | share of the limit |",
        "|---|---|---|---|---|---|",
    ]
    lines += [row(case) for case in result["cases"]]
    if result["remarks"]:
        lines += [""] + [f"* {remark['text']}" for remark in result["remarks"]]
    lines += ["", "```", *versions["infograd"].splitlines(), "```"]
    return "\n".join(lines) + "\n"


def write(path, text):
    """Replaces what stands between the two marks of an existing file; otherwise the file becomes the text."""
    if os.path.exists(path):
        with open(path) as file:
            page = file.read()
        if BEGIN in page and END in page:
            text = page[:page.index(BEGIN)] + BEGIN + "\n" + text + page[page.index(END):]
    with open(path, "w") as file:
        file.write(text)
