"""Worked example of the structural similarity in tests/losses/test_case_rows.cpp: PyTorch, f64, unfold and mean.

Run: python3 tests/golden/image_losses.py
"""

import torch


def ssim(x, y, window, c1=1e-4, c2=9e-4):
    def patches(image):  # [B, C, positions, window^2]
        cut = image.unfold(2, window, 1).unfold(3, window, 1)
        return cut.reshape(*image.shape[:2], -1, window * window)

    px, py = patches(x), patches(y)
    mx, my = px.mean(-1), py.mean(-1)
    vx, vy = px.var(-1, unbiased=False), py.var(-1, unbiased=False)
    cov = ((px - mx[..., None]) * (py - my[..., None])).mean(-1)
    return ((2 * mx * my + c1) * (2 * cov + c2) / ((mx**2 + my**2 + c1) * (vx + vy + c2))).mean()


x = torch.tensor([[0.1, 0.7, 0.3], [0.9, 0.2, 0.6], [0.4, 0.8, 0.5]], dtype=torch.float64)[None, None]
y = torch.tensor([[0.2, 0.6, 0.4], [0.7, 0.1, 0.9], [0.3, 0.8, 0.6]], dtype=torch.float64)[None, None]
x.requires_grad_()
y.requires_grad_()
value = ssim(x, y, window=2)
value.backward()
print("value", repr(value.item()))
print("dx", [round(v, 12) for v in x.grad.flatten().tolist()])
print("dy", [round(v, 12) for v in y.grad.flatten().tolist()])
