"""MetaImage (.mha, .mhd) and NRRD (.nrrd, .nhdr) through SimpleITK."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import SimpleITK as sitk  # noqa: N813 (the name its documentation uses)

from napari_wsss.data.readers.assemble import LPS_TO_RAS, assemble, one_line
from napari_wsss.data.volume import Volume
from napari_wsss.errors import InputError
from napari_wsss.types import Array, FloatArray


@dataclass(frozen=True)
class ItkHeader:
    """What ITK says of a grid, for writing it back to the last digit; LPS, mm, in the order x, y[, z].

    Attributes:
        dimension: 2 for a single image, else 3.
        spacing: mm, one per axis.
        origin: mm, one per axis.
        direction: direction cosines, row by row.
    """

    dimension: int
    spacing: tuple[float, ...]
    origin: tuple[float, ...]
    direction: tuple[float, ...]


def read(path: Path, channel: str) -> Volume:
    """Read an ITK image; ``source.header`` is an :class:`ItkHeader`.

    Several numbers a voxel, or a fourth axis, are channels; three unsigned bytes a voxel are a colour image.

    Raises:
        InputError: damaged, not of the format its name says, or more axes than that.
    """
    image = _load(path)
    components = image.GetNumberOfComponentsPerPixel()
    array = _to_channels(sitk.GetArrayFromImage(image), image.GetDimension(), components, path)
    header = _header(image)
    rgb = components == 3 and array.dtype == np.uint8 and len(array) == 3
    return assemble(array, _affine(header), path, format="itk", channel=channel, rgb=rgb, header=header)


def read_header(path: Path) -> ItkHeader:
    """Read the grid alone.

    Raises:
        InputError: damaged, or not of the format its name says.
    """
    reader = sitk.ImageFileReader()
    reader.SetFileName(str(path))
    try:
        reader.ReadImageInformation()
    except RuntimeError as error:
        raise _damaged(path, error) from error
    return _header(reader)


def _load(path: Path) -> sitk.Image:
    sitk.ProcessObject.SetGlobalWarningDisplay(False)  # ITK writes to the terminal by itself
    try:
        return sitk.ReadImage(str(path))
    except RuntimeError as error:
        raise _damaged(path, error) from error


def _damaged(path: Path, error: BaseException) -> InputError:
    kind = "NRRD" if path.suffix.lower() in {".nrrd", ".nhdr"} else "MetaImage"
    reason = one_line(error)
    if reason.startswith("Reason:"):  # MetaIO adds the last system error, which has nothing to do with it
        reason = "header or voxels incomplete"
    return InputError(f"{path}: no readable {kind} file, damaged or cut short ({reason}). Export it again.")


def _to_channels(array: Array, dimension: int, components: int, path: Path) -> Array:
    if dimension not in {2, 3, 4} or (dimension == 4 and components > 1):
        raise InputError(
            f"{path}: {dimension} axes with {components} numbers a voxel; x, y, z and one axis of channels are "
            "expected. Split it into volumes."
        )
    if dimension == 4:
        return array
    channels = np.moveaxis(array, -1, 0) if components > 1 else array[None]
    return channels[:, None] if dimension == 2 else channels


def _header(image: sitk.Image | sitk.ImageFileReader) -> ItkHeader:
    full, kept = image.GetDimension(), min(image.GetDimension(), 3)
    direction = np.reshape(image.GetDirection(), (full, full))[:kept, :kept]
    return ItkHeader(
        kept,
        tuple(image.GetSpacing()[:kept]),
        tuple(image.GetOrigin()[:kept]),
        tuple(float(cosine) for cosine in direction.ravel()),
    )


def _affine(header: ItkHeader) -> FloatArray:
    size, affine = header.dimension, np.eye(4)
    direction = np.reshape(header.direction, (size, size))
    affine[:size, :size] = direction * np.asarray(header.spacing)
    affine[:size, 3] = header.origin
    return LPS_TO_RAS @ affine
