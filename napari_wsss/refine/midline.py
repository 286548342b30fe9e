"""Drop what lies in a band along the middle of the image, or of the organ."""

from __future__ import annotations

from typing import Literal

import numpy as np

from napari_wsss.params import Params, knob
from napari_wsss.refine.margin import ROUNDING
from napari_wsss.types import BoolArray, LabelMap, Spacing


class Midline(Params):
    """The band in which no lesion is expected."""

    line: Literal["vertical", "horizontal"] = knob(
        "vertical",
        "How the band runs through the slice: vertical lies between left and right half (the midline of a head seen "
        "from below), horizontal between front and back.",
    )
    width: float = knob(6.0, "Width of the band.", ge=0.5, le=60.0, step=0.5, unit="mm")
    centre: Literal["image", "organ"] = knob(
        "image", "Where the band lies: in the middle of the image, or of the organ found in the scan."
    )


def drop_midline(mask: LabelMap, spacing: Spacing, params: Midline, organ: BoolArray | None = None) -> LabelMap:
    """Drop the band along the middle (box filter of Ostrowski et al. for the brain).

    A voxel is dropped when its centre lies within half the width of the middle. An organ without a voxel has no middle;
    the image's is taken.

    Args:
        mask: label map (Z, Y, X).
        spacing: voxel size along Z, Y, X in mm.
        params: the band.
        organ: (…, Y, X), places of the organ in the whole scan; needed for ``centre`` "organ".

    Returns:
        (Z, Y, X) uint8.
    """
    axis = -1 if params.line == "vertical" else -2
    places = np.arange(mask.shape[axis])
    middle = (len(places) - 1) / 2
    if params.centre == "organ" and organ is not None and organ.any():
        middle = _middle_of(organ, axis)
    in_band = np.abs(places - middle) * spacing[axis] <= params.width / 2 + ROUNDING
    kept = mask.copy()
    kept[(..., in_band) if axis == -1 else (..., in_band, slice(None))] = 0
    return kept


def _middle_of(organ: BoolArray, axis: int) -> float:
    """Give the mean place of the organ's voxels along ``axis``."""
    others = tuple(other for other in range(organ.ndim) if other != organ.ndim + axis)
    counts = np.count_nonzero(organ, axis=others)
    return float(np.average(np.arange(len(counts)), weights=counts))
