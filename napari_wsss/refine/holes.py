"""Fill holes of a mask."""

from __future__ import annotations

import numpy as np

from napari_wsss.params import Params, knob
from napari_wsss.refine.classes import each_class
from napari_wsss.refine.planes import Mode, neighbours, voxel_volume
from napari_wsss.types import BoolArray, LabelMap


class Holes(Params):
    """Which holes are filled."""

    largest: float = knob(
        0.0, "Holes up to this size are filled; 0 fills holes of any size.", ge=0.0, le=100_000.0, step=1.0, unit="mm³"
    )
    mode: Mode = knob(
        "2d", "2d: a hole is closed all around within its slice. 3d: it must be closed in every direction."
    )


def fill_holes(mask: LabelMap, spacing: tuple[float, ...], params: Holes) -> LabelMap:
    """Fill what each class encloses; a place of another class stays as it is.

    A hole is background that does not reach the image's border going side by side. In "2d" its size is its area times
    the slices' distance.

    Args:
        mask: label map (*S), slices along the first axis.
        spacing: voxel size along every axis in mm.
        params: knobs.

    Returns:
        (*S) uint8.
    """
    most = params.largest / voxel_volume(spacing) if params.largest else np.inf
    return each_class(mask, lambda own, _, __: own | holes_of(own, params.mode, most))


def holes_of(own: BoolArray, mode: Mode, most: float = np.inf) -> BoolArray:
    """Give the holes of a mask (*S) of at most ``most`` voxels; its bounding box counts as the image's border."""
    from scipy.ndimage import label

    numbers, count = label(~own, neighbours(own.ndim, mode))
    hole = np.ones(count + 1, dtype=bool)
    if most < np.inf:
        hole = np.bincount(numbers.ravel(), minlength=count + 1) <= most
    hole[0] = False
    for axis in range(1 if mode == "2d" else 0, own.ndim):
        for end in (0, -1):
            hole[np.take(numbers, end, axis=axis)] = False
    result: BoolArray = hole[numbers]
    return result
