"""Histogram equalisation: the grey values of the body spread evenly, for contrast."""

from __future__ import annotations

import numpy as np

from napari_wsss.types import BoolArray, FloatArray


def equalise(channel: FloatArray, inside: BoolArray) -> FloatArray:
    """Replace each grey value by the part of the voxels inside that are no brighter.

    Args:
        channel: (Z, Y, X), any range.
        inside: (Z, Y, X), the voxels that count.

    Returns:
        (Z, Y, X) float32 in [0, 1], 0 outside.
    """
    from scipy.stats import rankdata

    even: FloatArray = np.zeros(channel.shape, dtype=np.float32)
    if inside.any():
        even[inside] = rankdata(channel[inside], method="max") / inside.sum()
    return even
