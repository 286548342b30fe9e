"""Skull removal for CT: what lies inside the skull."""

from __future__ import annotations

import numpy as np

from napari_wsss.errors import InputError
from napari_wsss.params import Params, knob
from napari_wsss.refine.classes import largest_part
from napari_wsss.types import Array, BoolArray, FloatArray

AIR, BONE = -500, 500
"""Hounsfield units that a CT of a head goes below, and above."""
SOFT, HARD = -100.0, 400.0
"""Hounsfield units between which grey values are told apart."""
SOFTEST_BONE, SURE_BONE = 200.0, 300.0
"""Hounsfield units below which nothing is bone, however little bone a scan shows; and from which everything is."""


class Skull(Params):
    """How the skull is found."""

    percentile: float = knob(
        95.0, "Bone is what is brighter than this part of all voxels.", ge=80.0, le=99.5, step=0.5, unit="%"
    )
    smoothing: float = knob(
        1.0, "How far the scan is smoothed first, edges kept; 0 leaves it as it is.", ge=0.0, le=5.0, step=0.5,
        unit="pixels", advanced=True,
    )  # fmt: skip
    tolerance: float = knob(
        50.0, "How different two grey values may be and still be smoothed together.", ge=1.0, le=500.0, step=1.0,
        unit="HU", advanced=True,
    )  # fmt: skip


def inside_skull(scan: Array, params: Skull) -> BoolArray:
    """Find what lies inside the skull (section 2 of Ramananda & Sundaresan): CT only.

    Bilateral filter, then what is as bright as the percentile; in each slice, what lies in its convex hull and is no
    skull is inside; in a slice without skull nothing is. Ours: what has 300 HU is bone, what has less than 200 is not;
    of skull and of inside the largest connected part counts, so that a bright bleed is no skull and marrow not inside.

    Args:
        scan: (Z, Y, X) in Hounsfield units.
        params: knobs.

    Returns:
        bool (Z, Y, X).

    Raises:
        InputError: these are no Hounsfield units; on MR, bright lesions would be taken for bone.
    """
    _check(scan)
    smooth = _smoothed(scan, params)
    limit = np.clip(np.percentile(smooth, params.percentile), SOFTEST_BONE, SURE_BONE)
    skull = largest_part(smooth >= limit)
    return largest_part(np.stack([_hull(plane) & ~plane for plane in skull]))


def remove_skull(scan: Array, params: Skull) -> Array:
    """Give the scan (Z, Y, X) with all that is not inside the skull at its darkest value; errors as above."""
    return np.where(inside_skull(scan, params), scan, scan.min())


def _check(scan: Array) -> None:
    low, high = float(scan.min()), float(scan.max())
    if low > AIR or high < BONE:
        raise InputError(
            f"skull removal: grey values from {low:g} to {high:g}, but a CT of a head in Hounsfield units goes below "
            f"{AIR} (air) and above {BONE} (bone). On other scans it would remove bright lesions: leave it off."
        )


def _smoothed(scan: Array, params: Skull) -> FloatArray:
    """Give the scan in Hounsfield units, cut to those that matter, smoothed within edges."""
    grey: FloatArray = scan.astype(np.float32).clip(SOFT, HARD)
    if not params.smoothing:
        return grey
    from skimage.restoration import denoise_bilateral

    # The filter takes values from 0.
    planes = [
        denoise_bilateral(
            plane - SOFT, sigma_color=params.tolerance, sigma_spatial=params.smoothing, bins=1000, mode="edge"
        )
        for plane in grey
    ]
    return np.stack(planes).astype(np.float32) + np.float32(SOFT)


def _hull(skull: BoolArray) -> BoolArray:
    if not skull.any():
        return skull
    from skimage.morphology import convex_hull_image

    hull: BoolArray = convex_hull_image(skull)
    return hull
