"""Keep what lies in a box in the middle of the image."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from napari_wsss.params import Params, knob
from napari_wsss.types import LabelMap


class Centre(Params):
    """Size of the box in the middle of the image."""

    height: float = knob(0.5, "Height of the box, as a part of the image's height.", ge=0.05, le=1.0, step=0.01)
    width: float = knob(0.5, "Width of the box, as a part of the image's width.", ge=0.05, le=1.0, step=0.01)
    depth: float = knob(1.0, "Depth of the box, as a part of the slices; 1 is all.", ge=0.05, le=1.0, step=0.01)


def keep_centre(mask: LabelMap, parts: Sequence[float]) -> LabelMap:
    """Keep what lies in a centred box (box filter of Ostrowski et al. for the prostate).

    Args:
        mask: label map (*S).
        parts: the box's side along every axis, as a part of the image's, in (0, 1]. Sides are rounded to whole voxels,
            at least one; an odd voxel left over lies after the box.

    Returns:
        (*S) uint8.
    """
    box = tuple(_middle(size, part) for size, part in zip(mask.shape, parts, strict=True))
    kept = np.zeros_like(mask)
    kept[box] = mask[box]
    return kept


def _middle(size: int, part: float) -> slice:
    # A half is rounded up, so that half of five voxels are three.
    side = max(int(size * part + 0.5), 1)
    start = (size - side) // 2
    return slice(start, start + side)
