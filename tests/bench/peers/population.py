"""Population infomax against NumPy and scikit-learn: the same patches, start and threads. Called by tools/peers --population."""
import argparse
import csv
import os
import subprocess
import sys
import tempfile
import time
import warnings

import numpy as np


def kernel_entropy_bits(y, grid=512):
    """Section 8 of the method's definition: Gaussian kernels, bandwidth from the median deviation, counts in fine bins."""
    n = len(y)
    h = np.median(np.abs(y - np.median(y))) / 0.6745 * (4 / (3 * n)) ** 0.2
    low, high = y.min() - 4 * h, y.max() + 4 * h
    ratio = 4096 // (grid - 1) + 1
    bins = (grid - 1) * ratio + 1
    at = (y - low) / ((high - low) / (bins - 1))
    lower = at.astype(int)
    share = at - lower
    counts = np.bincount(lower, 1 - share, bins + 1)[:bins] + np.bincount(lower + 1, share, bins + 1)[:bins]
    width = (high - low) / (bins - 1)
    reach = min(bins - 1, int(8.5 * h / width) + 1)
    z = np.arange(-reach, reach + 1) * width / h
    kernel = np.exp(-0.5 * z * z) / (h * np.sqrt(2 * np.pi) * n)
    q = np.convolve(counts, kernel, "full")[reach:reach + bins][::ratio]
    q = q[q > 0]
    return -np.sum(q * np.log2(q)) * width * ratio


def cfe(c, x):
    y = (c.T @ x) * (c.shape[1] / np.linalg.norm(c, axis=0).sum())
    return np.mean([kernel_entropy_bits(row) for row in y])


def gs_rows(a):
    q, r = np.linalg.qr(a.T)
    return (q * np.sign(np.diag(r))).T


def algorithm_1(x, c, t0, t_max, v1=0.4, tau=0.8):
    """(epoch, seconds, objective, c) of every epoch: the complete algorithm as a NumPy user would write it."""
    m = x.shape[1]

    def objective(c, beta, free):
        u = beta * (c.T @ x)
        size = np.abs(u)
        q = -np.sum(np.log(beta) - size - 2 * np.log1p(np.exp(-size))) / m
        g = x @ np.tanh(u / 2).T * (beta / m)
        return (q - np.linalg.slogdet(c)[1], g) if free else (q, g)

    history, start, free, beta, v, t = [], time.perf_counter(), False, 1.81 / 2, v1, 0
    q, g = objective(c, beta, free)
    while t < t_max:
        t += 1
        if t == t0 + 1:
            beta, free, v = 1.81, True, v1
            q, g = objective(c, beta, free)
        d = c @ (np.eye(len(c)) - c.T @ g) if free else c @ g.T @ c - g
        kappa = np.mean(np.linalg.norm(d, axis=0) / np.linalg.norm(c, axis=0))
        while v >= 1e-12:
            moved = c + v / kappa * d
            moved = moved if free else gs_rows(moved)
            q_moved, g_moved = objective(moved, beta, free)
            if q_moved < q:
                c, q, g = moved, q_moved, g_moved
                break
            v *= tau
        else:
            if free:
                break
            t = t0
        history.append((t, time.perf_counter() - start, q, c))
    return history


def sklearn_fast_ica(x, c, most):
    """(iterations, seconds, c): a run of its own for every number of iterations."""
    from sklearn.decomposition import FastICA
    history = []
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it says that it did not converge
        for iterations in [i for i in (1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 64, 96, 128, 192, 300) if i <= most]:
            ica = FastICA(whiten=False, fun="logcosh", w_init=c.T.copy(), max_iter=iterations, tol=1e-4)
            start = time.perf_counter()
            ica.fit(x.T)
            history.append((iterations, time.perf_counter() - start, ica.components_.T))
            if ica.n_iter_ < iterations:
                break
    return history


def read(path):
    with open(path, newline="") as file:
        return [(int(r["epoch"]), float(r["seconds"]), float(r["objective"]), float(r["cfe"])) for r in csv.DictReader(file)]


def time_to(history, target):
    """Seconds after which the CFE is below target; history of (seconds, cfe)."""
    return next((seconds for seconds, value in history if value <= target), None)


def main():
    parser = argparse.ArgumentParser(prog="tools/peers --population", description=__doc__)
    parser.add_argument("--natural", required=True, help="folder of PNG photographs")
    parser.add_argument("--samples", type=int, default=20000)
    parser.add_argument("--epochs", type=int, default=80)
    parser.add_argument("--t0", type=int, default=30)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--program", required=True, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run([arguments.program, arguments.natural, folder, str(arguments.samples), str(arguments.epochs),
                        str(arguments.t0), str(arguments.threads)], check=True,
                       env={**os.environ, "GOMP_SPINCOUNT": os.environ.get("INFOGRAD_SPINCOUNT", "10000")})
        x, c = np.load(os.path.join(folder, "x_hat.npy")), np.load(os.path.join(folder, "c0.npy"))
        ours = {name: read(os.path.join(folder, name + ".csv")) for name in ("double", "single", "fast_ica")}
    part = x[:, :20000]
    theirs = algorithm_1(x, c, arguments.t0, arguments.epochs)
    fast = sklearn_fast_ica(x, c, 300)

    mine, other = ours["double"][-1], theirs[-1]
    print(f"144 filters, {arguments.samples} patches, {arguments.epochs} epochs (t0 = {arguments.t0}), {arguments.threads} threads\n")
    print("Algorithm 1, all epochs                       seconds   objective")
    print(f"  NumPy                                     {other[1]:9.2f}   {other[2]:.9f}")
    print(f"  infograd f64                              {mine[1]:9.2f}   {mine[2]:.9f}   {mine[1] / other[1]:.2f}x")
    single = ours["single"][-1]
    print(f"  infograd, products in f32                 {single[1]:9.2f}   {single[2]:.9f}   {single[1] / other[1]:.2f}x")
    agreement = abs(mine[2] / other[2] - 1)
    print(f"  objectives of both f64 runs differ by {agreement:.1e} (relative)\n")

    curves = {
        "NumPy, Algorithm 1": [(seconds, cfe(value, part)) for _, seconds, _, value in theirs],
        "scikit-learn, FastICA": [(seconds, cfe(value, part)) for _, seconds, value in fast],
        "infograd f64, Algorithm 1": [(s, value) for _, s, _, value in ours["double"]],
        "infograd f32, Algorithm 1": [(s, value) for _, s, _, value in ours["single"]],
        "infograd f64, FastICA": [(s, value) for _, s, _, value in ours["fast_ica"]],
    }
    reached = curves["scikit-learn, FastICA"][-1][1]
    targets = {f"end of FastICA + {gap}": reached + gap for gap in (0.02, 0.005)}
    targets["end of Algorithm 1 + 0.005"] = curves["NumPy, Algorithm 1"][-1][1] + 0.005
    for name, target in targets.items():
        print(f"seconds until the CFE is {target:.4f} bits ({name})")
        base = time_to(curves["scikit-learn, FastICA"], target)
        for method, curve in curves.items():
            seconds = time_to(curve, target)
            ratio = f"   {seconds / base:.2f}x scikit-learn" if seconds is not None and base is not None else ""
            print(f"  {method:<40}{'never' if seconds is None else f'{seconds:.2f}':>11}{ratio}")
        print()
    return 0 if agreement < 1e-6 else 1


if __name__ == "__main__":
    sys.exit(main())
