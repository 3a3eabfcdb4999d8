"""The program printed in README.md is examples/readme_infomax.cpp, and its printed output is what it prints."""
import pathlib
import re
import subprocess
import sys

root, program = pathlib.Path(sys.argv[1]), sys.argv[2]
blocks = re.findall(r"```(\w*)\n(.*?)```", (root / "README.md").read_text(), re.S)
source = (root / "examples/readme_infomax.cpp").read_text().split("\n", 1)[1].strip()
shown = next(text.strip() for language, text in blocks if language == "cpp")
if shown != source:
    sys.exit("README.md shows another program than examples/readme_infomax.cpp")
printed = subprocess.run([program], capture_output=True, text=True, check=True).stdout.strip().splitlines()
expected = next(text.strip() for language, text in blocks if language == "").splitlines()
number = re.compile(r"-?\d+\.\d+")
for ours, theirs in zip(printed, expected, strict=True):
    # Products round differently on other processors: the numbers agree within 0.05 nats, the rest to the letter.
    if number.sub("#", ours) != number.sub("#", theirs):
        sys.exit(f"README.md prints {theirs!r}, the program {ours!r}")
    for a, b in zip(number.findall(ours), number.findall(theirs)):
        if abs(float(a) - float(b)) > 0.05:
            sys.exit(f"README.md prints {theirs!r}, the program {ours!r}")
