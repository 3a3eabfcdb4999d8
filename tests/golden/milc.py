#!/usr/bin/env python3
"""Recomputes the worked examples of milc.h from their definitions, with mpmath at 50 digits.

Probabilities come first and logarithms last, without any of the rearrangements that a library needs, and gradients are
central differences: no formula of the C++ side is repeated. Prints every number; --check compares them with milc.h, to
one unit of the last digit that is written there.

Run: python3 tests/golden/milc.py --check
"""
import argparse
import os
import re
import sys

from mpmath import mp, mpf

mp.dps = 50
STEP = mpf(10) ** -20  # of the differences: an error of about 1e-30

EXAMPLES = {
    "kMilc1": ([[2, 0, -1], [0.5, 1.5, 0], [-1, 0, 3]], [0, 1, 2]),
    "kMilc2": ([[1, 2, 3], [3, 1, 0.5], [-2, 0, 2], [0, 0, 0]], [0, 0, 1, 0]),
}


def mean(values):
    values = list(values)
    return sum(values) / len(values)


def entropy(p):
    return -sum(x * mp.log(x) for x in p if x > 0)


def softmax(row):
    e = [mp.exp(z) for z in row]
    return [x / sum(e) for x in e]


class Batch:
    def __init__(self, logits, labels):
        self.z, self.y = logits, labels
        self.n, self.classes = len(logits), len(logits[0])
        self.p = [softmax(row) for row in logits]
        self.average = [mean(row[c] for row in self.p) for c in range(self.classes)]
        self.r = [mpf(labels.count(c)) / self.n for c in range(self.classes)]

    # the quantities of a batch
    def ce(self):
        return -mean(mp.log(self.p[i][y]) for i, y in enumerate(self.y))

    def hm(self, marginal=None, target=None):
        return -sum(r * mp.log(q) for r, q in zip(target or self.r, marginal or self.average) if r > 0)

    def hq(self):
        return entropy(self.average)

    def hc(self):
        return mean(entropy(row) for row in self.p)

    def pointwise(self):
        return [mp.log(self.p[i][y] / self.average[y]) for i, y in enumerate(self.y)]

    def hm_uniform(self):
        return self.hm(target=[mpf(1) / self.classes] * self.classes)

    def hm_moving(self, decay=mpf(9) / 10):
        """The old average is uniform."""
        return self.hm(marginal=[(1 - decay) * q + decay / self.classes for q in self.average])

    # softmax over the whole table
    def joint(self):
        e = [[mp.exp(z) for z in row] for row in self.z]
        total = sum(map(sum, e))
        return [[x / total for x in row] for row in e]

    def joint_marginal(self):
        return [sum(row[c] for row in self.joint()) for c in range(self.classes)]

    def hm_joint(self):
        return self.hm(marginal=self.joint_marginal())

    def joint_score(self):
        table = self.joint()
        return -mean(mp.log(table[i][y]) for i, y in enumerate(self.y))

    # baselines
    def smoothed(self, on_label, on_others):
        return -mean(sum((on_label if c == y else on_others) * mp.log(self.p[i][c]) for c in range(self.classes))
                     for i, y in enumerate(self.y))

    def divergence(self, alpha):
        """Skew Jensen divergence of the predictions and the uniform distribution u, divided by alpha (1 - alpha)."""
        mixed = [[alpha * x + (1 - alpha) / self.classes for x in row] for row in self.p]
        gap = [entropy(m) - alpha * entropy(p) - (1 - alpha) * mp.log(self.classes) for m, p in zip(mixed, self.p)]
        return mean(gap) / (alpha * (1 - alpha))

    def kl_uniform_to_model(self):
        return mean(-mp.log(self.classes) - mean(mp.log(x) for x in row) for row in self.p)

    def kl_model_to_uniform(self):
        return mp.log(self.classes) - self.hc()


def gradient(quantity, logits, labels):
    """Row by row."""
    result = []
    for i, row in enumerate(logits):
        for c in range(len(row)):
            def moved(by, i=i, c=c):
                z = [list(r) for r in logits]
                z[i][c] += by
                return quantity(Batch(z, labels))
            result.append((moved(STEP) - moved(-STEP)) / (2 * STEP))
    return result


def table():
    """{name in milc.h: number or list of numbers}."""
    tenth, half = mpf(1) / 10, mpf(1) / 2
    numbers = {}
    for name, (logits, labels) in EXAMPLES.items():
        z = [[mpf(x) for x in row] for row in logits]
        b = Batch(z, labels)
        slope = lambda quantity, z=z, labels=labels: gradient(quantity, z, labels)
        numbers.update({f"{name}.{field}": value for field, value in {
            "logits": [x for row in z for x in row], "labels": [mpf(y) for y in labels],
            "ce": b.ce(), "hm": b.hm(), "hq": b.hq(), "h_labels": entropy(b.r), "hc": b.hc(), "mi": b.hm() - b.ce(),
            "qbar": b.average, "pointwise": b.pointwise(),
            "a01": b.ce() + tenth * b.hm(), "a05": b.ce() + half * b.hm(), "a1": b.ce() + b.hm(),
            "b05": b.ce() - half * b.hq(), "c": b.ce() - b.hm(),
            "d_ce": slope(Batch.ce), "d_hm": slope(Batch.hm), "d_hq": slope(Batch.hq),
            "d_a": slope(lambda b: b.ce() + half * b.hm()),
            "smooth_inclusive": b.smoothed(1 - tenth + tenth / 3, tenth / 3),
            "smooth_exclusive": b.smoothed(1 - tenth, tenth / 2),
            "ger": b.ce() + half * b.divergence(half), "ger_divergence": b.divergence(half),
            "hm_joint": b.hm_joint(),
        }.items()})
        if name == "kMilc1":
            numbers.update({
                "kMilc1EntropyGradient": slope(Batch.hc), "kMilc1GerGradient": slope(lambda b: b.divergence(half)),
                "kMilc1JointGradient": slope(Batch.hm_joint), "kMilc1JointMarginal": b.joint_marginal(),
                "kMilc1JointScore": b.joint_score(), "kMilc1Penalty01": b.ce() - tenth * b.hc(),
                "kMilc1Ger01": b.ce() + half * b.divergence(tenth),
                "kMilc1Ger09": b.ce() + half * b.divergence(1 - tenth),
                "kMilc1UniformToModel": b.kl_uniform_to_model(), "kMilc1ModelToUniform": b.kl_model_to_uniform(),
            })
        else:
            numbers.update({"kMilc2UniformTarget": b.hm_uniform(), "kMilc2Average": b.hm_moving(),
                            "kMilc2AverageGradient": slope(Batch.hm_moving)})
    return numbers


def written(text):
    """(value, one unit of its last digit) of a literal such as 0.25, 3, or -1.0 / 6, which is exact."""
    text = text.strip()
    if "/" in text:
        top, bottom = text.split("/")
        return mpf(top) / mpf(bottom), mpf(10) ** -30
    decimals, _, exponent = text.lower().partition("e")
    digits = len(decimals.partition(".")[2]) - int(exponent or 0)
    return mpf(text), mpf(10) ** -digits if "." in text else mpf(10) ** -30


def header():
    """{name: list of literals} of milc.h."""
    with open(os.path.join(os.path.dirname(os.path.abspath(__file__)), "milc.h")) as file:
        text = re.sub(r"//.*", "", file.read())
    found = {}
    for name, body in re.findall(r"const Milc (\w+)\{(.*?)\};", text, re.S):
        for field, value in re.findall(r"\.(\w+) = (\{[^}]*\}|[^,]+),", body):
            found[f"{name}.{field}"] = value
    for name, value in re.findall(r"\b(kMilc\d\w+)\s*=?\s*(\{[^}]*\}|-?\d[\d.e-]*)", text):
        found[name] = value
    return {name: [x for x in value.strip("{}").split(",") if x.strip()] for name, value in found.items()}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true", help="compare with milc.h; exit status 1 if anything differs")
    check = parser.parse_args().check
    numbers = table()
    literals = header() if check else {}
    if check and literals.keys() != numbers.keys():
        sys.exit(f"only here or only in milc.h: {sorted(literals.keys() ^ numbers.keys())}")
    wrong = compared = 0
    for name, values in numbers.items():
        values = values if isinstance(values, list) else [values]
        print(name, *(mp.nstr(v, 17) for v in values))
        if not check:
            continue
        if len(values) != len(literals[name]):
            sys.exit(f"{name}: {len(values)} numbers here, {len(literals[name])} in milc.h")
        for mine, literal in zip(values, literals[name]):
            value, unit = written(literal)
            compared += 1
            if abs(mine - value) > unit:
                wrong += 1
                print(f"  milc.h has {literal.strip()} for {mp.nstr(mine, 20)}")
    if check:
        print(f"{compared} numbers compared, {wrong} differ")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
