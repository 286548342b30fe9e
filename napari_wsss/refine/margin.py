"""Grow or shrink a mask by a margin in mm."""

from __future__ import annotations

import math
from itertools import product

import numpy as np

from napari_wsss.params import Params, knob
from napari_wsss.refine.classes import each_class
from napari_wsss.refine.planes import Mode
from napari_wsss.types import BoolArray, LabelMap

ROUNDING = 0.0005
"""Half a thousandth of a mm: three voxels of 0.1 mm must lie within 0.3 mm."""


class Margin(Params):
    """How far the mask's border is moved."""

    distance: float = knob(
        2.0, "How far the border moves: above 0 outwards, below 0 inwards.", ge=-30.0, le=30.0, step=0.5, unit="mm"
    )
    mode: Mode = knob("2d", "2d: within each slice. 3d: into neighbouring slices too.")


def move_border(mask: LabelMap, spacing: tuple[float, ...], params: Margin) -> LabelMap:
    """Grow or shrink each class (effect "Margin" of 3D Slicer).

    Growing adds background whose centre lies at most ``distance`` mm from the centre of a voxel of the class; shrinking
    removes voxels that lie as near to a voxel outside. Beyond the image's border nothing is outside.

    Args:
        mask: label map (*S), slices along the first axis.
        spacing: voxel size along every axis in mm.
        params: knobs.

    Returns:
        (*S) uint8.
    """
    distance = abs(params.distance)
    steps = in_plane(spacing) if params.mode == "2d" else spacing
    if params.distance >= 0:
        reach = int((distance + ROUNDING) / min(steps))
        return each_class(mask, lambda own, _, __: within(own, steps, distance), reach)
    # One voxel around: what is outside the bounding box is outside the mask.
    return each_class(mask, lambda own, _, __: own & ~within(~own, steps, distance), 1)


def in_plane(spacing: tuple[float, ...]) -> tuple[float, ...]:
    """Give ``spacing`` with slices infinitely far apart."""
    return (np.inf, *spacing[1:])


def within(mask: BoolArray, spacing: tuple[float, ...], distance: float) -> BoolArray:
    """Give the voxels (*S) at most ``distance`` mm from a True voxel of ``mask`` (*S), centre to centre.

    The ball of that radius is a bundle of runs along the last axis: the mask is widened along that axis, each width
    once, and laid over itself at the places of the runs. Exact, and for a few mm many times quicker than a distance
    transform.
    """
    limit = distance + ROUNDING
    result, widened = mask.copy(), mask.copy()
    runs = _runs(mask.shape, spacing, limit)
    for half in range(max(runs) + 1):
        for sign in {half, -half} - {0}:
            _lay_over(widened, mask, (*(0,) * (mask.ndim - 1), sign))
        for offset in runs.get(half, ()):
            _lay_over(result, widened, (*offset, 0))
    return result


def _runs(shape: tuple[int, ...], spacing: tuple[float, ...], limit: float) -> dict[int, list[tuple[int, ...]]]:
    """Give half-width of a run along the last axis, in voxels → its offsets along the others."""
    reaches = [min(int(limit / step), size - 1) for step, size in zip(spacing, shape, strict=True)]
    runs: dict[int, list[tuple[int, ...]]] = {}
    for offset in product(*(range(-reach, reach + 1) for reach in reaches[:-1])):
        rest = limit**2 - sum((part * step) ** 2 for part, step in zip(offset, spacing, strict=False) if part)
        if rest >= 0:
            runs.setdefault(min(int(math.sqrt(rest) / spacing[-1]), reaches[-1]), []).append(offset)
    return runs


def _lay_over(target: BoolArray, source: BoolArray, offset: tuple[int, ...]) -> None:
    """Set ``target`` where ``source``, moved by ``offset`` voxels, is True."""
    there = tuple(slice(max(part, 0), size + min(part, 0)) for part, size in zip(offset, target.shape, strict=True))
    here = tuple(slice(max(-part, 0), size + min(-part, 0)) for part, size in zip(offset, target.shape, strict=True))
    target[there] |= source[here]
