"""The last step of every reader: check what was decoded and make it a Volume."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from napari_wsss.data.volume import Format, Geometry, Source, Volume
from napari_wsss.errors import InputError
from napari_wsss.types import Array, FloatArray

LPS_TO_RAS = np.diag([-1.0, -1.0, 1.0, 1.0])
"""DICOM and ITK point left, posterior, superior; NIfTI and this package right, anterior, superior."""

RED_GREEN_BLUE = ("red", "green", "blue")


def assemble(
    array: Array,
    affine: FloatArray,
    path: Path,
    *,
    format: Format,
    channel: str,
    rgb: bool = False,
    header: Any = None,  # noqa: ANN401 (each format has its own)
) -> Volume:
    """Check ``array`` and ``affine`` and give the volume.

    A colour image whose three channels are identical is a grey image stored as colour: it becomes one channel.

    Args:
        array: (channels, Z, Y, X) of any real number type and byte order.
        affine: (4, 4), voxel (x, y, z) → RAS+ mm.
        path: file or folder it came from.
        format: family of the file.
        channel: name for a single channel; see :func:`napari_wsss.data.readers.read_volume`.
        rgb: the three channels are red, green and blue.
        header: kept in the volume's ``source``.

    Raises:
        InputError: no voxels, complex numbers, NaN or infinite voxels, an affine that is not invertible.
    """
    array = _plain_numbers(array, path)
    _refuse_non_finite(array, path)
    _refuse_flat(affine, path)
    if rgb and _is_grey(array):
        array, rgb = array[:1], False
    geometry = Geometry((array.shape[1], array.shape[2], array.shape[3]), np.asarray(affine, dtype=np.float64))
    names = RED_GREEN_BLUE if rgb else _names(channel, len(array))
    return Volume(np.ascontiguousarray(array), geometry, names, Source(format, path, header), rgb)


def one_line(error: BaseException) -> str:
    """Give the last line of an error's text without line breaks: decoders put their cause there."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return lines[-1][:200] if lines else type(error).__name__


def _names(channel: str, count: int) -> tuple[str, ...]:
    return (channel,) if count == 1 else tuple(f"{channel}-{number}" for number in range(1, count + 1))


def _plain_numbers(array: Array, path: Path) -> Array:
    if array.size == 0:
        raise InputError(f"{path}: grid {array.shape} holds no voxels.")
    kind = array.dtype.kind
    if kind not in "buif":
        raise InputError(f"{path}: voxels of type {array.dtype}; real numbers or 8-bit colours are expected.")
    if kind == "b":
        return array.astype(np.uint8)
    if array.dtype.itemsize > 8 or array.dtype == np.float16:  # long double and half: few libraries take them
        return array.astype(np.float32)
    return array.astype(array.dtype.newbyteorder("="), copy=False)


def _refuse_non_finite(array: Array, path: Path) -> None:
    if array.dtype.kind != "f":
        return
    with np.errstate(all="ignore"):  # one sum is quicker than asking every voxel
        if np.isfinite(array.sum(dtype=np.float64)):
            return
    bad = int(array.size - np.isfinite(array).sum())
    if bad:
        raise InputError(
            f"{path}: {bad} of {array.size} voxels are NaN or infinite. Give them a finite value (0 for background)."
        )


def _refuse_flat(affine: FloatArray, path: Path) -> None:
    if not np.isfinite(affine).all() or abs(np.linalg.det(affine[:3, :3])) < 1e-12:
        raise InputError(
            f"{path}: the position in its header (affine) is not invertible: {np.round(affine[:3, :3], 4).tolist()}. "
            "Repair the header."
        )


def _is_grey(array: Array) -> bool:
    return bool((array[0] == array[1]).all() and (array[0] == array[2]).all())
