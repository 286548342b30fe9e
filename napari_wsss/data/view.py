"""View: which way up a slice is shown, as views of its array, never copies."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

from napari_wsss.data.volume import Geometry, Volume
from napari_wsss.types import Array, Spacing

_ROWS = {"S": "P", "I": "P", "A": "I", "P": "I", "R": "I", "L": "I"}
"""Through-plane direction → direction in which rows run down the screen (axial: anterior on top; else head on top)."""
_COLUMNS = {"S": "L", "I": "L", "A": "L", "P": "L", "R": "P", "L": "P"}
"""Through-plane direction → direction in which columns run to the right (patient's right on the screen's left)."""
_AXIS = {"R": "x", "L": "x", "A": "y", "P": "y", "S": "z", "I": "z"}


@dataclass(frozen=True)
class View:
    """How the in-plane axes of an array (…, Y, X) are turned for the screen. The slice axis stays as it is.

    Attributes:
        transpose: Y and X change places.
        flip_rows: then rows are mirrored.
        flip_columns: then columns are mirrored.
    """

    transpose: bool = False
    flip_rows: bool = False
    flip_columns: bool = False

    @classmethod
    def of(cls, geometry: Geometry, *, upright: bool = False) -> Self:
        """Give the view in radiological convention.

        Args:
            geometry: grid and position of the scan.
            upright: the scan is a picture that is already the right way up (PNG, JPEG, TIFF).
        """
        if upright:
            return cls()
        x, y, z = tuple(geometry.axcodes)
        rows, columns = _ROWS[z], _COLUMNS[z]
        transpose = _AXIS[y] != _AXIS[rows]
        if transpose:
            x, y = y, x
        return cls(transpose, y != rows, x != columns)

    def apply(self, array: Array) -> Array:
        """Give ``array`` (…, Y, X) as shown, without copying."""
        if self.transpose:
            array = array.swapaxes(-1, -2)
        rows = slice(None, None, -1) if self.flip_rows else slice(None)
        columns = slice(None, None, -1) if self.flip_columns else slice(None)
        return array[..., rows, columns]

    def invert(self, shown: Array) -> Array:
        """Give an array as shown back in on-disk order (…, Y, X), without copying."""
        rows = slice(None, None, -1) if self.flip_rows else slice(None)
        columns = slice(None, None, -1) if self.flip_columns else slice(None)
        array = shown[..., rows, columns]
        return array.swapaxes(-1, -2) if self.transpose else array

    def scale(self, spacing: Spacing) -> Spacing:
        """Give the voxel size along slices, rows and columns as shown, in mm."""
        z, y, x = spacing
        return (z, x, y) if self.transpose else (z, y, x)


def view_of(volume: Volume) -> View:
    """Give the view in which a volume is shown."""
    return View.of(volume.geometry, upright=volume.source.format == "raster")
