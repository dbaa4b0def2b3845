"""How far weights are from the best ones, in NumPy, for whatever tool found them: the duality gap
of an elastic net, from the weights alone.

P(w) = 1/2 ||y - X w||^2 + lam1 ||w||_1 + lam2/2 ||w||^2. Three dual points are tried and the
smallest gap counts: the residual r, its best multiple (both need lam2 > 0), and the scaled
residual of the problem with the rows sqrt(lam2) I added, which is scikit-learn's. Every gap is a
sum of terms none of which is negative, so nothing cancels.
"""
import numpy as np

EPS = np.finfo(float).eps
FLOOR = 1024 * EPS  # of ||y||^2: below it double precision cannot tell
N_BISECTION = 60


def fenchel(b, c, w, rr, lam1, lam2):
    """The gaps with theta = b r; c, w (p, k), the others (k)."""
    u = b * c * np.where(w < 0, -1, 1)  # along the weight's sign
    t = np.maximum(np.abs(u) - lam1, 0)
    inside = (lam1 - u) * np.abs(w) + lam2 / 2 * w**2 + t**2 / (2 * lam2)
    outside = (lam2 * np.abs(w) - (u - lam1))**2 / (2 * lam2)
    return (1 - b)**2 / 2 * rr + np.where(u > lam1, outside, inside).sum(axis=0)


def best_multiple(c, ry, rr, lam1, lam2):
    """The b in (0, 1) at which the dual objective, concave in b, is largest."""
    low, high = np.zeros_like(rr), np.ones_like(rr)
    magnitude = np.abs(c)
    for _ in range(N_BISECTION):
        b = (low + high) / 2
        t = np.maximum(b * magnitude - lam1, 0)
        rising = ry - b * rr - (t * magnitude).sum(axis=0) / lam2 > 0
        low, high = np.where(rising, b, low), np.where(rising, high, b)
    return (low + high) / 2


def scaled(c, w, rr, lam1, lam2):
    """The gaps with the scaled residual of the problem with rows sqrt(lam2) I."""
    d = c - lam2 * w
    largest = np.abs(d).max(axis=0)
    s = np.minimum(1, lam1 / np.where(largest > 0, largest, 1))
    s = np.where(largest > 0, s, 1)
    rr = rr + lam2 * (w**2).sum(axis=0)
    return (1 - s)**2 / 2 * rr + np.maximum(lam1 * np.abs(w) - s * d * w, 0).sum(axis=0)


def certify(x, y, w, alphas, l1_ratio):
    """(gaps, objectives) of the columns of w (p, k), one for each alpha; x, y are centred."""
    lam1, lam2 = len(y) * alphas * l1_ratio, len(y) * alphas * (1 - l1_ratio)
    r = y[:, None] - x @ w
    c = x.T @ r
    rr = (r**2).sum(axis=0)
    objective = rr / 2 + (lam1 * np.abs(w) + lam2 / 2 * w**2).sum(axis=0)
    gap = scaled(c, w, rr, lam1, lam2)
    if l1_ratio < 1:
        gap = np.fmin(gap, fenchel(np.ones_like(rr), c, w, rr, lam1, lam2))
        b = best_multiple(c, y @ r, rr, lam1, lam2)
        gap = np.fmin(gap, fenchel(b, c, w, rr, lam1, lam2))
    return gap, objective


def relative_gaps(x, y, w, alphas, l1_ratio, tol_objective):
    """The gaps over ||y||^2, and over max(P(w), 1024 eps ||y||^2 / tol); infinite where a weight is
    NaN: what a tool did not return."""
    gap, objective = certify(x, y, w, alphas, l1_ratio)
    scale = y @ y
    gap = np.where(np.isnan(gap), np.inf, gap)
    return gap / scale, gap / np.fmax(objective, FLOOR * scale / tol_objective)
