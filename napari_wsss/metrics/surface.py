"""Distance between the surfaces of two masks, in mm."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

from napari_wsss.errors import InputError
from napari_wsss.types import BoolArray, Spacing

TOLERANCE_MM = 2.0
"""How far apart two surfaces may lie and still count as the same; about how well two readers agree."""


def hausdorff(mask: BoolArray, reference: BoolArray, spacing: Spacing, percentile: float = 100.0) -> float:
    """Give the Hausdorff distance, or a percentile of it: the larger of the two directed ones.

    Args:
        mask: (Z, Y, X); a single slice (Z = 1) is measured in its plane.
        reference: (Z, Y, X).
        spacing: voxel size along Z, Y, X in mm.
        percentile: of the distances from one surface to the other, above 0; 100 is their maximum.

    Returns:
        mm; nan where either mask is empty.

    Raises:
        InputError: shapes differ.
    """
    if not _measurable(mask, reference):
        return float("nan")
    one, other, size = _cropped(mask, reference, spacing)
    with _monai():
        from monai.metrics import compute_hausdorff_distance

        distance = compute_hausdorff_distance(one, other, include_background=True, percentile=percentile, spacing=size)
    return float(distance[0, 0])


def surface_dice(
    mask: BoolArray, reference: BoolArray, spacing: Spacing, tolerance: float = TOLERANCE_MM
) -> float:  # fmt: skip
    """Give the share of both surfaces that lies within ``tolerance`` mm of the other (Nikolov et al. 2018).

    Surface elements are weighted by their area, so thick slices do not distort it.

    Args:
        mask: (Z, Y, X); a single slice (Z = 1) is measured in its plane.
        reference: (Z, Y, X).
        spacing: voxel size along Z, Y, X in mm.
        tolerance: in mm.

    Returns:
        0 … 1; nan where either mask is empty.

    Raises:
        InputError: shapes differ.
    """
    if not _measurable(mask, reference):
        return float("nan")
    one, other, size = _cropped(mask, reference, spacing)
    with _monai():
        from monai.metrics import compute_surface_dice

        share = compute_surface_dice(one, other, [tolerance], include_background=True, spacing=size, use_subvoxels=True)
    return float(share[0, 0])


def _measurable(mask: BoolArray, reference: BoolArray) -> bool:
    if mask.shape != reference.shape:
        raise InputError(f"The mask has shape {mask.shape}, its reference {reference.shape}: they must be the same.")
    return bool(mask.any() and reference.any())


@contextmanager
def _monai() -> Iterator[None]:
    """Make MONAI importable, and silence a deprecation that MONAI 1.5 and 1.6 trigger by their own inner calls."""
    from napari_wsss import torchvision_ops

    torchvision_ops.declare()
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", ".*always_return_as_numpy", FutureWarning)
        yield


def _cropped(mask: BoolArray, reference: BoolArray, spacing: Spacing) -> tuple[Any, Any, tuple[float, ...]]:
    """Cut both to their common box, one voxel wider, as (1, 1, …) tensors; drop Z where there is one slice."""
    import torch

    size = tuple(float(length) for length in spacing)
    if mask.shape[0] == 1:
        mask, reference, size = mask[0], reference[0], size[1:]
    places = np.argwhere(mask | reference)
    box = tuple(slice(low, high + 1) for low, high in zip(places.min(axis=0), places.max(axis=0), strict=True))
    one, other = (torch.from_numpy(np.pad(array[box], 1).astype(bool))[None, None] for array in (mask, reference))
    return one, other, size
