"""Raw maps → soft maps by what lesion-free slices show: a place counts for how few of their places are as high.

No mask is needed: every place of a slice labelled lesion-free is known to be free of it.
"""

from __future__ import annotations

import numpy as np

from napari_wsss.types import Array, FloatArray

SHARES: FloatArray = np.geomspace(1e-4, 0.5, 38)
"""Shares of the places in lesion-free slices for which the level that they exceed is kept."""


def levels_of(values: Array) -> FloatArray:
    """Give the levels that :data:`SHARES` of ``values`` exceed, (Q,) float32, from high to low.

    Args:
        values: map values of places in lesion-free slices, any shape, at least one.
    """
    levels: FloatArray = np.quantile(np.asarray(values, dtype=np.float32), 1.0 - SHARES).astype(np.float32)
    return levels


def level_at(levels: FloatArray, share: float) -> FloatArray:
    """Give the level of each class that ``share`` of the places exceeds.

    Args:
        levels: (C, Q), of :func:`levels_of`.
        share: 0.0001 … 0.5.

    Returns:
        (C,) float32, between the levels kept by interpolation over the logarithm of the share.
    """
    place = np.log(np.clip(share, SHARES[0], SHARES[-1]))
    return np.array([np.interp(place, np.log(SHARES), row) for row in levels], dtype=np.float32)


def against_level(maps: FloatArray, level: FloatArray) -> FloatArray:
    """Give 1/(1 + exp(level − map)): 0.5 where a map reaches the level, above it where it is higher.

    Args:
        maps: (C, Z, Y, X), the class scores of places (log-odds).
        level: (C,).

    Returns:
        (C, Z, Y, X) float32 in [0, 1].
    """
    above = maps - level[:, None, None, None]
    soft: FloatArray = (0.5 * (1.0 + np.tanh(0.5 * above))).astype(np.float32, copy=False)
    return soft
