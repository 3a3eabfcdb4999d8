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
from threadpoolctl import threadpool_limits


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
    size = 1 << (bins + 2 * reach).bit_length()  # a convolution by Fourier transforms, read at the grid points
    q = np.fft.irfft(np.fft.rfft(counts, size) * np.fft.rfft(kernel, size), size)[reach:reach + bins][::ratio]
    q = q[q > 1e-15]
    return -np.sum(q * np.log2(q)) * width * ratio


def cfe(c, x):
    y = (c.T @ x) * (c.shape[1] / np.linalg.norm(c, axis=0).sum())
    return np.mean([kernel_entropy_bits(row) for row in y])


def gs_rows(a):
    q, r = np.linalg.qr(a.T)
    return (q * np.sign(np.diag(r))).T


class Clock:
    """Seconds since it was made: (wall, processor)."""

    def __init__(self):
        self.start = (time.perf_counter(), time.process_time())

    def __call__(self):
        return time.perf_counter() - self.start[0], time.process_time() - self.start[1]


def algorithm_1(x, c, t0, t_max, v1=0.4, tau=0.8):
    """(epoch, (wall, processor), objective, c) of every epoch: the complete algorithm as a NumPy user would write it."""
    m = x.shape[1]

    def objective(c, beta, free):
        u = beta * (c.T @ x)
        size = np.abs(u)
        q = -np.sum(np.log(beta) - size - 2 * np.log1p(np.exp(-size))) / m
        g = x @ np.tanh(u / 2).T * (beta / m)
        return (q - np.linalg.slogdet(c)[1], g) if free else (q, g)

    history, clock, free, beta, v, t = [], Clock(), False, 1.81 / 2, v1, 0
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
        history.append((t, clock(), q, c))
    return history


def sklearn_fast_ica(x, c, most):
    """(iterations, (wall, processor), c): a run of its own for every number of iterations."""
    from sklearn.decomposition import FastICA
    history = []
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it says that it did not converge
        for iterations in [i for i in (4, 16, 64, 200) if i <= most]:
            ica = FastICA(whiten=False, fun="logcosh", w_init=c.T.copy(), max_iter=iterations, tol=1e-4)
            clock = Clock()
            ica.fit(x.T)
            history.append((ica.n_iter_, clock(), ica.components_.T))
            if ica.n_iter_ < iterations:
                break
    return history


def read(path, seconds):
    """[(processor seconds, objective, cfe)] of every epoch of ours: the total shared by evaluations, which cost the same."""
    with open(path, newline="") as file:
        rows = list(csv.DictReader(file))
    share = seconds[1] / int(rows[-1]["evaluations"])
    return [(share * int(r["evaluations"]), float(r["objective"]), float(r["cfe"])) for r in rows]


def time_to(curve, target):
    """Processor seconds after which the CFE is below target; curve of (seconds, cfe)."""
    return next((seconds for seconds, value in curve if value <= target), None)


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
        spin = {**os.environ, "GOMP_SPINCOUNT": os.environ.get("INFOGRAD_SPINCOUNT", "10000")}
        out = subprocess.run([arguments.program, arguments.natural, folder, str(arguments.samples), str(arguments.epochs),
                              str(arguments.t0), str(arguments.threads)], check=True, env=spin, text=True, stdout=subprocess.PIPE)
        times = {name: (float(wall), float(processor)) for name, wall, processor in map(str.split, out.stdout.splitlines())}
        ours = {name: read(os.path.join(folder, name + ".csv"), times[name]) for name in times}
        x, c = np.load(os.path.join(folder, "x_hat.npy")), np.load(os.path.join(folder, "c0.npy"))
    with threadpool_limits(arguments.threads):
        theirs = algorithm_1(x, c, arguments.t0, arguments.epochs)
        fast = sklearn_fast_ica(x, c, 200)

    print(f"144 filters, {arguments.samples} patches, {arguments.epochs} epochs (t0 = {arguments.t0}), {arguments.threads} threads; seconds\n")
    other = theirs[-1]
    print(f"{'Algorithm 1, all epochs':<32}{'wall':>9}{'processor':>11}{'of NumPy':>10}  objective")
    print(f"{'NumPy':<32}{other[1][0]:9.2f}{other[1][1]:11.2f}{'':>10}  {other[2]:.9f}")
    for name, label in (("double", "infograd f64"), ("single", "infograd, products in f32")):
        wall, processor = times[name]
        print(f"{label:<32}{wall:9.2f}{processor:11.2f}{processor / other[1][1]:9.2f}x  {ours[name][-1][1]:.9f}")
    agreement = abs(ours["double"][-1][1] / other[2] - 1)
    print(f"the objectives in f64 differ by {agreement:.1e} (relative)\n")

    part = x[:, :20000]
    curves = {
        "NumPy, Algorithm 1": [(seconds[1], cfe(value, part)) for epoch, seconds, _, value in theirs if epoch % 5 == 0],
        "scikit-learn, FastICA": [(seconds[1], cfe(value, part)) for _, seconds, value in fast],
        "infograd f64, Algorithm 1": [(seconds, value) for seconds, _, value in ours["double"]],
        "infograd f32, Algorithm 1": [(seconds, value) for seconds, _, value in ours["single"]],
        "infograd f64, FastICA": [(seconds, value) for seconds, _, value in ours["fast_ica"]],
    }
    ends = {"FastICA": curves["scikit-learn, FastICA"][-1][1], "Algorithm 1": curves["NumPy, Algorithm 1"][-1][1]}
    for name, gap in (("FastICA", 0.02), ("FastICA", 0.005), ("Algorithm 1", 0.005)):
        target = ends[name] + gap
        print(f"processor seconds until the CFE is {target:.4f} bits (end of {name} + {gap})")
        base = time_to(curves["scikit-learn, FastICA"], target)
        for method, curve in curves.items():
            seconds = time_to(curve, target)
            ratio = f"{seconds / base:9.2f}x scikit-learn" if seconds is not None and base is not None else ""
            print(f"  {method:<30}{'never' if seconds is None else f'{seconds:.2f}':>9}{ratio}")
        print()
    return 0 if agreement < 1e-6 else 1


if __name__ == "__main__":
    sys.exit(main())
