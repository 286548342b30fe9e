"""Soft maps → label map by a threshold."""

from __future__ import annotations

import numpy as np

from napari_wsss.params import Params, knob
from napari_wsss.types import FloatArray, LabelMap


class Threshold(Params):
    """Where the soft map is cut."""

    value: float = knob(
        0.35,
        "How sure the map must be for a place to count as lesion. Lower paints more. 0.35 suits large lesions, 0.7 "
        "tiny ones.",
        ge=0.0,
        le=1.0,
        step=0.01,
    )


def threshold(maps: FloatArray, params: Threshold) -> LabelMap:
    """Cut soft maps at ``params.value`` (eq. 12 of Liu et al.).

    Args:
        maps: (C, *S) in [0, 1], one per class.
        params: the threshold T.

    Returns:
        (*S) uint8: where any map is ≥ T, 1 + the class whose map is highest (the first of equals), else 0. A map that
        is nowhere above 0 gives no lesion, even at T = 0.
    """
    # Float32 maps must be compared with a float32 threshold: 0.35 in double precision is no float32 value.
    value = np.float32(params.value)
    if len(maps) == 1:
        single: LabelMap = ((maps[0] >= value) & (maps[0] > 0)).astype(np.uint8)
        return single
    highest = maps.max(axis=0)
    label: LabelMap = ((maps.argmax(axis=0) + 1) * ((highest >= value) & (highest > 0))).astype(np.uint8)
    return label
