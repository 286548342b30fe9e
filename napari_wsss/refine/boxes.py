"""Boxes drawn in the viewer: keep the mask inside them, or drop it there."""

from __future__ import annotations

from typing import Literal

import numpy as np
from pydantic import field_validator

from napari_wsss.params import Params, knob
from napari_wsss.types import BoolArray, LabelMap

DrawnBox = tuple[int, int, int, int, int, int]
"""z0, y0, x0, z1, y1, x1 in voxels: from the first to just before the second."""


class Boxes(Params):
    """Where a lesion may lie, or may not."""

    boxes: tuple[DrawnBox, ...] = knob(
        (),
        "Boxes drawn in the viewer, in voxels: first slice, row, column, then the ones after the last. They belong to "
        "one scan. Without a box nothing changes.",
    )
    inside: Literal["keep", "drop"] = knob(
        "keep", "keep: only what lies in a box stays. drop: what lies in a box is removed."
    )

    @field_validator("boxes")
    @classmethod
    def _not_empty(cls, boxes: tuple[DrawnBox, ...]) -> tuple[DrawnBox, ...]:
        for box in boxes:
            if any(first >= after for first, after in zip(box[:3], box[3:], strict=True)):
                raise ValueError(f"the box {box} is empty: each of the last three must be above its counterpart")
        return boxes


def apply_boxes(mask: LabelMap, params: Boxes, first: int = 0) -> LabelMap:
    """Keep, or drop, what lies in the boxes (box filter of Ostrowski et al., drawn by hand).

    Args:
        mask: label map (Z, Y, X).
        params: boxes on the whole scan; parts beyond the scan count for nothing.
        first: number, in the whole scan, of the mask's first slice.

    Returns:
        (Z, Y, X) uint8.
    """
    if not params.boxes:
        return mask
    inside = inside_boxes(mask.shape, params.boxes, first)
    return np.where(inside == (params.inside == "keep"), mask, np.uint8(0))


def inside_boxes(shape: tuple[int, ...], boxes: tuple[DrawnBox, ...], first: int = 0) -> BoolArray:
    """Give bool (Z, Y, X), True inside any box; ``first`` as in :func:`apply_boxes`."""
    inside = np.zeros(shape, dtype=bool)
    for z0, y0, x0, z1, y1, x1 in boxes:
        starts, stops = (z0 - first, y0, x0), (z1 - first, y1, x1)
        inside[tuple(slice(max(a, 0), max(b, 0)) for a, b in zip(starts, stops, strict=True))] = True
    return inside
