"""Places in the permutohedral lattice: the simplex around a point and its weights. Imports numba.

The lattice A*_d lies in the plane Σ x = 0 of d + 1 dimensions; its points are the integer vectors of that plane whose
coordinates are all equal modulo d + 1 (Adams, Baek & Davis 2010). With one feature it is an evenly spaced line, and
the weights are linear interpolation.
"""

from __future__ import annotations

import numpy as np

from napari_wsss.refine.compiled import compiled
from napari_wsss.types import Array, FloatArray


def interpolation_variance(dimensions: int) -> float:
    """Give the variance per axis that interpolating once, at random places, adds to a kernel (lattice units²)."""
    return (dimensions + 1) ** 2 / 12


_SHARES = np.array([0, *(1 / np.sqrt(j * (j + 1)) for j in range(1, 64))], np.float32)


@compiled
def elevate(point: FloatArray, elevated: FloatArray) -> None:  # pragma: no cover (compiled)
    """Map d features into the plane Σ x = 0 of d + 1 dimensions, keeping all distances."""
    d = len(point)
    tail = np.float32(0)
    for j in range(d, 0, -1):
        share = point[j - 1] * _SHARES[j]
        elevated[j] = tail - j * share
        tail += share
    elevated[0] = tail


@compiled
def enclose(elevated: FloatArray, corner: Array, rank: Array, weights: FloatArray) -> None:  # pragma: no cover
    """Find the simplex around a point.

    Args:
        elevated: (d + 1), from :func:`elevate`.
        corner: (d + 1) out, the simplex's corner of remainder 0.
        rank: (d + 1) out, order of the coordinates' distances to ``corner``, largest first.
        weights: (d + 2) out, weight of the corners of remainder 0 … d; the last entry is scratch.
    """
    size = len(elevated)
    total = 0
    for j in range(size):
        multiple = int(np.rint(elevated[j] / size))
        corner[j] = multiple * size
        total += multiple
    rank[:] = total
    for j in range(size):
        mine = elevated[j] - corner[j]
        for other in range(j + 1, size):
            if elevated[other] - corner[other] > mine:
                rank[j] += 1
            else:
                rank[other] += 1
    for j in range(size):  # bring the corner back into the plane
        if rank[j] < 0:
            rank[j] += size
            corner[j] += size
        elif rank[j] >= size:
            rank[j] -= size
            corner[j] -= size
    weights[:] = 0
    for j in range(size):
        part = (elevated[j] - corner[j]) / size
        weights[size - 1 - rank[j]] += part
        weights[size - rank[j]] -= part
    weights[0] += 1 + weights[size]


_FACTORS = np.random.default_rng(0).integers(1, 1 << 63, 64, np.uint64) | np.uint64(1)


@compiled
def code_of(key: Array) -> np.uint64:  # pragma: no cover (compiled)
    """Give a 64-bit code of a key; two of a million keys share one with a chance of 1 in 30 million."""
    code = np.uint64(1)
    for j in range(len(key)):
        code += np.uint64(key[j]) * _FACTORS[j]
    return code if code != 0 else np.uint64(1)  # 0 marks a free slot


@compiled
def find(code: np.uint64, codes: Array) -> np.int64:  # pragma: no cover (compiled)
    """Give the slot of ``code`` in the open-addressing table ``codes`` (a power of 2 long), or its free place."""
    mask = np.int64(len(codes) - 1)
    slot = np.int64(code >> np.uint64(34)) & mask
    while codes[slot] != 0 and codes[slot] != code:
        slot = (slot + 1) & mask
    return slot


@compiled
def locate(
    features: FloatArray, scale: FloatArray, ids: Array, weights: FloatArray
) -> tuple[Array, Array, Array]:  # pragma: no cover (compiled)
    """Give every point its simplex.

    Args:
        features: (d, N) float32.
        scale: (d) float32; features times scale are lattice units.
        ids: (N, d + 1) int32 out, the corners.
        weights: (N, d + 1) float32 out, theirs; they sum to 1.

    Returns:
        Keys of the M corners met, (M, d) int32 (the last coordinate, minus their sum, is left out); and the table that
        :func:`find` reads, with the number of the corner in each slot.
    """
    d, points = features.shape
    keys = np.empty((1024, d), np.int32)
    codes, numbers = np.zeros(4096, np.uint64), np.empty(4096, np.int32)
    count = 0
    point, elevated, key = np.empty(d, np.float32), np.empty(d + 1, np.float32), np.empty(d, np.int32)
    corner, rank = np.empty(d + 1, np.int32), np.empty(d + 1, np.int32)
    share = np.empty(d + 2, np.float32)
    for i in range(points):
        for j in range(d):
            point[j] = features[j, i] * scale[j]
        elevate(point, elevated)
        enclose(elevated, corner, rank, share)
        for k in range(d + 1):
            for j in range(d):
                key[j] = corner[j] + (k if rank[j] <= d - k else k - d - 1)
            code = code_of(key)
            slot = find(code, codes)
            if codes[slot] == 0:
                if count == len(keys):
                    keys, codes, numbers = _grown(keys, len(codes))
                    slot = find(code, codes)
                keys[count] = key
                codes[slot], numbers[slot] = code, count
                count += 1
            ids[i, k] = numbers[slot]
            weights[i, k] = share[k]
    return keys[:count].copy(), codes, numbers


@compiled
def merge(
    keys: Array, codes: Array, numbers: Array, more: Array, renumbered: Array
) -> tuple[Array, Array, Array]:  # pragma: no cover (compiled)
    """Add the keys ``more`` of another table to one; ``renumbered`` (len(more),) int32 out, their numbers in it."""
    count = len(keys)
    wide = np.empty((count + len(more), keys.shape[1]), np.int32)
    wide[:count] = keys
    slots = len(codes)
    while slots < 4 * len(wide):
        slots *= 2
    if slots > len(codes):
        codes, numbers = _table(keys, slots)
    for index in range(len(more)):
        code = code_of(more[index])
        slot = find(code, codes)
        if codes[slot] == 0:
            wide[count] = more[index]
            codes[slot], numbers[slot] = code, count
            count += 1
        renumbered[index] = numbers[slot]
    return wide[:count].copy(), codes, numbers


@compiled
def _grown(keys: Array, slots: int) -> tuple[Array, Array, Array]:  # pragma: no cover (compiled)
    """Give room for twice as many keys in a table of twice as many slots; it is never more than a quarter full."""
    more = np.empty((2 * len(keys), keys.shape[1]), np.int32)
    more[: len(keys)] = keys
    codes, numbers = _table(keys, 2 * slots)
    return more, codes, numbers


@compiled
def _table(keys: Array, slots: int) -> tuple[Array, Array]:  # pragma: no cover (compiled)
    """Give a table of ``slots`` slots, a power of 2, that holds ``keys``."""
    codes, numbers = np.zeros(slots, np.uint64), np.empty(slots, np.int32)
    for index in range(len(keys)):
        code = code_of(keys[index])
        slot = find(code, codes)
        codes[slot], numbers[slot] = code, index
    return codes, numbers


def squared_distances(keys: Array) -> FloatArray:
    """Give the squared distance between all lattice points, (M, M) float32 in lattice units²."""
    whole = np.column_stack([keys, -keys.sum(axis=1)]).astype(np.float32)
    squares = (whole**2).sum(axis=1)
    distances: FloatArray = squares[:, None] + squares - 2 * (whole @ whole.T)
    return np.maximum(distances, 0)
