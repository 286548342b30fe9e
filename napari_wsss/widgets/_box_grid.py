"""Boxes ↔ rectangles: voxels on disk on one side, what is drawn on the slice as shown on the other."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from napari_wsss.data.view import View
from napari_wsss.types import Array, FloatArray

Box = tuple[int, int, int, int, int, int]
"""(z0, y0, x0, z1, y1, x1), voxels in on-disk order, half-open."""
SMALLEST = 2
"""Voxels along each side of a slice below which a rectangle is taken for a mere click."""


def rectangle_of(box: Box, view: View, shape: Sequence[int]) -> FloatArray:
    """Give the corners (4, 2) of a box as (row, column) on the slice as shown.

    A voxel's centre is a whole number, so a box of whole voxels ends at halves.

    Args:
        box: the box.
        view: how slices are turned for the screen.
        shape: (Z, Y, X) of the scan.
    """
    rows, columns = _turned((box[1], box[4]), (box[2], box[5]), view, shape)
    (top, bottom), (left, right) = rows, columns
    corners = [(top, left), (top, right), (bottom, right), (bottom, left)]
    return np.array(corners, dtype=np.float64) - 0.5


def box_of(rectangle: Array, slices: tuple[int, int], view: View, shape: Sequence[int]) -> Box | None:
    """Give the box of whole voxels that a shape drawn on a slice covers best; None if hardly any of it is on the scan.

    Args:
        rectangle: (N, 2) corners as (row, column) on the slice as shown; a turned shape counts with its outer bounds.
        slices: first slice and the one after the last.
        view: how slices are turned for the screen.
        shape: (Z, Y, X) of the scan.
    """
    shown = (shape[2], shape[1]) if view.transpose else (shape[1], shape[2])
    lower, upper = rectangle.min(axis=0), rectangle.max(axis=0)
    rows, columns = (_voxels(lower[axis], upper[axis], shown[axis]) for axis in (0, 1))
    if min(rows[1] - rows[0], columns[1] - columns[0]) < SMALLEST:
        return None
    (y0, y1), (x0, x1) = _turned_back(rows, columns, view, shown)
    return slices[0], y0, x0, slices[1], y1, x1


def _voxels(low: float, high: float, size: int) -> tuple[int, int]:
    """Give the voxels between two edges, half-open and on the scan; an edge counts at the nearest voxel border."""
    return max(round(low + 0.5), 0), min(round(high + 0.5), size)


def _turned(
    y: tuple[int, int], x: tuple[int, int], view: View, shape: Sequence[int]
) -> tuple[tuple[int, int], tuple[int, int]]:
    """Give the rows and columns, half-open, that on-disk ranges have on the slice as shown."""
    rows, columns = (x, y) if view.transpose else (y, x)
    height, width = (shape[2], shape[1]) if view.transpose else (shape[1], shape[2])
    return _mirrored(rows, height, view.flip_rows), _mirrored(columns, width, view.flip_columns)


def _turned_back(
    rows: tuple[int, int], columns: tuple[int, int], view: View, shown: Sequence[int]
) -> tuple[tuple[int, int], tuple[int, int]]:
    """Give the on-disk ranges along Y and X of rows and columns as shown."""
    rows = _mirrored(rows, shown[0], view.flip_rows)
    columns = _mirrored(columns, shown[1], view.flip_columns)
    return (columns, rows) if view.transpose else (rows, columns)


def _mirrored(ends: tuple[int, int], size: int, mirrored: bool) -> tuple[int, int]:
    return (size - ends[1], size - ends[0]) if mirrored else ends
