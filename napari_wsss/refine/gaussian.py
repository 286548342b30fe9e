"""Plain Gaussian filter of a volume, exact up to its truncation. Imports numba."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from napari_wsss.refine.compiled import compiled_fast
from napari_wsss.types import FloatArray

TRUNCATE = 5.0
"""The kernel ends this many standard deviations out: what is cut off is below 1e-6 of it."""


class GaussianFilter:
    """Σ_j exp(-½ |x_i - x_j|² / θ²) v_j over all voxels j of a grid; nothing outside, the voxel itself included."""

    def __init__(self, theta: Sequence[float]) -> None:
        """``theta``: standard deviation along Z, Y, X in voxels."""
        self._taps = [_taps(width) for width in theta]

    def __call__(self, values: FloatArray) -> FloatArray:
        """Filter (Z, Y, X) float32."""
        source = np.ascontiguousarray(values, dtype=np.float32)
        for axis, taps in enumerate(self._taps):
            if source.shape[axis] == 1:
                continue  # a single slice: the kernel's peak, 1, is all there is
            outer = int(np.prod(source.shape[:axis]))
            inner = int(np.prod(source.shape[axis + 1 :]))
            target = np.empty_like(source)
            view = (outer, source.shape[axis], inner)
            correlate = _along_lines if inner == 1 else _along_planes
            correlate(source.reshape(view), taps, target.reshape(view))
            source = target
        return source.copy() if source is values else source


def _taps(theta: float) -> FloatArray:
    """Give exp(-½ (k / θ)²) for k = 0, 1, … up to the truncation."""
    taps: FloatArray = np.exp(-0.5 * (np.arange(int(TRUNCATE * theta) + 1) / theta) ** 2).astype(np.float32)
    return taps


@compiled_fast
def _along_planes(source: FloatArray, taps: FloatArray, target: FloatArray) -> None:  # pragma: no cover (compiled)
    """Correlate the middle axis; the last one is contiguous and vectorised."""
    outer, length, inner = source.shape
    for o in range(outer):
        for i in range(length):
            row = target[o, i]
            row[:] = source[o, i]
            for k in range(1, len(taps)):
                weight = taps[k]
                if i - k >= 0 and i + k < length:
                    below, above = source[o, i - k], source[o, i + k]
                    for j in range(inner):
                        row[j] += weight * (below[j] + above[j])
                elif i - k >= 0:
                    below = source[o, i - k]
                    for j in range(inner):
                        row[j] += weight * below[j]
                elif i + k < length:
                    above = source[o, i + k]
                    for j in range(inner):
                        row[j] += weight * above[j]


@compiled_fast
def _along_lines(source: FloatArray, taps: FloatArray, target: FloatArray) -> None:  # pragma: no cover (compiled)
    """Correlate the middle axis when it is the contiguous one (the last axis has length 1)."""
    outer, length, _ = source.shape
    for o in range(outer):
        line, row = source[o, :, 0], target[o, :, 0]
        row[:] = line
        for k in range(1, min(len(taps), length)):
            weight = taps[k]
            for i in range(k, length):
                row[i] += weight * line[i - k]
            for i in range(length - k):
                row[i] += weight * line[i + k]
