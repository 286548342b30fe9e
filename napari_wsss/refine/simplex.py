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


@compiled
def elevate(point: FloatArray, elevated: FloatArray) -> None:  # pragma: no cover (compiled)
    """Map d features into the plane Σ x = 0 of d + 1 dimensions, keeping all distances."""
    d = len(point)
    tail = np.float32(0)
    for j in range(d, 0, -1):
        share = point[j - 1] / np.sqrt(np.float32(j * (j + 1)))
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
    for j in range(size):
        place = total
        mine = elevated[j] - corner[j]
        for other in range(size):
            theirs = elevated[other] - corner[other]
            if theirs > mine or (theirs == mine and other < j):
                place += 1
        rank[j] = place
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


@compiled
def find(key: Array, keys: Array, table: Array) -> np.int64:  # pragma: no cover (compiled)
    """Give the slot of ``key`` in the open-addressing ``table``, or of the free place where it belongs."""
    mask = len(table) - 1
    code = np.uint64(1469598103934665603)
    for j in range(len(key)):
        code = (code ^ np.uint64(key[j] & 0xFFFFFFFF)) * np.uint64(1099511628211)
    slot = np.int64((code ^ (code >> np.uint64(29))) & np.uint64(mask))
    while table[slot] >= 0:
        same = True
        stored = keys[table[slot]]
        for j in range(len(key)):
            if stored[j] != key[j]:
                same = False
                break
        if same:
            break
        slot = (slot + 1) & mask
    return slot


@compiled
def locate(
    features: FloatArray, scale: FloatArray, ids: Array, weights: FloatArray
) -> tuple[Array, Array]:  # pragma: no cover (compiled)
    """Give every point its simplex.

    Args:
        features: (d, N) float32.
        scale: (d) float32; features times scale are lattice units.
        ids: (N, d + 1) int32 out, the corners.
        weights: (N, d + 1) float32 out, theirs; they sum to 1.

    Returns:
        Keys of the M corners met, (M, d) int32 (the last coordinate, minus their sum, is left out), and the hash table
        that :func:`find` reads.
    """
    d, points = features.shape
    keys = np.empty((1024, d), np.int32)
    table = np.full(4096, -1, np.int32)
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
            slot = find(key, keys, table)
            if table[slot] < 0:
                if count == len(keys):
                    keys, table = _grown(keys)
                    slot = find(key, keys, table)
                keys[count] = key
                table[slot] = count
                count += 1
            ids[i, k] = table[slot]
            weights[i, k] = share[k]
    return keys[:count].copy(), table


@compiled
def _grown(keys: Array) -> tuple[Array, Array]:  # pragma: no cover (compiled)
    """Give room for twice as many keys; the table stays at most a quarter full before growing."""
    count = len(keys)
    more = np.empty((2 * count, keys.shape[1]), np.int32)
    more[:count] = keys
    table = np.full(8 * count, -1, np.int32)
    for index in range(count):
        table[find(more[index], more, table)] = index
    return more, table


def squared_distances(keys: Array) -> FloatArray:
    """Give the squared distance between all lattice points, (M, M) float32 in lattice units²."""
    whole = np.column_stack([keys, -keys.sum(axis=1)]).astype(np.float32)
    squares = (whole**2).sum(axis=1)
    distances: FloatArray = squares[:, None] + squares - 2 * (whole @ whole.T)
    return np.maximum(distances, 0)
