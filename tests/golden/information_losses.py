#!/usr/bin/env python3
"""Recomputes the worked examples behind tests/losses/test_golden.cpp with numpy alone, in float64.

Every loss is written again from its definition, as loops over pairs where that is short, and its gradient is taken by
central differences. The printed numbers are the ones the C++ tests hold; with --check they are compared with the table in
this file, which was typed in from the specification.
"""
import argparse
import sys

import numpy as np

S = np.array([[1.5, -0.5, 0.25], [0.75, 2, -1.25], [-0.25, 0.5, 1]])
LOG_A = np.array([0.5, -0.25, 0.0])
VIEW_A = np.array([[0.5, 2], [2, 0], [1, 1.5], [-1, -0.5]])
VIEW_B = np.array([[0.7, 1.5], [1.5, 0.5], [1.2, 1], [-0.6, 0]])


def off(s):
    return s[~np.eye(len(s), dtype=bool)]


def lse(x, axis=None):
    m = x.max(axis=axis, keepdims=True)
    return np.squeeze(m + np.log(np.exp(x - m).sum(axis=axis, keepdims=True)), axis=axis)


def lme(x):
    return float(lse(x) - np.log(x.size))


def softplus(u):
    return np.logaddexp(0, u)


def dv(s):
    return np.diag(s).mean() - lme(off(s))


def nwj(s):
    return np.diag(s).mean() - np.exp(lme(off(s)) - 1)


def tuba(s, log_a=LOG_A):
    return 1 + (np.diag(s) - log_a).mean() - np.exp(lme(off(s - log_a[None, :])))


def nce_rows(s):
    return np.log(len(s)) + (np.diag(s) - lse(s, 1)).mean()


def nce_columns(s):
    return nce_rows(s.T)


def nce(s):
    return (nce_rows(s) + nce_columns(s)) / 2


def jsd(s):
    return -softplus(-np.diag(s)).mean() - softplus(off(s)).mean()


def smile(s, tau):
    return np.diag(s).mean() - lme(np.clip(off(s), -tau, tau))


def nt_xent(a, b, tau):
    z = np.concatenate([a, b])
    z = z / np.maximum(np.linalg.norm(z, axis=1, keepdims=True), 1e-12)
    k, total = len(a), 0.0
    for i in range(2 * k):
        scores = [z[i] @ z[j] / tau for j in range(2 * k) if j != i]
        total += lse(np.array(scores)) - z[i] @ z[(i + k) % (2 * k)] / tau
    return total / (2 * k)


def gradient(f, x, h=1e-5):
    g = np.zeros_like(x)
    for i in np.ndindex(x.shape):
        up, down = x.copy(), x.copy()
        up[i] += h
        down[i] -= h
        g[i] = (f(up) - f(down)) / (2 * h)
    return g


def labelled(f, s, labels):
    """DV or InfoNCE rows with the pairs of equal label left out of the negatives."""
    d, n = np.diag(s), len(s)
    allowed = labels[:, None] != labels[None, :]
    if f == "dv":
        return d.mean() - lme(s[allowed])
    return np.mean([np.log(1 + allowed[i].sum()) + d[i] - lse(np.append(s[i][allowed[i]], d[i])) for i in range(n)])


def standard_errors(s):
    k, d = len(s), np.diag(s)
    e = np.exp(s) * (1 - np.eye(k))
    r, c, m = e.sum(1) / (k - 1), e.sum(0) / (k - 1), np.exp(lme(off(s)))
    p = np.exp(s - lse(s, 1)[:, None])
    sp = softplus(s) * (1 - np.eye(k))
    phi = {
        "DV": d - (r + c) / m,
        "NWJ": d - (r + c) / np.e,
        "InfoNCE rows": d - lse(s, 1) - p.sum(0),
        "JSD": -softplus(-d) - sp.sum(1) / (k - 1) - sp.sum(0) / (k - 1),
    }
    return {name: v.std(ddof=1) / np.sqrt(k) for name, v in phi.items()}


def mine_steps(decay=0.9):
    log_m, rows = -np.inf, []
    for t, s in enumerate([S, S / 2, 2 * S], start=1):
        batch = lme(off(s))
        log_m = np.logaddexp(np.log(decay) + log_m, np.log1p(-decay) + batch)
        log_mean = log_m - np.log1p(-decay**t)
        w = np.exp(s - lse(off(s))) * (1 - np.eye(len(s)))
        rows.append((log_mean, np.exp(batch - log_mean), w * np.exp(batch - log_mean) - np.eye(len(s)) / len(s)))
    return rows


def table():
    values = {
        "DV": dv(S), "NWJ": nwj(S), "TUBA": tuba(S), "InfoNCE rows": nce_rows(S), "InfoNCE columns": nce_columns(S),
        "JSD": jsd(S), "SMILE .6": smile(S, 0.6), "SMILE 1": smile(S, 1), "SMILE 5": smile(S, 5),
        "JS divergence": np.log(2) + jsd(S) / 2, "LME_off": lme(off(S)),
        "ESS": float(np.exp(2 * lse(off(S)) - lse(2 * off(S)))),
        "NT-Xent .2": nt_xent(VIEW_A, VIEW_B, 0.2),
    }
    labels = np.array([0, 0, 1])
    values["DV, labels 001"] = labelled("dv", S, labels)
    values["InfoNCE rows, labels 001"] = labelled("nce", S, labels)
    values.update({"se " + k: v for k, v in standard_errors(S).items()})
    for t, (log_mean, weight, _) in enumerate(mine_steps(), start=1):
        values[f"MINE log mhat {t}"], values[f"MINE weight {t}"] = log_mean, weight
    return {k: float(v) for k, v in values.items()}


# From the specification, section 11.
SPECIFIED = {
    "DV": 1.3864357853, "NWJ": 1.0878779705, "TUBA": 1.3795461696, "InfoNCE rows": 0.6746934643,
    "InfoNCE columns": 0.6916752434, "JSD": -0.9203398081, "SMILE .6": 1.3912938024, "SMILE 1": 1.3744020122,
    "SMILE 5": 1.3864357853, "JS divergence": 0.2329772765, "LME_off": 0.1135642147, "ESS": 4.5612138409,
    "NT-Xent .2": 0.7538692968, "DV, labels 001": 1.5004870518, "InfoNCE rows, labels 001": 0.5189181981,
    "se DV": 0.2146481820, "se NWJ": 0.2551422403, "se InfoNCE rows": 0.0157634041, "se JSD": 0.0468875029,
    "MINE log mhat 1": 0.1135642147, "MINE log mhat 2": 0.0610908948, "MINE log mhat 3": 0.2467986433,
    "MINE weight 1": 1.0, "MINE weight 2": 0.9515130002, "MINE weight 3": 1.2898171627,
}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true", help="compare with the specified values; exit status 1 if any differs")
    arguments = parser.parse_args()
    wrong = 0
    for name, value in table().items():
        ok = abs(value - SPECIFIED[name]) < 1e-9
        wrong += not ok
        print(f"{name:26s} {value: .10f}" + ("" if ok or not arguments.check else f"   specified {SPECIFIED[name]: .10f}"))
    with np.printoptions(precision=8, suppress=True, floatmode="fixed"):
        for f in (dv, nwj, tuba, nce_rows, nce_columns, nce, jsd):
            print(f"\nd -{f.__name__} / dS\n{gradient(lambda s, f=f: -f(s), S)}")
        print(f"\nd -tuba / d log_a\n{gradient(lambda a: -tuba(S, a), LOG_A)}")
        print(f"\nd -mine / dS, step 2\n{mine_steps()[1][2]}")
        print(f"\nd nt_xent / d view_a\n{gradient(lambda a: nt_xent(a, VIEW_B, 0.2), VIEW_A)}")
    return 1 if arguments.check and wrong else 0


if __name__ == "__main__":
    sys.exit(main())
