"""K-means of numbers: exact, and the same every time."""

from __future__ import annotations

import numpy as np

from napari_wsss.types import Array, FloatArray

LEVELS = 256
"""Numbers are told apart to 1/256 of their range: a screen shows no more."""


def kmeans_cuts(values: FloatArray, k: int) -> FloatArray:
    """Give the limits between ``k`` clusters of least total squared distance to their means.

    Clusters of numbers on a line are intervals, so the best of all partitions is found by dynamic programming (Wang &
    Song 2011, "Ckmeans.1d.dp") over a histogram; no start has to be drawn.

    Args:
        values: any shape, finite.
        k: clusters wanted; there are no more than there are different values.

    Returns:
        (clusters - 1,) float64, ascending; a value belongs to the cluster numbered ``np.searchsorted(cuts, value)``,
        counted from the darkest.
    """
    flat = values.ravel()
    if not flat.size:
        return np.zeros(0)
    low, high = float(flat.min()), float(flat.max())
    if low == high:
        return np.zeros(0)
    scale = (LEVELS - 1) / (high - low)
    levels = np.rint((flat - low) * scale).astype(np.uint8)
    counts = np.bincount(levels, minlength=LEVELS)
    used = np.flatnonzero(counts)
    last = _last_of_each(used.astype(np.float64), counts[used].astype(np.float64), min(k, len(used)))
    between: FloatArray = low + (used[last[:-1]] + used[last[:-1] + 1]) / (2 * scale)
    return between


def _last_of_each(centres: FloatArray, counts: FloatArray, k: int) -> Array:
    """Give (k,) index of the last level of each cluster."""
    cost = _costs(centres, counts)
    best, starts = cost[0], []
    for _ in range(k - 1):
        # candidates[j, i]: clusters so far end before level j, one more covers j … i.
        candidates = np.concatenate([[np.inf], best[:-1]])[:, None] + cost
        starts.append(candidates.argmin(axis=0))
        best = candidates.min(axis=0)
    last = [len(centres) - 1]
    for start in reversed(starts):
        last.append(int(start[last[-1]]) - 1)
    return np.array(last[::-1])


def _costs(centres: FloatArray, counts: FloatArray) -> FloatArray:
    """Give (n, n): squared distance to their mean of all values on levels i … j; infinite below the diagonal."""
    number, total, square = (np.concatenate([[0.0], np.cumsum(counts * centres**power)]) for power in (0, 1, 2))
    inside, sums, squares = (part[None, 1:] - part[:-1, None] for part in (number, total, square))
    upper = np.triu(np.ones((len(centres), len(centres)), dtype=bool))
    cost: FloatArray = np.where(upper, squares - sums**2 / np.where(upper, inside, 1), np.inf)
    return cost
