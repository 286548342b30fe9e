"""Stretch maps to [0, 1]."""

from __future__ import annotations

from typing import Literal

import numpy as np

from napari_wsss.types import FloatArray

ROUNDING = 1e-5
"""A map whose values differ by less than this part of them counts as constant."""

Scope = Literal["slice", "volume"]


def min_max(maps: FloatArray, scope: Scope) -> FloatArray:
    """Stretch each class's map so that its lowest value becomes 0 and its highest 1 (eq. 11 of Liu et al.).

    Args:
        maps: (C, Z, Y, X).
        scope: lowest and highest of each slice, or of the whole volume.

    Returns:
        (C, Z, Y, X) float32; a map that is constant becomes 0.
    """
    axes = (-2, -1) if scope == "slice" else (-3, -2, -1)
    low, high = maps.min(axis=axes, keepdims=True), maps.max(axis=axes, keepdims=True)
    # A constant map that was interpolated wavers in its last digits; they must not be stretched.
    varied = high - low > ROUNDING * np.maximum(np.abs(low), np.abs(high))
    stretched: FloatArray = (maps - low) * varied / np.where(varied, high - low, 1)
    return stretched.astype(np.float32, copy=False)
