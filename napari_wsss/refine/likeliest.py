"""Lesion probabilities → label map: the likeliest class, which of its parts stay, and how far they grow."""

from __future__ import annotations

from collections.abc import Callable

from napari_wsss.params import Params, knob
from napari_wsss.refine.grow import Grow, grow
from napari_wsss.refine.islands import Islands, keep_islands
from napari_wsss.types import FloatArray, LabelMap


class Likeliest(Params):
    """From which probability on a voxel is marked, which parts stay, and how far they grow."""

    cutoff: float = knob(0.5, "Probability from which a voxel counts as lesion.", ge=0.05, le=0.95, step=0.01)
    share: float = knob(
        0.0,
        "Connected parts smaller than this share of the largest one of their class in the scan are dropped. 0 keeps "
        "every part, 1 the largest alone.",
        ge=0.0,
        le=1.0,
        step=0.01,
        before=0.0,
    )
    grow: float = knob(
        0.0,
        "How far, within each slice, what is marked may then grow into what borders on it and has its grey values, as "
        "by the filter of that name. 0: not at all.",
        ge=0.0,
        le=50.0,
        step=0.5,
        unit="mm",
        before=0.0,
    )


def likeliest_mask(
    lesion: FloatArray, params: Likeliest, image: Callable[[], FloatArray], spacing: tuple[float, ...]
) -> LabelMap:
    """Give the label map of lesion probabilities.

    Args:
        lesion: (C, Z, Y, X) in [0, 1], one per class.
        params: knobs. Voxels that touch at a corner belong to one part.
        image: gives the scan (channels, Z, Y, X); asked only where the mask grows, by its first channel.
        spacing: voxel size along Z, Y, X in mm.

    Returns:
        (Z, Y, X) uint8: 1 + the class of the highest probability (the first of equals) where that is at least
        ``cutoff``, else 0; then without small parts, and grown.
    """
    highest = lesion.argmax(axis=0).astype("uint8") + 1
    mask: LabelMap = (highest * (lesion.max(axis=0) >= params.cutoff)).astype("uint8")
    if params.share:
        kept = Islands(keep="largest", share=max(0.01, params.share), smallest=0.0, connectivity="corners")
        mask = keep_islands(mask, spacing, kept)
    return grow(mask, image(), spacing, Grow(distance=params.grow)) if params.grow and mask.any() else mask
