"""Region growing: a mask takes in what borders on it and has its grey values."""

from __future__ import annotations

import numpy as np

from napari_wsss.errors import RecipeError
from napari_wsss.params import Params, knob
from napari_wsss.refine.classes import each_class
from napari_wsss.refine.margin import ROUNDING, in_plane, within
from napari_wsss.refine.planes import neighbours
from napari_wsss.types import BoolArray, FloatArray, LabelMap


class Grow(Params):
    """How far the mask may grow, and into what."""

    distance: float = knob(
        20.0,
        "How far, within each slice, the mask may grow into what borders on it and is more like it than like its "
        "surroundings.",
        ge=0.5,
        le=50.0,
        step=0.5,
        unit="mm",
    )
    alike: float = knob(
        0.2,
        "Grow only where at most this share of the surroundings is more like the mask than like the rest of them: "
        "where much is, grey values do not tell where the lesion ends. 1: always.",
        ge=0.0,
        le=1.0,
        step=0.05,
    )
    channel: int = knob(1, "Which channel of the scan is looked at; 1 is the first.", ge=1, le=64, step=1)


def grow(
    mask: LabelMap, image: FloatArray, spacing: tuple[float, ...], params: Grow, barred: BoolArray | None = None
) -> LabelMap:
    """Let each class grow within its slices.

    Whatever lies at most ``distance`` mm from the class is its surroundings. A voxel of the surroundings is taken in
    where its grey value lies on the class's side of the limit, halfway between the means of both over the whole scan
    (ours, after the half-maximum border of a blurred edge), and where such voxels join it to the class. A class with
    more than ``alike`` of its surroundings on that side does not grow.

    Args:
        mask: label map (Z, *S).
        image: (channels, Z, *S).
        spacing: voxel size along Z, *S in mm.
        params: knobs.
        barred: (Z, *S), voxels that are not taken in; they count as surroundings.

    Returns:
        (Z, *S) uint8; no voxel of ``mask`` is lost.

    Raises:
        RecipeError: the scan has no such channel.
    """
    if params.channel > len(image):
        raise RecipeError(f"channel {params.channel} of a scan with {len(image)}: choose a lower one.")
    grey, steps = image[params.channel - 1], in_plane(spacing)
    reach = int((params.distance + ROUNDING) / min(steps))
    free = mask == 0 if barred is None else (mask == 0) & ~barred
    return each_class(mask, lambda own, _, crop: _grown(own, grey[crop], free[crop], steps, params), reach)


def _grown(own: BoolArray, grey: FloatArray, free: BoolArray, steps: tuple[float, ...], params: Grow) -> BoolArray:
    from scipy.ndimage import label

    near = within(own, steps, params.distance)
    around = near & ~own
    if not around.any():
        return own
    inside, outside = (float(grey[place].mean(dtype=np.float64)) for place in (own, around))
    limit = (inside + outside) / 2
    alike = around & ((grey > limit) if inside > outside else (grey < limit))
    if np.count_nonzero(alike) > params.alike * np.count_nonzero(around):
        return own
    taken = own | (alike & free)
    numbers, count = label(taken, neighbours(own.ndim, "2d"))
    joined = np.bincount(numbers[own], minlength=count + 1) > 0
    return taken & joined[numbers]
