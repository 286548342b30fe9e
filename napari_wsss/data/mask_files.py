"""One mask as one file of the kind that its name asks for, on the scan's own grid."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from napari_wsss.data.masks import write_mask
from napari_wsss.data.readers.assemble import LPS_TO_RAS, one_line
from napari_wsss.data.readers.names import suffix_of
from napari_wsss.data.volume import Geometry
from napari_wsss.errors import InputError
from napari_wsss.files import atomic_path
from napari_wsss.types import LabelMap

MASK_SUFFIXES = (".nii.gz", ".nii", ".nrrd", ".mha")
"""Kinds of files that hold a mask together with where it lies."""


def save_mask(mask: LabelMap, like: Geometry, path: Path, header: Any = None) -> None:  # noqa: ANN401
    """Write a mask with exactly the grid of its scan, atomically.

    Args:
        mask: (Z, Y, X), values 0 … C.
        like: grid of the scan.
        path: its suffix says which kind of file: one of ``MASK_SUFFIXES``.
        header: the scan's NIfTI header, kept bit for bit in a NIfTI file; other kinds take ``like`` alone.

    Raises:
        InputError: another suffix, or ``mask`` has another shape than ``like``.
        ProjectError: the file cannot be written.
    """
    suffix = suffix_of(path)
    if suffix not in MASK_SUFFIXES:
        raise InputError(f"{path}: a mask is saved as {', '.join(MASK_SUFFIXES)}; choose one of these endings.")
    if suffix.startswith(".nii"):
        write_mask(mask, like, path, header)
        return
    if mask.shape != like.shape:
        raise InputError(f"{path}: mask of shape {mask.shape}, but the scan has {like.shape} (Z, Y, X).")
    _write_itk(mask, like, path)


def _write_itk(mask: LabelMap, like: Geometry, path: Path) -> None:
    import SimpleITK as sitk  # noqa: N813 (the name its documentation uses)

    affine = LPS_TO_RAS @ like.affine
    spacing = np.sqrt((affine[:3, :3] ** 2).sum(axis=0))
    image = sitk.GetImageFromArray(np.ascontiguousarray(mask, dtype=np.uint8))
    image.SetSpacing(spacing.tolist())
    image.SetOrigin(affine[:3, 3].tolist())
    image.SetDirection((affine[:3, :3] / spacing).ravel().tolist())
    with atomic_path(path) as temporary:
        try:
            sitk.WriteImage(image, str(temporary), useCompression=True)
        except RuntimeError as error:
            raise OSError(one_line(error)) from error
