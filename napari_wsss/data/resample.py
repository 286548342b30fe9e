"""Linear resampling by small matrices, one an axis: rows are target places, columns source cells."""

from __future__ import annotations

import numpy as np

from napari_wsss.types import Array, FloatArray


def line_weights(positions: FloatArray, count: int, step: float = 1.0) -> FloatArray:
    """Give the matrix (targets, sources) of linear interpolation at ``positions``; rows sum to one.

    Args:
        positions: of the targets, in source cells (cell i has its centre at i), -0.5 … count - 0.5.
        count: source cells.
        step: distance of neighbouring targets in source cells; above 1 the triangle widens to that (anti-aliasing).
    """
    reach = max(step, 1.0)
    weights = (1 - np.abs(np.arange(count) - positions[:, None]) / reach).clip(min=0)
    # Rows at the border have a part of their triangle outside; what is left is scaled up, as Pillow does.
    matrix: FloatArray = (weights / weights.sum(axis=1, keepdims=True)).astype(np.float32)
    return matrix


def nearest_cells(targets: Array, step: float, count: int) -> Array:
    """Give the source cell under the centre of each target cell, where target i starts at ``i * step``."""
    nearest: Array = np.floor((targets + 0.5) * step).astype(np.intp).clip(0, count - 1)
    return nearest


def resample(array: Array, rows: FloatArray, columns: FloatArray) -> FloatArray:
    """Multiply (…, h, w) by ``rows`` (Y, h) from the left and ``columns`` (X, w) from the right: (…, Y, X) float32."""
    source = np.ascontiguousarray(array, dtype=np.float32)
    if _is_identity(rows) and _is_identity(columns):
        return source.copy() if source is array else source
    wide = (source.reshape(-1, source.shape[-1]) @ columns.T).reshape(*source.shape[:-1], len(columns))
    result: FloatArray = np.matmul(rows, wide)
    return result


def resample_planes(array: Array, planes: FloatArray) -> FloatArray:
    """Multiply (…, d, h, w) by ``planes`` (Z, d) along the third axis from the end: (…, Z, h, w) float32."""
    source = np.ascontiguousarray(array, dtype=np.float32)
    if _is_identity(planes):
        return source.copy() if source is array else source
    *ahead, depth, height, width = source.shape
    result: FloatArray = np.matmul(planes, source.reshape(*ahead, depth, height * width))
    return result.reshape(*ahead, len(planes), height, width)


def _is_identity(matrix: FloatArray) -> bool:
    return matrix.shape[0] == matrix.shape[1] and bool((matrix == np.eye(len(matrix), dtype=np.float32)).all())
