"""View: which way up a slice is shown, as views of its array, never copies."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, Self

import numpy as np

from napari_wsss.data.volume import Geometry, Volume
from napari_wsss.types import Array, Spacing

Convention = Literal["radiological", "neurological"]
"""Whether the patient's right is on the left of the screen (radiological) or on its right (neurological)."""

OPPOSITE = {"R": "L", "L": "R", "A": "P", "P": "A", "S": "I", "I": "S"}
_ROWS = {"S": "P", "I": "P", "A": "I", "P": "I", "R": "I", "L": "I"}
"""Through-plane direction → direction in which rows run down the screen (axial: anterior on top; else head on top)."""
_COLUMNS = {"S": "L", "I": "L", "A": "L", "P": "L", "R": "P", "L": "P"}
"""Through-plane direction → direction in which columns run to the right (patient's right on the screen's left)."""
_AXIS = {"R": "x", "L": "x", "A": "y", "P": "y", "S": "z", "I": "z"}
_PLANE = {"S": "axial", "I": "axial", "A": "coronal", "P": "coronal", "R": "sagittal", "L": "sagittal"}


@dataclass(frozen=True)
class View:
    """How an array (…, Z, Y, X) is turned for the screen: cut across one axis, the other two right way up.

    The axis cut across is never mirrored: a slice has the same number on the screen as on disk.

    Attributes:
        transpose: rows and columns change places.
        flip_rows: then rows are mirrored.
        flip_columns: then columns are mirrored.
        through: the axis cut across: 0 for Z (slices as scanned), 1 for Y, 2 for X.
    """

    transpose: bool = False
    flip_rows: bool = False
    flip_columns: bool = False
    through: int = 0

    @classmethod
    def of(
        cls,
        geometry: Geometry,
        *,
        upright: bool = False,
        convention: Convention = "radiological",
        through: int = 0,
    ) -> Self:
        """Give the view in a convention.

        Args:
            geometry: grid and position of the scan.
            upright: the scan is a picture that is already the right way up (PNG, JPEG, TIFF).
            convention: on which side of the screen the patient's right is.
            through: the axis cut across: 0 for Z, 1 for Y, 2 for X.
        """
        if upright:
            return cls(through=through)
        codes = geometry.axcodes[::-1]
        y, x = (codes[axis] for axis in range(3) if axis != through)
        rows, columns = _ROWS[codes[through]], _COLUMNS[codes[through]]
        if convention == "neurological" and columns == "L":
            columns = "R"
        transpose = _AXIS[y] != _AXIS[rows]
        if transpose:
            x, y = y, x
        return cls(transpose, y != rows, x != columns, through)

    @property
    def axes(self) -> tuple[int, int, int]:
        """The array axes (0 for Z, 1 for Y, 2 for X) that run through the slices, down and across the screen."""
        rows, columns = (axis for axis in range(3) if axis != self.through)
        return (self.through, columns, rows) if self.transpose else (self.through, rows, columns)

    def apply(self, array: Array) -> Array:
        """Give ``array`` (…, Z, Y, X) as shown, without copying; (…, Y, X) will do where slices are as scanned."""
        if self.through:
            array = np.moveaxis(array, self.through - 3, -3)
        if self.transpose:
            array = array.swapaxes(-1, -2)
        return self._flipped(array)

    def invert(self, shown: Array) -> Array:
        """Give an array as shown back in on-disk order (…, Z, Y, X), without copying."""
        array = self._flipped(shown)
        array = array.swapaxes(-1, -2) if self.transpose else array
        return np.moveaxis(array, -3, self.through - 3) if self.through else array

    def _flipped(self, array: Array) -> Array:
        rows = slice(None, None, -1) if self.flip_rows else slice(None)
        columns = slice(None, None, -1) if self.flip_columns else slice(None)
        return array[..., rows, columns]

    def scale(self, spacing: Spacing) -> Spacing:
        """Give the voxel size through slices, down rows and along columns as shown, in mm."""
        through, rows, columns = self.axes
        return spacing[through], spacing[rows], spacing[columns]

    def place(self, voxel: Sequence[float], shape: Sequence[int]) -> tuple[float, float, float]:
        """Give where a voxel (z, y, x) of a scan of ``shape`` (Z, Y, X) is shown: (slice, row, column)."""
        through, rows, columns = self.axes
        row = shape[rows] - 1 - voxel[rows] if self.flip_rows else voxel[rows]
        column = shape[columns] - 1 - voxel[columns] if self.flip_columns else voxel[columns]
        return voxel[through], row, column

    def voxel(self, place: Sequence[float], shape: Sequence[int]) -> tuple[float, float, float]:
        """Give the voxel (z, y, x) shown at (slice, row, column); the opposite of :meth:`place`."""
        found = dict(zip(self.axes, place, strict=True))
        for axis, flipped in zip(self.axes[1:], (self.flip_rows, self.flip_columns), strict=True):
            found[axis] = shape[axis] - 1 - found[axis] if flipped else found[axis]
        return found[0], found[1], found[2]

    def directions(self, geometry: Geometry) -> tuple[str, str, str]:
        """Give the body direction, to the nearest, in which slices, rows and columns as shown count up: R L A P S I."""
        codes = geometry.axcodes[::-1]
        through, rows, columns = (codes[axis] for axis in self.axes)
        return (
            through,
            OPPOSITE[rows] if self.flip_rows else rows,
            OPPOSITE[columns] if self.flip_columns else columns,
        )


def is_upright(volume: Volume) -> bool:
    """Whether a scan is a picture, which is shown as it is and says nothing of left and right."""
    return volume.source.format == "raster"


def view_of(volume: Volume, convention: Convention = "radiological", through: int = 0) -> View:
    """Give the view in which a volume is shown, cut across axis ``through`` (0 for Z, 1 for Y, 2 for X)."""
    return View.of(volume.geometry, upright=is_upright(volume), convention=convention, through=through)


def plane_of(volume: Volume, through: int = 0) -> str:
    """Give the name of the plane seen when a scan is cut across an axis: "axial", "coronal", "sagittal".

    Of pictures nobody knows; they give "slices", "rows", "columns".
    """
    if is_upright(volume):
        return ("slices", "rows", "columns")[through]
    return _PLANE[volume.geometry.axcodes[::-1][through]]
