"""NIfTI-1 and NIfTI-2, .nii and .nii.gz, in on-disk orientation."""

from __future__ import annotations

import zlib
from pathlib import Path
from typing import Any

import nibabel as nib
import numpy as np
from nibabel.filebasedimages import ImageFileError
from nibabel.spatialimages import HeaderDataError

from napari_wsss.data.readers.assemble import assemble, one_line
from napari_wsss.data.volume import Volume
from napari_wsss.errors import InputError
from napari_wsss.types import Array

_DAMAGE = (ImageFileError, HeaderDataError, OSError, EOFError, ValueError, zlib.error)


def read(path: Path, channel: str) -> Volume:
    """Read a NIfTI file; the header (qform, sform, units, description) stays in ``source.header``.

    The affine is the sform where its code is set, else the qform, else, with neither, the voxel sizes alone with the
    origin in the middle, as nibabel does. A fourth axis, or a fifth where the fourth has length 1 (ITK's vector
    images), are channels. Integers stay as they are unless the header scales them, then they are float32.

    Raises:
        InputError: damaged or no NIfTI, or more axes than that.
    """
    header, raw = _load(path)
    array, rgb = _split_colours(raw)
    channels = _to_channels(array, path)
    affine = header.get_best_affine()
    return assemble(channels, affine, path, format="nifti", channel=channel, rgb=rgb, header=header.copy())


def read_header(path: Path) -> Any:  # noqa: ANN401 (nibabel has no types)
    """Read the nibabel header alone.

    Raises:
        InputError: damaged or no NIfTI.
    """
    try:
        return nib.load(path).header
    except _DAMAGE as error:
        raise _damaged(path, error) from error


def _load(path: Path) -> tuple[Any, Array]:
    try:
        image = nib.load(path, mmap=False)  # a map would keep the file open and hide a short file until later
        scaled = (image.dataobj.slope, image.dataobj.inter) != (1.0, 0.0)
        raw = np.asarray(image.dataobj, dtype=np.float32) if scaled else image.dataobj.get_unscaled()
    except _DAMAGE as error:
        raise _damaged(path, error) from error
    return image.header, raw


def _damaged(path: Path, error: BaseException) -> InputError:
    return InputError(f"{path}: no readable NIfTI file, damaged or cut short ({one_line(error)}). Export it again.")


def _split_colours(raw: Array) -> tuple[Array, bool]:
    """Give the RGB and RGBA types as numbers with a last axis of 3, and True; alpha is dropped."""
    if raw.dtype.names is None:
        return raw, False
    grid = raw.reshape(raw.shape[:3]) if raw.size == np.prod(raw.shape[:3]) else raw
    return np.stack([_with_depth(grid[name], 3) for name in ("R", "G", "B")], axis=-1), True


def _to_channels(array: Array, path: Path) -> Array:
    """Turn (X, Y[, Z[, channels]]) into (channels, Z, Y, X)."""
    axes = array.ndim
    while array.ndim > 4 and array.shape[-1] == 1:
        array = array[..., 0]
    if array.ndim == 5 and array.shape[3] == 1:
        array = array[:, :, :, 0]
    if array.ndim not in {2, 3, 4}:
        raise InputError(
            f"{path}: {axes} axes {array.shape}; 2, 3 or 4 (x, y, z, channel) are expected. Split it into volumes."
        )
    return _with_depth(array, 4).T if array.ndim == 4 else _with_depth(array, 3).T[None]


def _with_depth(array: Array, axes: int) -> Array:
    return array if array.ndim >= axes else array[:, :, None]
