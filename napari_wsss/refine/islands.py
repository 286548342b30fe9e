"""Islands: the connected parts of a mask. Keep one, or remove the small ones."""

from __future__ import annotations

from typing import Literal

import numpy as np

from napari_wsss.errors import RecipeError
from napari_wsss.params import Params, knob
from napari_wsss.refine.classes import each_class
from napari_wsss.refine.planes import Mode, neighbours, voxel_volume
from napari_wsss.types import Array, BoolArray, FloatArray, LabelMap


class Islands(Params):
    """Which connected parts of the mask stay."""

    keep: Literal["all", "largest", "most evidence"] = knob(
        "all",
        "all: every part that is large enough. largest: the largest part alone. most evidence: the one part where the "
        "soft map adds up to most.",
    )
    share: float = knob(
        1.0,
        "For largest and most evidence: parts with at least this share of the best part's size or evidence stay too. "
        "1: the best one alone.",
        ge=0.01,
        le=1.0,
        step=0.01,
        advanced=True,
        before=1.0,
    )
    smallest: float = knob(50.0, "Parts smaller than this are removed.", ge=0.0, le=100_000.0, step=1.0, unit="mm³")
    connectivity: Literal["faces", "corners"] = knob(
        "faces", "When two voxels belong together: faces: only side by side. corners: diagonally too."
    )
    mode: Mode = knob("3d", "3d: a part reaches through slices. 2d: each slice has its own parts.")


def keep_islands(
    mask: LabelMap, spacing: tuple[float, ...], params: Islands, evidence: FloatArray | None = None
) -> LabelMap:
    """Keep islands of each class (effect "Islands" of 3D Slicer; the one with most evidence is ours).

    Args:
        mask: label map (*S), slices along the first axis.
        spacing: voxel size along every axis in mm.
        params: knobs. In "2d" the size of a part is its area times the slices' distance.
        evidence: (C, *S), needed for ``keep`` "most evidence".

    Returns:
        (*S) uint8. Of equals the first one, in reading order, is kept; with a share below 1 all of them.

    Raises:
        RecipeError: no evidence to go by.
    """
    if params.keep == "most evidence" and evidence is None:
        raise RecipeError("islands: keep 'most evidence' needs a soft map; link one, or keep the largest.")
    fewest = params.smallest / voxel_volume(spacing)

    def keep(own: BoolArray, index: int, crop: tuple[slice, ...]) -> BoolArray:
        weights = evidence[index][crop][own] if params.keep == "most evidence" and evidence is not None else None
        return _keep(own, weights, fewest, params)

    return each_class(mask, keep)


def _keep(own: BoolArray, weights: Array | None, fewest: float, params: Islands) -> BoolArray:
    from scipy.ndimage import label

    numbers, count = label(own, neighbours(own.ndim, params.mode, corners=params.connectivity == "corners"))
    inside = numbers[own]
    sizes = np.bincount(inside, minlength=count + 1)
    kept = sizes >= fewest
    if params.keep != "all":
        scores = sizes if weights is None else np.bincount(inside, weights=weights, minlength=count + 1)
        group = _group_of(own, inside, count, params.mode)
        kept &= _best(scores, group) if params.share == 1 else _strong(scores, group, params.share)
    kept[0] = False
    result = np.zeros_like(own)
    result[own] = kept[inside]
    return result


def _group_of(own: BoolArray, inside: Array, count: int, mode: Mode) -> Array:
    """Give (count + 1,): islands of one group compete; in "2d" those of one slice, in "3d" all."""
    group = np.zeros(count + 1, dtype=np.intp)
    if mode == "2d":
        group[inside] = np.repeat(np.arange(len(own)), np.count_nonzero(own.reshape(len(own), -1), axis=1))
    return group


def _best(scores: Array, group: Array) -> BoolArray:
    """Mark the island with the highest score of each group; number 0 is no island."""
    # Sorted by group, then score, then the first of equals last: the last of each group is its best.
    order = np.lexsort((-np.arange(1, len(scores)), scores[1:], group[1:])) + 1
    last = np.append(group[order][1:] != group[order][:-1], True)
    best = np.zeros(len(scores), dtype=bool)
    best[order[last]] = True
    return best


def _strong(scores: Array, group: Array, share: float) -> BoolArray:
    """Mark the islands with at least ``share`` of the highest score of their group."""
    highest = np.zeros(int(group.max()) + 1)
    np.maximum.at(highest, group[1:], scores[1:])
    strong: BoolArray = scores >= share * highest[group]
    return strong
