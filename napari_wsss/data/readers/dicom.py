"""DICOM: a series of single-slice files, or one multi-frame file, with rescaled values."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pydicom
from pydicom.errors import InvalidDicomError
from pydicom.pixels.processing import apply_color_lut

from napari_wsss.data.readers.assemble import assemble, one_line
from napari_wsss.data.readers.dicom_planes import Plane, arrange, planes_of
from napari_wsss.data.readers.dicom_series import series_files
from napari_wsss.data.volume import Volume
from napari_wsss.errors import InputError
from napari_wsss.types import Array


def read(path: Path, channel: str) -> Volume:
    """Read a folder with one series, a multi-frame file, or the series that a file belongs to.

    Slices are sorted by position along their normal, slope and intercept applied (air is −1000 HU), inverted grey
    scales (MONOCHROME1) turned bright-is-high, and colours turned into RGB. Of the header
    only the modality is kept, as ``source.header["Modality"]``: the rest names the patient.

    Raises:
        InputError: damaged, slices of different size, uneven or missing slices, several series in the folder.
    """
    files = series_files(path)
    planes: list[Plane] = []
    frames: list[Array] = []
    modality = ""
    for file in files:
        data = _open(file)
        modality = str(data.get("Modality") or "")
        own = planes_of(data)
        planes += own
        frames += _frames(data, file, own)
    if len({frame.shape for frame in frames}) > 1:
        raise InputError(f"{path}: slices of different size in one series. Export its parts separately.")
    order, affine = arrange(planes, path)
    stacked = _compact(np.stack([frames[index] for index in order]))
    rgb = stacked.ndim == 4
    array = np.moveaxis(stacked, -1, 0) if rgb else stacked[None]
    return assemble(array, affine, path, format="dicom", channel=channel, rgb=rgb, header={"Modality": modality})


def _open(path: Path) -> pydicom.Dataset:
    try:
        return pydicom.dcmread(path)
    except (InvalidDicomError, OSError, EOFError, ValueError) as error:
        raise InputError(f"{path}: no readable DICOM file ({one_line(error)}). Export it again.") from error


def _frames(data: pydicom.Dataset, path: Path, planes: Sequence[Plane]) -> list[Array]:
    """Decode a file: one (Y, X) or (Y, X, 3) array per frame, in real units."""
    colour = int(data.get("SamplesPerPixel") or 1) == 3
    palette = data.get("PhotometricInterpretation") == "PALETTE COLOR"
    pixels = _pixels(data, path)
    if palette:
        pixels = apply_color_lut(pixels, data)[..., :3]
        pixels = (pixels >> 8).astype(np.uint8) if pixels.dtype == np.uint16 else pixels
    single = 3 if colour or palette else 2
    frames = pixels[None] if pixels.ndim == single else pixels
    if len(frames) != len(planes):
        raise InputError(f"{path}: {len(frames)} frames decoded, {len(planes)} announced. Export it again.")
    if colour or palette:
        return list(frames)
    if data.get("PhotometricInterpretation") == "MONOCHROME1" and frames.dtype.kind == "u":
        frames = (2 ** int(data.BitsStored) - 1 - frames.astype(np.int64)).astype(frames.dtype)
    return [_rescale(frame, plane) for frame, plane in zip(frames, planes, strict=True)]


def _pixels(data: pydicom.Dataset, path: Path) -> Array:
    try:
        pixels: Array = data.pixel_array
    except RuntimeError as error:  # no decoder for this compression (JPEG lossless); GDCM inside ITK has them all
        pixels = _pixels_by_itk(data, path, error)
    except (AttributeError, ValueError, NotImplementedError, KeyError, EOFError, OSError) as error:
        raise InputError(f"{path}: its pixels cannot be decoded ({one_line(error)}). Export it again.") from error
    return pixels


def _pixels_by_itk(data: pydicom.Dataset, path: Path, cause: RuntimeError) -> Array:
    import SimpleITK as sitk  # noqa: N813 (the name its documentation uses)

    sitk.ProcessObject.SetGlobalWarningDisplay(False)
    try:
        scaled = sitk.GetArrayFromImage(sitk.ReadImage(str(path)))
    except RuntimeError as error:
        reason = f"{one_line(cause)}; {one_line(error)}"
        raise InputError(f"{path}: its pixels cannot be decoded ({reason}). Export it uncompressed.") from error
    pixels: Array = scaled if int(data.get("NumberOfFrames") or 1) > 1 else scaled[0]
    slope, intercept = float(data.get("RescaleSlope", 1)), float(data.get("RescaleIntercept", 0))
    if (slope, intercept) == (1.0, 0.0):
        return pixels
    # ITK applies the rescale by itself; it is undone here, so that all pixels take one way.
    return np.asarray(np.rint((pixels - intercept) / slope), dtype=np.int32)


def _rescale(frame: Array, plane: Plane) -> Array:
    if (plane.slope, plane.intercept) == (1.0, 0.0):
        return frame
    if plane.slope.is_integer() and plane.intercept.is_integer() and frame.dtype.kind in "iu":
        return frame.astype(np.int64) * int(plane.slope) + int(plane.intercept)
    return (frame * plane.slope + plane.intercept).astype(np.float32)


def _compact(array: Array) -> Array:
    """Store rescaled whole numbers in the smallest signed type that holds them (Hounsfield units: int16)."""
    if array.dtype != np.int64:
        return array
    small = np.int16 if array.min() >= -(2**15) and array.max() < 2**15 else np.int32
    return array.astype(small)
