"""Writes tests/golden/backends.h: expected results of the backend methods, computed with SciPy and PyTorch in f64.

usage: python tests/golden/backends.py      (needs numpy, scipy, torch)
Inputs are not stored: wave(shape, phase) of this file and of tests/backends/helpers.h give the same numbers.
"""
import pathlib

import numpy as np
import torch
import torch.nn.functional as F
from scipy import special

out = []


def wave(shape, phase):
    n = int(np.prod(shape))
    return torch.tensor(np.sin(0.7 * np.arange(n) + phase).reshape(shape))


def emit(name, values):
    values = np.asarray(values, dtype=np.float64).ravel()
    lines, line = [], "   "
    for v in values:
        word = f" {float(v)!r},"
        if len(line) + len(word) > 110:
            lines.append(line)
            line = "   "
        line += word
    out.append(f"inline const std::vector<double> {name}{{\n" + "\n".join(lines + [line]) + "};\n")


def scalar_functions():
    """Values and derivatives at points that reach every branch. The derivatives come from torch.autograd in f64."""
    points = [-30.3, -7.6, -3.4, -2.5, -1.0, -0.6, -0.01, 0.02, 0.4, 1.0, 1.4616321449683623, 1.7, 2.5, 6.3, 11.0, 40.5]
    positive = [1e-3, 0.02, 0.4, 1.0, 1.7, 2.5, 6.3, 11.0, 40.5, 1e4]
    emit("points", points)
    emit("positive_points", positive)
    functions = {
        "exp": torch.exp, "expm1": torch.expm1, "sin": torch.sin, "cos": torch.cos, "tanh": torch.tanh,
        "sigmoid": torch.sigmoid, "softplus": lambda x: F.softplus(x, threshold=1000), "relu": F.relu,
        "leaky_relu": lambda x: F.leaky_relu(x, 0.2), "elu": lambda x: F.elu(x, 1.5), "silu": F.silu,
        "gelu_tanh": lambda x: F.gelu(x, approximate="tanh"), "erf": torch.erf, "square": torch.square,
        "abs": torch.abs, "reciprocal": torch.reciprocal, "clamp": lambda x: torch.clamp(x, -2.4, 1.8),
        "pow3": lambda x: torch.pow(x, 3.0), "affine": lambda x: 1.5 * x - 0.25, "neg": torch.neg,
    }
    for name, f in functions.items():
        x = torch.tensor(points, dtype=torch.float64, requires_grad=True)
        y = f(x)
        y.sum().backward()
        emit(name + "_f", y.detach())
        emit(name + "_df", x.grad)
    for name, f in {"log": torch.log, "log1p": torch.log1p, "sqrt": torch.sqrt, "rsqrt": torch.rsqrt,
                    "pow_half": lambda x: torch.pow(x, 0.7)}.items():
        x = torch.tensor(positive, dtype=torch.float64, requires_grad=True)
        y = f(x)
        y.sum().backward()
        emit(name + "_f", y.detach())
        emit(name + "_df", x.grad)
    x = np.array(points)
    phi = special.ndtr(x)  # accurate in the lower tail, where 1 + erf cancels
    emit("gelu_f", x * phi)
    emit("gelu_df", phi + x * np.exp(-x * x / 2) / np.sqrt(2 * np.pi))
    smooth = np.where(x == -1.0, -1.25, x)  # no poles
    emit("gamma_points", smooth)
    emit("lgamma_f", special.gammaln(smooth))
    emit("digamma_f", special.digamma(smooth))
    # psi'(x) = zeta(2, x) holds for x > 0; below, reflect.
    reflected = np.where(smooth > 0, smooth, 1 - smooth)
    trigamma = special.zeta(2, reflected)
    emit("trigamma_f", np.where(smooth > 0, trigamma, (np.pi / np.sin(np.pi * smooth)) ** 2 - trigamma))


def convolution():
    x, w, b = wave((2, 4, 5, 6), 0.1).requires_grad_(), wave((6, 2, 3, 2), 0.2).requires_grad_(), wave((6,), 0.3).requires_grad_()
    y = F.conv2d(F.pad(x, (0, 2, 1, 0)), w, b, stride=(2, 1), dilation=(1, 2), groups=2)  # pads: left right top bottom
    g = wave(tuple(y.shape), 0.4)
    y.backward(g)
    emit("conv_y", y.detach())
    emit("conv_relu", F.relu(y.detach()))
    emit("conv_dx", x.grad)
    emit("conv_dw", w.grad)
    emit("conv_db", b.grad)


def pooling():
    x = wave((2, 3, 6, 7), 0.5).requires_grad_()
    for name, f in {
        "max": lambda v: F.max_pool2d(v, (3, 2), stride=(2, 2), padding=(1, 1)),
        "avg_exclude": lambda v: F.avg_pool2d(v, (3, 2), stride=(2, 2), padding=(1, 1), count_include_pad=False),
        "avg_include": lambda v: F.avg_pool2d(v, (3, 2), stride=(2, 2), padding=(1, 1), count_include_pad=True),
    }.items():
        x.grad = None
        y = f(x)
        y.backward(wave(tuple(y.shape), 0.6))
        emit(f"pool_{name}_y", y.detach())
        emit(f"pool_{name}_dx", x.grad)


def normalisation():
    for training in (True, False):
        name = "train" if training else "eval"
        x, w, b = wave((3, 4, 2, 3), 0.7).requires_grad_(), (wave((4,), 0.8) + 1.5).requires_grad_(), wave((4,), 0.9).requires_grad_()
        mean, var = wave((4,), 1.0).clone(), wave((4,), 1.1).clone() + 1.5
        y = F.relu(F.batch_norm(x, mean, var, w, b, training=training, momentum=0.2, eps=1e-3))
        y.backward(wave((3, 4, 2, 3), 1.2))
        for key, value in {"y": y.detach(), "mean": mean, "var": var, "dx": x.grad, "dw": w.grad, "db": b.grad}.items():
            emit(f"bn_{name}_{key}", value)
    x, w, b = wave((3, 5), 1.3).requires_grad_(), wave((5,), 1.4).requires_grad_(), wave((5,), 1.5).requires_grad_()
    y = F.layer_norm(x, (5,), w, b, eps=1e-3)
    y.backward(wave((3, 5), 1.6))
    for key, value in {"y": y.detach(), "dx": x.grad, "dw": w.grad, "db": b.grad}.items():
        emit(f"ln_{key}", value)


def softmax():
    for name, f in {"softmax": F.softmax, "log_softmax": F.log_softmax}.items():
        x = (3 * wave((2, 4, 3), 1.7)).requires_grad_()
        y = f(x, dim=1)
        y.backward(wave((2, 4, 3), 1.8))
        emit(f"{name}_y", y.detach())
        emit(f"{name}_dx", x.grad)
    z, w = (3 * wave((4, 5), 1.9)).requires_grad_(), wave((5,), 2.0) + 1.5
    labels = torch.tensor([3, 0, -100, 1])
    for name, smoothing, weight in (("plain", 0.0, None), ("weighted", 0.0, w), ("smooth", 0.3, w)):
        z.grad = None
        loss = F.cross_entropy(z, labels, weight=weight, label_smoothing=smoothing, reduction="none")
        loss.backward(wave((4,), 2.1))
        emit(f"ce_{name}_loss", loss.detach())
        emit(f"ce_{name}_dz", z.grad)


def sampling():
    for align in (False, True):
        for padding in ("zeros", "border"):
            x, grid = wave((2, 3, 4, 5), 2.2).requires_grad_(), (1.3 * wave((2, 3, 4, 2), 2.3)).requires_grad_()
            y = F.grid_sample(x, grid, mode="bilinear", padding_mode=padding, align_corners=align)
            y.backward(wave((2, 3, 3, 4), 2.4))
            name = f"grid_{'aligned' if align else 'edges'}_{padding}"
            emit(name + "_y", y.detach())
            emit(name + "_dx", x.grad)
            emit(name + "_dgrid", grid.grad)


def optimizers():
    def run(make):
        p = wave((6,), 2.5).clone().requires_grad_()
        optimizer = make([p])
        for step in range(3):
            p.grad = wave((6,), 2.6 + step).clone()
            optimizer.step()
        return p.detach()

    emit("adam_p", run(lambda ps: torch.optim.Adam(ps, lr=0.05, betas=(0.8, 0.95), eps=1e-6, weight_decay=0.1)))
    emit("adamw_p", run(lambda ps: torch.optim.AdamW(ps, lr=0.05, betas=(0.8, 0.95), eps=1e-6, weight_decay=0.1)))
    emit("sgd_p", run(lambda ps: torch.optim.SGD(ps, lr=0.05, momentum=0.9, dampening=0.3, weight_decay=0.1)))
    emit("nesterov_p", run(lambda ps: torch.optim.SGD(ps, lr=0.05, momentum=0.9, weight_decay=0.1, nesterov=True)))


if __name__ == "__main__":
    for family in (scalar_functions, convolution, pooling, normalisation, softmax, sampling, optimizers):
        family()
    text = ("// Written by tests/golden/backends.py (SciPy and PyTorch in f64); do not edit.\n#pragma once\n\n"
            "#include <vector>\n\nnamespace infograd::golden {\n\n// clang-format off\n" + "\n".join(out)
            + "// clang-format on\n\n}  // namespace infograd::golden\n")
    pathlib.Path(__file__).with_name("backends.h").write_text(text)
