"""Several masks, or several soft maps, become one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import numpy as np

from napari_wsss.errors import RecipeError
from napari_wsss.params import Params, knob
from napari_wsss.refine.classes import classes_of
from napari_wsss.refine.normalise import Scope
from napari_wsss.types import BoolArray, FloatArray, LabelMap


class Ensemble(Params):
    """How several masks become one."""

    rule: Literal["or", "and", "<", ">"] = knob(
        "and",
        "or: wherever any mask has the lesion. and: only where all have it. <: the mask with the smallest lesion, as "
        "it is. >: the mask with the largest lesion, as it is.",
    )
    scope: Scope = knob(
        "slice", "For < and >: whether the smallest or largest is picked for each slice, or once for the whole volume."
    )


def combine_masks(masks: Sequence[LabelMap], params: Ensemble) -> LabelMap:
    """Combine masks by "or", "and", "<" or ">" (section III-C of Ostrowski et al.).

    Each class is combined by itself. Where classes then overlap, the one that more of the masks have there wins, the
    lower class among equals.

    Args:
        masks: two or more label maps (Z, *S).
        params: the rule; for "<" and ">" the mask picked is the first among equals, and an empty mask is the smallest.

    Returns:
        (Z, *S) uint8.

    Raises:
        RecipeError: fewer than two masks, or masks of different shapes.
    """
    stack = _stacked(masks, "masks")
    result = np.zeros(stack.shape[1:], dtype=np.uint8)
    most = np.zeros(stack.shape[1:], dtype=np.uint8)
    for index in classes_of(stack):
        present = stack == index + 1
        votes = present.sum(axis=0, dtype=np.uint8)
        wins = _combine(present, votes, params) & (votes > most)
        result[wins], most[wins] = index + 1, votes[wins]
    return result


def mean_maps(maps: Sequence[FloatArray], weights: Sequence[float] = ()) -> FloatArray:
    """Average soft maps.

    Args:
        maps: two or more (C, *S) in [0, 1].
        weights: one number ≥ 0 a map, not all 0; all equal when empty.

    Returns:
        (C, *S) float32 in [0, 1].

    Raises:
        RecipeError: fewer than two maps, maps of different shapes, or weights that do not fit.
    """
    shares = np.asarray(weights or [1.0] * len(maps), dtype=np.float64)
    if len(shares) != len(maps) or shares.min() < 0 or shares.sum() == 0:
        raise RecipeError(f"weights {tuple(weights)} for {len(maps)} maps: give one a map, none below 0, not all 0.")
    _check_alike(maps, "maps")
    shares /= shares.sum()
    mean: FloatArray = np.zeros(maps[0].shape, dtype=np.float32)
    for soft, share in zip(maps, shares, strict=True):
        mean += np.float32(share) * soft
    return mean.clip(0, 1)


def _combine(present: BoolArray, votes: LabelMap, params: Ensemble) -> BoolArray:
    """Combine (M, Z, *S) masks of one class."""
    if params.rule in ("or", "and"):
        enough: BoolArray = votes >= (1 if params.rule == "or" else len(present))
        return enough
    inner = tuple(range(2 if params.scope == "slice" else 1, present.ndim))
    sizes = np.count_nonzero(present, axis=inner)
    chosen = sizes.argmin(axis=0) if params.rule == "<" else sizes.argmax(axis=0)
    if params.scope == "volume":
        picked: BoolArray = present[chosen]
        return picked
    by_slice: BoolArray = present[chosen, np.arange(present.shape[1])]
    return by_slice


def _stacked(masks: Sequence[LabelMap], what: str) -> LabelMap:
    _check_alike(masks, what)
    return np.stack(masks)


def _check_alike(arrays: Sequence[LabelMap] | Sequence[FloatArray], what: str) -> None:
    shapes = {array.shape for array in arrays}
    if len(arrays) < 2 or len(shapes) > 1:
        raise RecipeError(f"{len(arrays)} {what} of shapes {sorted(shapes)} to combine: give two or more, all alike.")
