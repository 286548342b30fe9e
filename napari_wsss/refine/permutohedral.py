"""Gaussian filter in many dimensions on a permutohedral lattice (Adams, Baek & Davis 2010). Imports numba.

Its memory is bounded by the number of voxels, whatever the number of channels and however narrow the kernel; its kernel
is a rough Gaussian. :mod:`napari_wsss.refine.bilateral_grid` is preferred where it fits.
"""

from __future__ import annotations

import numpy as np

from napari_wsss.refine.colour_nodes import locate_all
from napari_wsss.refine.compiled import compiled, compiled_fast
from napari_wsss.refine.simplex import code_of, find
from napari_wsss.refine.threads import each
from napari_wsss.types import Array, FloatArray


class PermutohedralLattice:
    """Approximates Σ_j exp(-½ |f_i - f_j|²) v_j up to a constant factor, the point itself included."""

    def __init__(self, features: FloatArray) -> None:
        """``features``: (d, N), already divided by the kernel's standard deviations."""
        d = len(features)
        # Interpolating twice adds (d + 1)² / 6, blurring with (¼, ½, ¼) along d + 1 directions (d + 1)² / 2.
        scale = np.full(d, (d + 1) * np.sqrt(2 / 3), np.float32)
        keys, codes, numbers, self._ids, self._weights = locate_all(features, scale)
        self._neighbours = np.full((d + 1, len(keys), 2), len(keys), np.int32)
        each(_link, [(keys, codes, numbers, direction, self._neighbours[direction]) for direction in range(d + 1)])

    @property
    def nbytes(self) -> int:
        """Bytes of the tables."""
        return self._ids.nbytes + self._weights.nbytes + self._neighbours.nbytes

    def __call__(self, values: FloatArray) -> FloatArray:
        """Filter values of any shape with N entries."""
        flat = np.ascontiguousarray(values, np.float32).ravel()
        filtered = _filter(flat, self._ids, self._weights, self._neighbours)
        return filtered.reshape(values.shape)


@compiled
def _link(keys: Array, codes: Array, numbers: Array, direction: int, neighbours: Array) -> None:  # pragma: no cover
    """Fill in the point before and after along one direction, (M, 2); M stays where there is none."""
    count, d = keys.shape
    key = np.empty(d, np.int32)
    for index in range(count):
        for j in range(d):
            key[j] = keys[index, j] + (d if j == direction else -1)
        slot = find(code_of(key), codes)
        if codes[slot] != 0:
            neighbours[index, 1] = numbers[slot]
            neighbours[numbers[slot], 0] = index


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
