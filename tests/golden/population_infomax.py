"""Values of population infomax that its specification does not list, by NumPy from the definitions: Q_hat and the canonical Q
of an overcomplete C with their gradients, by central differences in long double, and a kernel entropy by the exact sum.

Prints what tests/losses/test_npi_golden.cpp compares with.
"""
import numpy as np

np.set_printoptions(precision=17)
X = np.array([[.5, -1.2, .3, 1.7, -.9], [1.1, .4, -.8, -.2, .6], [-.7, .9, 1.5, -1.3, .2]], np.longdouble)
A = np.array([[2, 1, 0, -1, .5], [-1, 2, 1, 0, 1], [0, 1, 3, 1, -2]], np.longdouble)


def gs_rows(a):
    rows = []
    for row in a:
        for other in rows:
            row = row - other * (other @ row)
        rows.append(row / np.sqrt(row @ row))
    return np.array(rows)


def log_det(g):  # Laplace expansion of a 3 x 3 matrix: numpy.linalg has no long double
    return np.log(g[0, 0] * (g[1, 1] * g[2, 2] - g[1, 2] * g[2, 1]) - g[0, 1] * (g[1, 0] * g[2, 2] - g[1, 2] * g[2, 0])
                  + g[0, 2] * (g[1, 0] * g[2, 1] - g[1, 1] * g[2, 0]))


def slopes(c, beta, a):
    s = 1 / (1 + np.exp(-beta * (c.T @ X)))
    return beta / a * s * (1 - s)


def q_hat(c, beta, a):
    d = slopes(c, beta, a).mean(axis=1)
    return -log_det(c * d**2 @ c.T) / 2


def q_canonical(c, beta, a):
    return -np.mean([log_det(c * phi**2 @ c.T) for phi in slopes(c, beta, a).T]) / 2


def gradient(f, c):
    g = np.zeros_like(c)
    h = np.longdouble(1e-4)
    for i in np.ndindex(c.shape):
        e = np.zeros_like(c)
        e[i] = h
        g[i] = (45 * (f(c + e) - f(c - e)) - 9 * (f(c + 2 * e) - f(c - 2 * e)) + (f(c + 3 * e) - f(c - 3 * e))) / (60 * h)
    return g


def main():
    c = gs_rows(A)
    a = np.sqrt(np.longdouble(5) / 3)
    beta = np.longdouble("1.81") * a
    for f in (q_hat, q_canonical):
        print(f.__name__, repr(float(f(c, beta, a))))
        print(repr(np.asarray(gradient(lambda m: f(m, beta, a), c), float).ravel().tolist()))
    y = np.sin(np.arange(1, 201) * 1.7) * 2 + np.arange(1, 201) % 3
    h = np.median(np.abs(y - np.median(y))) / 0.6745 * (4 / 600) ** 0.2
    grid = np.linspace(y.min() - 4 * h, y.max() + 4 * h, 512)
    q = np.exp(-((grid[:, None] - y) / h) ** 2 / 2).sum(axis=1) / (200 * h * np.sqrt(2 * np.pi))
    print("kde_entropy_bits", repr(float(-np.sum(q * np.log2(q)) * (grid[1] - grid[0]))))


if __name__ == "__main__":
    main()
