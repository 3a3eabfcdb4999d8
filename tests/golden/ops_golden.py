#!/usr/bin/env python3
"""Writes tests/golden/ops_golden.h: results of PyTorch, in f64, that tests/ops compares with.

Usage: python3 ops_golden.py > ops_golden.h        (needs torch; the values in the tree came from 2.x on a CPU)

Inputs are not stored: wave(shape, phase) below and in tests/ops/golden_support.h makes the same numbers.
"""
import math

import torch
import torch.nn.functional as F

torch.set_default_dtype(torch.float64)


def wave(shape, phase):
    """Element i, row-major, is 1.5 sin(0.37 i^1.1 + phase): smooth to write, without repetition."""
    n = math.prod(shape)
    values = [1.5 * math.sin(0.37 * i**1.1 + phase) for i in range(n)]
    return torch.tensor(values).reshape(shape).requires_grad_()


def emit(name, tensor):
    values = tensor.detach().flatten().tolist()
    lines, line = [], ""
    for v in values:
        word = f"{v:.13g}," if math.isfinite(v) else ("-kInf," if v < 0 else "kInf,")
        if len(line) + len(word) > 105:
            lines.append(line)
            line = ""
        line += (" " if line else "") + word
    lines.append(line)
    body = "\n    ".join(lines)
    print(f"// {list(tensor.shape)}\ninline const std::vector<double> {name} = {{\n    {body}}};")


def with_grads(prefix, y, **inputs):
    """The value and the gradients of sum(y * wave(y.shape, 9))."""
    emit(prefix, y)
    (y * wave(y.shape, 9).detach()).sum().backward()
    for name, x in inputs.items():
        emit(f"{prefix}_d{name}", x.grad)


def products():
    a, b = wave([2, 1, 3, 4], 0), wave([5, 4, 2], 1)
    with_grads("matmul_batched", a @ b, a=a, b=b)
    for name, f in [("gelu", F.gelu), ("tanh", torch.tanh), ("sigmoid", torch.sigmoid), ("relu", F.relu)]:
        x, w, b = wave([3, 4], 0), wave([2, 4], 1), wave([2], 2)
        with_grads(f"linear_{name}", f(F.linear(x, w, b)), x=x, w=w, b=b)


def convolutions():
    cases = {
        "conv_plain": ([2, 3, 5, 6], [4, 3, 3, 2], {}),
        "conv_stride": ([2, 3, 7, 6], [4, 3, 3, 3], {"stride": (2, 3), "padding": (1, 2)}),
        "conv_dilation": ([1, 2, 8, 7], [3, 2, 2, 3], {"dilation": (3, 2), "padding": (2, 0)}),
        "conv_groups": ([2, 4, 5, 5], [6, 2, 3, 3], {"groups": 2, "padding": (1, 1)}),
        "conv_depthwise": ([1, 3, 4, 4], [3, 1, 3, 3], {"groups": 3, "stride": (2, 2), "padding": (1, 1)}),
    }
    for name, (xs, ws, options) in cases.items():
        x, w, b = wave(xs, 0), wave(ws, 1), wave([ws[0]], 2)
        with_grads(name, F.conv2d(x, w, b, **options), x=x, w=w, b=b)


def pools():
    x = wave([2, 3, 6, 7], 0)
    with_grads("max_pool", F.max_pool2d(x, 2), x=x)
    x = wave([2, 3, 6, 7], 0)
    with_grads("max_pool_ceil", F.max_pool2d(x, 3, 2, 1, ceil_mode=True), x=x)
    x = wave([1, 2, 6, 7], 0)
    with_grads("avg_pool_exclude", F.avg_pool2d(x, 3, 2, 1, count_include_pad=False), x=x)
    x = wave([1, 2, 6, 7], 0)
    with_grads("avg_pool_include", F.avg_pool2d(x, (3, 2), (2, 1), (1, 0), count_include_pad=True), x=x)
    x = wave([1, 2, 6, 7], 0)
    with_grads("avg_pool_include_ceil", F.avg_pool2d(x, 4, 3, 1, ceil_mode=True, count_include_pad=True), x=x)
    x = wave([1, 2, 6, 8], 0)
    with_grads("avg_pool_ceil", F.avg_pool2d(x, 3, 2, 0, ceil_mode=True, count_include_pad=False), x=x)


def softmaxes():
    inf = math.inf
    z = torch.tensor([[0.5, -inf, 2.0, -inf], [1.0, 1.0, 1.0, 1.0], [1e4, -1e4, 0.0, 9999.0]])
    emit("softmax_masked", F.softmax(z, 1))
    emit("log_softmax_masked", F.log_softmax(z, 1))
    x = wave([2, 3, 4], 0)
    with_grads("softmax_middle", F.softmax(x, 1), x=x)
    x = wave([2, 3, 4], 0)
    with_grads("log_softmax_first", F.log_softmax(x, 0), x=x)

    labels = torch.tensor([2, 0, -100, 4, 1, 4])
    weight = torch.tensor([0.5, 2.0, 1.0, 0.25, 3.0])
    cases = {
        "ce_plain": {},
        "ce_smooth": {"label_smoothing": 0.1},
        "ce_weighted": {"weight": weight},
        "ce_all": {"weight": weight, "label_smoothing": 0.3},
        "ce_ignore_class": {"ignore_index": 4},
    }
    for name, options in cases.items():
        z = wave([6, 5], 3)
        target = labels.clamp(min=0) if name == "ce_ignore_class" else labels
        with_grads(name, F.cross_entropy(z, target, reduction="none", **options), z=z)


def norms():
    x, w, b = wave([2, 3, 4], 0), wave([4], 1), wave([4], 2)
    with_grads("layer_norm_one", F.layer_norm(x, [4], w, b), x=x, w=w, b=b)
    x, w, b = wave([2, 3, 4], 0), wave([3, 4], 1), wave([3, 4], 2)
    with_grads("layer_norm_two", F.layer_norm(x, [3, 4], w, b, 1e-3), x=x, w=w, b=b)

    mean, var = torch.tensor([0.5, -0.5, 0.0]), torch.tensor([1.0, 2.0, 0.5])
    for name, training in [("batch_norm_train", True), ("batch_norm_eval", False)]:
        x, w, b = wave([4, 3, 2, 5], 0), wave([3], 1), wave([3], 2)
        y = F.relu(F.batch_norm(x, mean, var, w, b, training, 0.2, 1e-4))
        with_grads(name, y, x=x, w=w, b=b)
        if training:
            emit("batch_norm_running_mean", mean)
            emit("batch_norm_running_var", var)
    x = wave([6, 3], 0)
    with_grads("batch_norm_matrix", F.batch_norm(x, None, None, training=True), x=x)


def samplings():
    theta_values = torch.tensor([[[0.8, 0.3, 0.1], [-0.2, 1.1, -0.3]], [[1.5, 0.0, 0.2], [0.1, 0.7, 0.0]]])
    for corners in [False, True]:
        for padding in ["zeros", "border"]:
            theta, x = theta_values.clone().requires_grad_(), wave([2, 3, 4, 5], 0)
            grid = F.affine_grid(theta, [2, 3, 3, 4], align_corners=corners)
            y = F.grid_sample(x, grid, padding_mode=padding, align_corners=corners)
            with_grads(f"sample_{padding}_{'corners' if corners else 'edges'}", y, x=x, theta=theta)
    emit("affine_grid_single", F.affine_grid(theta_values, [2, 1, 1, 2], align_corners=True))


print("// Made by ops_golden.py with PyTorch; do not edit.\n// clang-format off\n#pragma once\n\n#include <limits>\n#include <vector>\n")
print("namespace golden {\n\ninline constexpr double kInf = std::numeric_limits<double>::infinity();\n")
for part in [products, convolutions, pools, softmaxes, norms, samplings]:
    part()
print("\n}  // namespace golden")
