"""Where DICOM slices lie: position, orientation and spacing of each, and the one grid they form."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pydicom

from napari_wsss.data.readers.assemble import LPS_TO_RAS
from napari_wsss.errors import InputError
from napari_wsss.types import FloatArray

_UNEVEN = 0.05
"""Part of the slice distance by which positions may be off; scanners round them to 0.1 mm or worse."""


@dataclass(frozen=True, eq=False)
class Plane:
    """One slice.

    Attributes:
        position: (3,) centre of the first pixel, LPS, mm.
        along: (2, 3) unit vectors along a row (x) and along a column (y), LPS.
        spacing: mm between columns (x), between rows (y), and nominal between slices (z).
        slope: value = slope · stored + intercept (Hounsfield units for CT).
        intercept: see slope.
    """

    position: FloatArray
    along: FloatArray
    spacing: tuple[float, float, float]
    slope: float
    intercept: float


def planes_of(data: pydicom.Dataset) -> list[Plane]:
    """Give the plane of each frame: from the enhanced functional groups where there are, else from the file.

    Frames without a position (ultrasound, radiographs) lie one behind the other, upright: columns to the left, rows to
    the back.
    """
    count = int(data.get("NumberOfFrames") or 1)
    planes = [_plane(data, frame) for frame in range(count)]
    return planes if _value(data, 0, "PlanePositionSequence", "ImagePositionPatient") else _pile(planes)


def arrange(planes: Sequence[Plane], path: Path) -> tuple[npt.NDArray[np.intp], FloatArray]:
    """Order slices by position along their normal and give that order and the affine (x, y, z) → RAS mm.

    The step between slices is taken from their positions, so a tilted gantry gives a sheared affine.

    Raises:
        InputError: slices differ in orientation or spacing, share a position, or one is missing.
    """
    first = planes[0]
    for plane in planes[1:]:
        if not np.allclose(plane.along, first.along, atol=1e-3) or not np.allclose(plane.spacing, first.spacing, 1e-3):
            raise InputError(
                f"{path}: slices of different orientation or pixel size in one series. Export its parts separately."
            )
    normal = np.cross(*first.along)
    heights = np.array([plane.position @ normal for plane in planes])
    order = np.argsort(heights, kind="stable")
    positions = np.stack([planes[index].position for index in order])
    affine = np.eye(4)
    affine[:3, 0], affine[:3, 1] = first.along[0] * first.spacing[0], first.along[1] * first.spacing[1]
    affine[:3, 2] = _step(positions, heights[order], path) if len(planes) > 1 else normal * first.spacing[2]
    affine[:3, 3] = positions[0]
    return order, LPS_TO_RAS @ affine


def _step(positions: FloatArray, heights: FloatArray, path: Path) -> FloatArray:
    """Give the mean step from slice to slice, after checking that all are alike."""
    gaps = np.diff(heights)
    usual = float(np.median(gaps))
    if gaps.min() < 1e-3:
        place = int(gaps.argmin())
        raise InputError(
            f"{path}: two slices at one position ({heights[place]:.2f} mm): several time points or echoes, or a file "
            "twice. Export one of them."
        )
    if np.abs(gaps - usual).max() > max(_UNEVEN * usual, 0.02):
        place = int(np.abs(gaps - usual).argmax())
        raise InputError(
            f"{path}: uneven slices, {gaps[place]:.2f} mm between slices {place} and {place + 1}, else {usual:.2f} mm: "
            "a slice is missing or the spacing changes. Export the whole series again."
        )
    step: FloatArray = (positions[-1] - positions[0]) / (len(positions) - 1)
    return step


def _plane(data: pydicom.Dataset, frame: int) -> Plane:
    pixel = _value(data, frame, "PixelMeasuresSequence", "PixelSpacing") or data.get("ImagerPixelSpacing") or (1.0, 1.0)
    between = (
        _value(data, frame, "PixelMeasuresSequence", "SpacingBetweenSlices")
        or _value(data, frame, "PixelMeasuresSequence", "SliceThickness")
        or 1.0
    )
    position = _value(data, frame, "PlanePositionSequence", "ImagePositionPatient") or (0.0, 0.0, 0.0)
    along = _value(data, frame, "PlaneOrientationSequence", "ImageOrientationPatient") or (1.0, 0.0, 0.0, 0.0, 1.0, 0.0)
    slope = _value(data, frame, "PixelValueTransformationSequence", "RescaleSlope")
    intercept = _value(data, frame, "PixelValueTransformationSequence", "RescaleIntercept")
    return Plane(
        np.array(position, dtype=np.float64),
        np.array(along, dtype=np.float64).reshape(2, 3),
        (float(pixel[1]), float(pixel[0]), abs(float(between))),
        1.0 if slope is None else float(slope),
        0.0 if intercept is None else float(intercept),
    )


def _value(data: pydicom.Dataset, frame: int, group: str, keyword: str) -> Any:  # noqa: ANN401 (DICOM values)
    """Look a value up for one frame: its own functional group, the shared one, the file itself."""
    for sequence, index in (("PerFrameFunctionalGroupsSequence", frame), ("SharedFunctionalGroupsSequence", 0)):
        items = data.get(sequence) or []
        inner = items[index].get(group) if index < len(items) else None
        if inner and inner[0].get(keyword) is not None:
            return inner[0].get(keyword)
    return data.get(keyword)


def _pile(planes: Sequence[Plane]) -> list[Plane]:
    upright = np.array([[1.0, 0.0, 0.0], [0.0, 1.0, 0.0]])
    return [
        Plane(np.array([0.0, 0.0, frame * plane.spacing[2]]), upright, plane.spacing, plane.slope, plane.intercept)
        for frame, plane in enumerate(planes)
    ]
