"""Smooth the outline of a mask, in mm."""

from __future__ import annotations

import math

import numpy as np

from napari_wsss.params import Params, knob
from napari_wsss.refine.classes import each_class
from napari_wsss.refine.planes import Mode
from napari_wsss.types import BoolArray, FloatArray, LabelMap

DETAIL = 1.349
"""A strip this many standard deviations wide, blurred, just reaches one half in its middle."""
TRUNCATE = 3.0


class Smooth(Params):
    """How much of the outline is smoothed."""

    size: float = knob(
        2.0,
        "Bumps and dents thinner than about this are smoothed away; the lesion stays as large as it was.",
        ge=0.5, le=20.0, step=0.5, unit="mm",
    )  # fmt: skip
    mode: Mode = knob("2d", "2d: each slice by itself. 3d: across slices too.")


def smooth_outline(mask: LabelMap, spacing: tuple[float, ...], params: Smooth) -> LabelMap:
    """Blur each class and keep as many of its fullest voxels as it had.

    A cut at one half would eat small and pointed lesions; keeping the count does not. Voxels equally full as the last
    one kept are kept too.

    Args:
        mask: label map (*S), slices along the first axis.
        spacing: voxel size along every axis in mm.
        params: knobs. In "2d" each slice keeps its count.

    Returns:
        (*S) uint8.
    """
    sigma = [params.size / DETAIL / step for step in spacing]
    if params.mode == "2d":
        sigma[0] = 0.0
    reach = max(math.ceil(TRUNCATE * width) for width in sigma)
    return each_class(mask, lambda own, _, __: _smooth(own, sigma, params.mode), reach)


def _smooth(own: BoolArray, sigma: list[float], mode: Mode) -> BoolArray:
    from scipy.ndimage import gaussian_filter

    blurred = gaussian_filter(own.astype(np.float32), sigma, truncate=TRUNCATE, mode="nearest")
    if mode == "3d":
        return _fullest(blurred, own)
    return np.stack([_fullest(*plane) for plane in zip(blurred, own, strict=True)])


def _fullest(blurred: FloatArray, own: BoolArray) -> BoolArray:
    """Keep as many of the fullest voxels as ``own`` has."""
    count = int(np.count_nonzero(own))
    if not count:
        return own
    values = blurred[blurred > 0]
    kept: BoolArray = blurred >= np.partition(values, len(values) - count)[len(values) - count]
    return kept
