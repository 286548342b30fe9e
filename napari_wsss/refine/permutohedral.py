"""Gaussian filter in many dimensions on a permutohedral lattice (Adams, Baek & Davis 2010). Imports numba.

Its memory is bounded by the number of voxels, whatever the number of channels and however narrow the kernel; its kernel
is a rough Gaussian. :mod:`napari_wsss.refine.bilateral_grid` is preferred where it fits.
"""

from __future__ import annotations

import numpy as np

from napari_wsss.refine.compiled import compiled, compiled_fast
from napari_wsss.refine.simplex import find, locate
from napari_wsss.types import Array, FloatArray


class PermutohedralLattice:
    """Approximates Σ_j exp(-½ |f_i - f_j|²) v_j up to a constant factor, the point itself included."""

    def __init__(self, features: FloatArray) -> None:
        """``features``: (d, N), already divided by the kernel's standard deviations."""
        d, points = features.shape
        self._ids = np.empty((points, d + 1), np.int32)
        self._weights = np.empty((points, d + 1), np.float32)
        # Interpolating twice adds (d + 1)² / 6, blurring with (¼, ½, ¼) along d + 1 directions (d + 1)² / 2.
        scale = np.full(d, (d + 1) * np.sqrt(2 / 3), np.float32)
        keys, table = locate(np.ascontiguousarray(features, np.float32), scale, self._ids, self._weights)
        self._neighbours = _neighbours(keys, table)

    def __call__(self, values: FloatArray) -> FloatArray:
        """Filter values of any shape with N entries."""
        flat = np.ascontiguousarray(values, np.float32).ravel()
        filtered = _filter(flat, self._ids, self._weights, self._neighbours)
        return filtered.reshape(values.shape)


@compiled
def _neighbours(keys: Array, table: Array) -> Array:  # pragma: no cover (compiled)
    """Give the point before and after along each direction: (d + 1, M, 2) int32, M where there is none."""
    count, d = keys.shape
    result = np.empty((d + 1, count, 2), np.int32)
    key = np.empty(d, np.int32)
    for direction in range(d + 1):
        for index in range(count):
            for side in range(2):
                sign = 2 * side - 1
                for j in range(d):
                    key[j] = keys[index, j] + sign * (d if j == direction else -1)
                found = table[find(key, keys, table)]
                result[direction, index, side] = count if found < 0 else found
    return result


@compiled_fast
def _filter(
    values: FloatArray, ids: Array, weights: FloatArray, neighbours: Array
) -> FloatArray:  # pragma: no cover (compiled)
    """Splat, blur along each direction, slice."""
    points, corners = ids.shape
    count = neighbours.shape[1]
    nodes, blurred = np.zeros(count + 1, np.float32), np.zeros(count + 1, np.float32)
    for i in range(points):
        for k in range(corners):
            nodes[ids[i, k]] += weights[i, k] * values[i]
    for direction in range(corners):
        for index in range(count):
            before, after = neighbours[direction, index, 0], neighbours[direction, index, 1]
            blurred[index] = np.float32(0.5) * nodes[index] + np.float32(0.25) * (nodes[before] + nodes[after])
        nodes, blurred = blurred, nodes
    result = np.empty(points, np.float32)
    for i in range(points):
        total = np.float32(0)
        for k in range(corners):
            total += weights[i, k] * nodes[ids[i, k]]
        result[i] = total
    return result
