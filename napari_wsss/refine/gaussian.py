"""Plain Gaussian filter of a volume, exact up to its truncation. Imports numba."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from napari_wsss.refine.correlate import correlate
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
        source = np.array(values, dtype=np.float32, order="C")
        for axis, taps in enumerate(self._taps):
            if source.shape[axis] == 1:
                continue  # a single slice: the kernel's peak, 1, is all there is
            inner = int(np.prod(source.shape[axis + 1 :]))
            target = np.empty_like(source)
            correlate(source.reshape(-1), source.shape[axis], inner, taps, target.reshape(-1))
            source = target
        return source


def _taps(theta: float) -> FloatArray:
    """Give exp(-½ (k / θ)²) for k = 0, 1, … up to the truncation."""
    taps: FloatArray = np.exp(-0.5 * (np.arange(int(TRUNCATE * theta) + 1) / theta) ** 2).astype(np.float32)
    return taps
