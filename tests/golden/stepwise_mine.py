#!/usr/bin/env python3
"""MINE on the stepwise Gaussians of examples/mine_gaussian, written in PyTorch: does it run away there as well?

    python stepwise_mine.py SEED...      prints the mean of the last 1,000 steps of each stage, and the smallest estimate
"""
import math
import sys

import torch
from torch import nn

K, DIMS, STEPS, DECAY = 64, 20, 4000, 0.9
OFF_DIAGONAL = ~torch.eye(K, dtype=torch.bool)


def tower():
    return nn.Sequential(nn.Linear(DIMS, 256), nn.ReLU(), nn.Linear(256, 256), nn.ReLU(), nn.Linear(256, 32))


def run(seed):
    torch.manual_seed(seed)
    phi, psi = tower(), tower()
    adam = torch.optim.Adam([*phi.parameters(), *psi.parameters()], lr=5e-4)
    log_m, estimates = -math.inf, []
    for step in range(5 * STEPS):
        rho = math.sqrt(1 - math.exp(-2 * (1 + step // STEPS) / (DIMS / 2)))
        x = torch.randn(K, DIMS)
        y = rho * x + math.sqrt(1 - rho * rho) * torch.randn(K, DIMS)
        scores = phi(x) @ psi(y).t()
        positive = scores.diagonal().mean()
        partition = torch.logsumexp(scores[OFF_DIAGONAL], 0) - math.log(K * (K - 1))
        old, new = math.log(DECAY) + log_m, math.log1p(-DECAY) + partition.item()
        log_m = max(old, new) + math.log1p(math.exp(-abs(old - new)))
        average = log_m - math.log1p(-(DECAY ** (step + 1)))
        adam.zero_grad()
        (torch.exp(partition - average) - positive).backward()
        adam.step()
        estimates.append((positive - partition).item())
    means = [sum(estimates[end - 1000 : end]) / 1000 for end in range(STEPS, 5 * STEPS + 1, STEPS)]
    print(seed, " ".join(f"{mean:.2f}" for mean in means), f"smallest {min(estimates):.1f}", flush=True)


if __name__ == "__main__":
    torch.set_num_threads(1)
    for argument in sys.argv[1:]:
        run(int(argument))
