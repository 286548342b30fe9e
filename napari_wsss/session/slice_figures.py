"""Figures of the slices of one case: area and overlap with a reference, slice by slice."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from napari_wsss.data.labels import UNKNOWN, LabelArray
from napari_wsss.types import BoolArray, LabelMap, Spacing

SliceState = Literal["accepted", "marked", "empty"]


@dataclass(frozen=True)
class SliceRow:
    """A slice.

    Attributes:
        z: its number, as in label tables.
        labels: what is known of it, in words: "bleed, no tumour".
        state: accepted; or not, with something marked in it or nothing.
        area_mm2: area of all lesions marked in it.
        volume_ml: that area through the thickness of the slice.
        dice: mean over the classes that are marked or present in it, against the reference; None without one, and
            where there is nothing to find and nothing marked.
        unsure: mean entropy of the segmenter's probabilities in it, in bits; None where it has not segmented the scan.
    """

    z: int
    labels: str
    state: SliceState
    area_mm2: float
    volume_ml: float
    dice: float | None
    unsure: float | None = None


def slice_rows(  # noqa: PLR0917 (all are needed, the last where there is one)
    mask: LabelMap,
    accepted: BoolArray,
    labels: LabelArray,
    classes: tuple[str, ...],
    spacing: Spacing,
    reference: LabelMap | None = None,
    unsure: Sequence[float] = (),
) -> list[SliceRow]:
    """Give a row for each slice.

    Args:
        mask: (Z, Y, X), 0 background, c + 1 class c.
        accepted: (Z,), True where accepted.
        labels: (Z, C) image-level labels.
        classes: C names.
        spacing: voxel size along Z, Y, X in mm.
        reference: (Z, Y, X) in the same classes, if there is one.
        unsure: mean entropy of each slice in bits, Z values; none where it is not known.
    """
    voxels = np.count_nonzero(mask, axis=(1, 2))
    overlaps = slice_dice(mask, reference, len(classes)) if reference is not None else np.full(len(mask), np.nan)
    thickness, height, width = spacing
    rows = []
    for z, (count, overlap) in enumerate(zip(voxels.tolist(), overlaps.tolist(), strict=True)):
        area = count * height * width
        state: SliceState = "accepted" if accepted[z] else ("marked" if count else "empty")
        words = _words(labels[z], classes)
        fits = None if np.isnan(overlap) else overlap
        entropy = unsure[z] if len(unsure) == len(mask) else None
        rows.append(SliceRow(z, words, state, area, area * thickness / 1000.0, fits, entropy))
    return rows


def slice_dice(mask: LabelMap, reference: LabelMap, classes: int) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    """Give the Dice of every slice, (Z,): mean over the classes found in mask or reference; nan where none is."""
    scores = np.full((classes, len(mask)), np.nan)
    for index in range(classes):
        found, true = mask == index + 1, reference == index + 1
        both = np.count_nonzero(found & true, axis=(1, 2))
        sizes = np.count_nonzero(found, axis=(1, 2)) + np.count_nonzero(true, axis=(1, 2))
        scores[index, sizes > 0] = 2.0 * both[sizes > 0] / sizes[sizes > 0]
    counted = np.isfinite(scores).sum(axis=0)
    total = np.nansum(scores, axis=0)
    return np.where(counted > 0, total / np.maximum(counted, 1), np.nan)


def _words(labels: LabelArray, classes: tuple[str, ...]) -> str:
    known = zip(classes, labels.tolist(), strict=True)
    return ", ".join(name if value == 1 else f"no {name}" for name, value in known if value != UNKNOWN)
