"""The PyTorch half of the peer comparison: the cases of ours.cpp, written as a PyTorch user would write them (eager mode)."""
import torch
import torch.nn.functional as F
from torch import nn

ADAM = {"lr": 1e-3}


def mlp_step(widths, batch, regression, bf16=False):
    layers = []
    for i in range(len(widths) - 1):
        layers.append(nn.Linear(widths[i], widths[i + 1]))
        if i + 2 < len(widths):
            layers.append(nn.ReLU())
    net = nn.Sequential(*layers)
    adam = torch.optim.Adam(net.parameters(), **ADAM)
    x = torch.randn(batch, widths[0])
    y = torch.randn(batch, widths[-1]) if regression else torch.randint(0, widths[-1], (batch,))

    def step():
        adam.zero_grad()
        with torch.autocast("cpu", torch.bfloat16, enabled=bf16):
            out = net(x)
            loss = F.mse_loss(out, y) if regression else F.cross_entropy(out, y)
        loss.backward()
        adam.step()

    return step


class ConvNet(nn.Module):
    def __init__(self, out):
        super().__init__()
        self.conv1, self.norm1 = nn.Conv2d(1, 32, 3, padding=1), nn.BatchNorm2d(32)
        self.conv2, self.norm2 = nn.Conv2d(32, 64, 3, padding=1), nn.BatchNorm2d(64)
        self.fc = nn.Linear(64 * 7 * 7, out)

    def forward(self, x):
        x = F.max_pool2d(F.relu(self.norm1(self.conv1(x))), 2)
        x = F.max_pool2d(F.relu(self.norm2(self.conv2(x))), 2)
        return self.fc(x.flatten(1))


def conv_step(bf16=False):
    net = ConvNet(10)
    adam = torch.optim.Adam(net.parameters(), **ADAM)
    x, y = torch.randn(256, 1, 28, 28), torch.randint(0, 10, (256,))

    def step():
        adam.zero_grad()
        with torch.autocast("cpu", torch.bfloat16, enabled=bf16):
            loss = F.cross_entropy(net(x), y)
        loss.backward()
        adam.step()

    return step


def info_nce(scores):
    target = torch.arange(len(scores), device=scores.device)
    return (F.cross_entropy(scores, target) + F.cross_entropy(scores.t(), target)) / 2


def infomax_step(pairs=256):
    net = ConvNet(64)
    adam = torch.optim.Adam(net.parameters(), **ADAM)
    views = torch.randn(2 * pairs, 1, 28, 28)

    def step():
        adam.zero_grad()
        u, v = F.normalize(net(views)).chunk(2)
        info_nce(u @ v.t() / 0.2).backward()
        adam.step()

    return step


def infonce_step(pairs):
    u = torch.randn(pairs, 128, requires_grad=True)
    v = torch.randn(pairs, 128, requires_grad=True)

    def step():
        u.grad = v.grad = None
        info_nce(u @ v.t() / 10.0).backward()

    return step


def ssge_kernel(x):
    """As the method was published: every pair's difference is kept, and so is the gradient of every kernel entry."""
    m = len(x)
    distances = (x[:, None] - x[None]).square().sum(-1).sqrt()
    sigma = torch.topk(distances.flatten(), m * m // 2).values[-1]
    differences = x[:, None] - x[None]
    kernel = torch.exp(-differences.square().sum(-1) / (2 * sigma**2))
    return kernel, (-kernel[..., None] * differences / sigma**2).mean(0)


def ssge(x):
    m = len(x)
    kernel, mean_gradient = ssge_kernel(x)
    values, vectors = torch.linalg.eigh(kernel)
    kept = int((values.flip(0).cumsum(0) / values.sum() < 0.99).sum())
    values, vectors = values[-kept:], vectors[:, -kept:]
    eigenfunctions = m**0.5 * kernel @ vectors / values
    beta = -(m**0.5) * (vectors.t() @ mean_gradient) / values[:, None]
    return eigenfunctions @ beta


def mige_toy(d=32, m=256):
    x, noise, rho = torch.randn(m, d), torch.randn(m, d), torch.tensor(0.5, requires_grad=True)

    def step():
        rho.grad = None
        y = rho * x + (1 - rho**2).sqrt() * noise
        both = torch.cat([x, y], 1)
        with torch.no_grad():
            joint, marginal = ssge(both), ssge(y)
        ((joint * both).sum(1).mean() - (marginal * y).sum(1).mean()).backward()

    return step


def mige_eigen(d=32, m=256):
    x, y = torch.randn(m, d), torch.randn(m, d)
    kernels = [ssge_kernel(torch.cat([x, y], 1))[0], ssge_kernel(y)[0]]

    def step():
        for kernel in kernels:
            torch.linalg.eigh(kernel)

    return step


def fuzzy_mi(images, side, bins, loss):
    prediction = torch.rand(images, 1, side, side, requires_grad=True)
    target = torch.rand(images, 1, side, side)

    def step():
        prediction.grad = None
        loss(prediction, target, bins).backward()

    return step


def dense_mi(x, y, bins):
    """Triangular memberships as matrices, their product as the joint table: one histogram per image."""
    centres = torch.arange(bins, dtype=x.dtype, device=x.device)

    def memberships(image):
        u = image.flatten(1).clamp(0, 1) * (bins - 1)
        return F.relu(1 - (u[..., None] - centres).abs())

    def entropy(p, axes):
        return -(p * p.clamp_min(1e-12).log()).sum(axes)

    joint = memberships(x).transpose(1, 2) @ memberships(y) / x[0].numel()
    mi = entropy(joint.sum(2), 1) + entropy(joint.sum(1), 1) - entropy(joint, (1, 2))
    return -mi.mean()


def kornia_mi(x, y, bins):
    """Another window, a second-order polynomial, and the range of each image's own values."""
    import kornia
    return kornia.losses.mutual_information_loss_2d(x[:, 0], y[:, 0], num_bins=bins).mean()


def monai_mi(x, y, bins):
    """Another window, a Gaussian, and the range of the target's values."""
    from monai.losses import GlobalMutualInformationLoss
    return GlobalMutualInformationLoss("gaussian", num_bins=bins)(x, y)


def add_recorded():
    a, b = torch.randn(4, requires_grad=True), torch.randn(4)

    def step():
        for _ in range(1000):
            torch.add(a, b)

    return step


def small_backward():
    a, b = torch.randn(4, requires_grad=True), torch.randn(4)

    def step():
        for _ in range(1000):
            a.grad = None
            (a * b).sum().backward()

    return step


def matmul_limit():
    a, b = torch.randn(1024, 1024), torch.randn(1024, 1024)
    return lambda: F.linear(a, b)


def bf16_matmul_limit():
    a, b = torch.randn(1024, 1024), torch.randn(1024, 1024)

    def step():
        with torch.autocast("cpu", torch.bfloat16):
            F.linear(a, b)

    return step


def memory_limit():
    a, b = torch.randn(16 << 20), torch.randn(16 << 20)
    return lambda: a.copy_(b)


CASES = {
    "mlp 784-1024-1024-10, batch 256, Adam": lambda: mlp_step([784, 1024, 1024, 10], 256, False),
    "mlp 784-1024-1024-10, batch 32, Adam": lambda: mlp_step([784, 1024, 1024, 10], 32, False),
    "mlp 2-64-64-1, batch 64, Adam": lambda: mlp_step([2, 64, 64, 1], 64, True),
    "conv classifier, batch 256, Adam": conv_step,
    "infomax, two views of 256, Adam": infomax_step,
    "InfoNCE 4096 pairs, d = 128": lambda: infonce_step(4096),
    "MIGE toy gradient, M = 256, d = 32": mige_toy,
    "MIGE toy gradient, Stein by Cholesky": mige_toy,
    "MIGE toy gradient, the two eigh alone": mige_eigen,
    "fuzzy MI 64 x 28 x 28, 11 bins": lambda: fuzzy_mi(64, 28, 11, dense_mi),
    "fuzzy MI 64 x 28 x 28, 11 bins, against kornia": lambda: fuzzy_mi(64, 28, 11, kornia_mi),
    "fuzzy MI 64 x 28 x 28, 11 bins, against MONAI": lambda: fuzzy_mi(64, 28, 11, monai_mi),
    "fuzzy MI 4 x 512 x 512, 32 bins": lambda: fuzzy_mi(4, 512, 32, dense_mi),
    "fuzzy MI 4 x 512 x 512, 32 bins, against kornia": lambda: fuzzy_mi(4, 512, 32, kornia_mi),
    "fuzzy MI 4 x 512 x 512, 32 bins, against MONAI": lambda: fuzzy_mi(4, 512, 32, monai_mi),
    "recorded add of 4 elements, x 1000": add_recorded,
    "(a*b).sum().backward() of 4, x 1000": small_backward,
    "mlp 784-1024-1024-10, batch 256, bf16": lambda: mlp_step([784, 1024, 1024, 10], 256, False, bf16=True),
    "conv classifier, batch 256, bf16": lambda: conv_step(bf16=True),
    "limit: matmul 1024": matmul_limit,
    "limit: matmul 1024, bf16": bf16_matmul_limit,
    "limit: copy 64 MiB": memory_limit,
}
