"""Lesions: which of them a mask found, and how many it invented, whatever their size."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from napari_wsss.errors import InputError
from napari_wsss.types import Array

FOUND_SHARE = 0.1
"""A lesion counts as found when at least this share of its voxels is marked."""

LESION_RULE = (
    "A lesion is a connected part of the reference (in 3-D, corners count as touching); it is found when at least "
    f"{100 * FOUND_SHARE:g} % of its voxels are marked. A false lesion is a connected part of the mask that touches no "
    "voxel of the reference."
)
"""To be printed wherever these figures are."""


@dataclass(frozen=True)
class LesionCounts:
    """Lesions of one scan.

    Attributes:
        lesions: connected parts of the reference.
        found: those of them that count as found.
        false: connected parts of the mask without any voxel of the reference.
    """

    lesions: int
    found: int
    false: int


def lesion_counts(mask: Array, reference: Array) -> LesionCounts:
    """Count lesions, all classes together.

    Args:
        mask: (Z, Y, X), anything but 0 is marked.
        reference: (Z, Y, X), anything but 0 is lesion.

    Raises:
        InputError: shapes differ.
    """
    if mask.shape != reference.shape:
        raise InputError(f"The mask has shape {mask.shape}, its reference {reference.shape}: they must be the same.")
    marked, lesion = mask > 0, reference > 0
    parts, many = _parts(lesion)
    size = np.bincount(parts.ravel(), minlength=many + 1)[1:]
    hit = np.bincount(parts[marked], minlength=many + 1)[1:]
    claims, claimed = _parts(marked)
    true = np.setdiff1d(np.unique(claims[lesion]), 0)
    return LesionCounts(many, int((hit / size >= FOUND_SHARE).sum()), claimed - len(true))


def _parts(voxels: Array) -> tuple[Array, int]:
    """Number the connected parts, 26-connected, from 1."""
    from scipy.ndimage import label

    parts, many = label(voxels, structure=np.ones((3, 3, 3), bool))
    return parts, int(many)
