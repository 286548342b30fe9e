"""The organ: where the scan shows something, for filters that drop what lies outside."""

from __future__ import annotations

from typing import Literal

import numpy as np

from napari_wsss.errors import RecipeError
from napari_wsss.params import Params, knob
from napari_wsss.refine.classes import bounding_box, largest_part
from napari_wsss.refine.holes import holes_of
from napari_wsss.refine.margin import in_plane, within
from napari_wsss.types import Array, BoolArray, FloatArray, LabelMap

SAMPLES = 500_000
"""Voxels a threshold is estimated from; more change nothing that shows."""
PADDED = 0.99
"""Part of the slices' border voxels that must share one value for it to count as cut-away background."""


class Organ(Params):
    """How the organ is told from the background."""

    method: Literal["auto", "li", "otsu"] = knob(
        "auto",
        "How the background is found. auto: one constant value around the organ (a brain that was cut out), else li. "
        "li: a low limit that keeps dark tissue. otsu: a higher limit that keeps bright tissue only.",
    )
    margin: float = knob(
        0.0,
        "How far the outline is drawn inwards in each slice, to leave out skin and skull.",
        ge=0.0,
        le=30.0,
        step=0.5,
        unit="mm",
    )
    channel: int = knob(1, "Which channel of the scan is looked at; 1 is the first.", ge=1, le=64, step=1)


def find_organ(image: FloatArray, spacing: tuple[float, ...], params: Organ) -> BoolArray:
    """Find the largest thing a scan shows, its holes filled slice by slice.

    Args:
        image: (channels, Z, Y, X).
        spacing: voxel size along Z, Y, X in mm.
        params: knobs.

    Returns:
        bool (Z, Y, X); True everywhere if the scan has one value only.

    Raises:
        RecipeError: the scan has no such channel.
    """
    if params.channel > len(image):
        raise RecipeError(f"channel {params.channel} of a scan with {len(image)}: choose a lower one.")
    grey = image[params.channel - 1]
    organ = np.ones(grey.shape, dtype=bool)
    shown = _foreground(grey, params.method)
    if shown is None or (crop := bounding_box(shown)) is None:
        return organ
    largest = largest_part(shown[crop])
    largest |= holes_of(largest, "2d")
    organ[:] = False
    organ[crop] = largest
    return _shrunk(organ, spacing, params.margin)


def drop_outside(mask: LabelMap, region: BoolArray) -> LabelMap:
    """Drop what lies outside ``region`` (box filter of Ostrowski et al. for the brain); both (*S)."""
    return mask * region


def _foreground(grey: FloatArray, method: str) -> BoolArray | None:
    """Give what is not background, or None if the scan has one value only."""
    if grey.min() == grey.max():
        return None
    constant = _constant_border(grey) if method == "auto" else None
    shown: BoolArray = grey > _limit(grey, method) if constant is None else grey != constant
    return shown


def _limit(grey: FloatArray, method: str) -> float:
    from skimage.filters import threshold_li, threshold_otsu

    flat = grey.ravel()
    return float((threshold_otsu if method == "otsu" else threshold_li)(flat[:: len(flat) // SAMPLES + 1]))


def _constant_border(grey: FloatArray) -> np.floating | None:
    """Give the value that nearly all border voxels of the slices share, or None."""
    ends: Array = np.concatenate([grey[:, [0, -1]].ravel(), grey[:, :, [0, -1]].ravel()])
    values, counts = np.unique(ends, return_counts=True)
    commonest: np.floating = values[counts.argmax()]
    return commonest if counts.max() >= PADDED * len(ends) else None


def _shrunk(organ: BoolArray, spacing: tuple[float, ...], margin: float) -> BoolArray:
    return organ & ~within(~organ, in_plane(spacing), margin) if margin else organ
