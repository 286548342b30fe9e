"""Letterbox: a scan's slice fitted into the network's square without distortion, and back."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from napari_wsss.errors import InputError
from napari_wsss.types import Array, FloatArray


@dataclass(frozen=True)
class Letterbox:
    """Fits slices of ``shape_yx`` pixels, centred, into a square of ``size`` pixels.

    The longer side fills the square; the shorter one is scaled alike, to whole pixels. Where the scale is 1, pixels
    are copied unchanged; a slice of ``size`` × ``size`` is given back as it is.

    Attributes:
        shape_yx: pixels of a slice along Y and X.
        size: side of the square in pixels.
    """

    shape_yx: tuple[int, int]
    size: int

    def __post_init__(self) -> None:
        """Refuse an empty slice or square."""
        if min(*self.shape_yx, self.size) < 1:
            raise InputError(
                f"Slices of {self.shape_yx} pixels do not fit into a square of {self.size}: sides must be ≥ 1."
            )

    @property
    def content(self) -> tuple[int, int]:
        """Rows and columns of the square that the slice takes."""
        longest = max(self.shape_yx)
        height, width = (max(1, round(self.size * side / longest)) for side in self.shape_yx)
        return height, width

    @property
    def margins(self) -> tuple[int, int]:
        """Empty pixels above and left of the slice in the square; below and right the same or one more."""
        height, width = self.content
        return (self.size - height) // 2, (self.size - width) // 2

    @property
    def box(self) -> tuple[slice, slice]:
        """Rows and columns of the square that hold the slice."""
        (above, left), (height, width) = self.margins, self.content
        return slice(above, above + height), slice(left, left + width)

    def apply(self, array: Array, fill: float = 0.0) -> FloatArray:
        """Scale slices into the square: linear, anti-aliased (triangle filter) when shrinking.

        Args:
            array: (…, Y, X), any real type.
            fill: value of the margins.

        Returns:
            (…, size, size), float32.

        Raises:
            InputError: the last two axes are not ``shape_yx``.
        """
        self._check(array, self.shape_yx)
        square = np.full((*array.shape[:-2], self.size, self.size), fill, dtype=np.float32)
        square[(..., *self.box)] = _resample(array, *self._into)
        return square

    def apply_labels(self, labels: Array) -> Array:
        """Scale label maps (…, Y, X) into the square (…, size, size), nearest neighbour, margins 0, same type.

        Raises:
            InputError: the last two axes are not ``shape_yx``.
        """
        self._check(labels, self.shape_yx)
        rows, columns = (
            _nearest(np.arange(target), source / target, source)
            for source, target in zip(self.shape_yx, self.content, strict=True)
        )
        square = np.zeros((*labels.shape[:-2], self.size, self.size), dtype=labels.dtype)
        square[(..., *self.box)] = labels[..., rows[:, None], columns]
        return square

    def invert(self, maps: Array, grid: FloatArray | None = None) -> FloatArray:
        """Bring maps of the square back onto the slice's grid.

        Linear interpolation between the centres of the cells, separable: two small matrix products. Beyond the
        outermost centres the edge value holds.

        Args:
            maps: (…, h, w), any resolution.
            grid: (2, 2), where the map's cells lie along Y and X: centre of cell 0 and distance between cells, as
                fractions of the square's side. None: h × w cells share the square out evenly (half-pixel centres, as
                in the networks' own resizing).

        Returns:
            (…, Y, X), float32.

        Raises:
            InputError: the grid has another shape.
        """
        if grid is not None and np.shape(grid) != (2, 2):
            raise InputError(f"Grid of shape {np.shape(grid)}: (first, step) along Y and X expected.")
        lines = (None, None) if grid is None else grid
        rows, columns = (
            _weights(self._positions(axis, count, line).clip(0, count - 1), count)
            for axis, (count, line) in enumerate(zip(maps.shape[-2:], lines, strict=True))
        )
        return _resample(maps, rows, columns)

    def invert_labels(self, labels: Array) -> Array:
        """Bring label maps (…, h, w) covering the square back to (…, Y, X), nearest neighbour, same type."""
        rows, columns = (
            np.floor(self._positions(axis, count) + 0.5).astype(np.intp).clip(0, count - 1)
            for axis, count in enumerate(labels.shape[-2:])
        )
        result: Array = labels[..., rows[:, None], columns]
        return result

    @cached_property
    def _into(self) -> tuple[FloatArray, FloatArray]:
        """Interpolation matrices slice → content of the square, along Y and X."""
        rows, columns = (
            _weights((np.arange(target) + 0.5) * source / target - 0.5, source, source / target)
            for source, target in zip(self.shape_yx, self.content, strict=True)
        )
        return rows, columns

    def _positions(self, axis: int, count: int, line: FloatArray | None = None) -> FloatArray:
        """Where the slice's pixel centres lie in a map with ``count`` cells along ``axis`` of the square, in cells.

        ``line``: centre of cell 0 and distance between cells, as fractions of the side; None: shared out evenly.
        """
        centres = (np.arange(self.shape_yx[axis]) + 0.5) * self.content[axis] / self.shape_yx[axis]
        centres += self.margins[axis]
        if line is None:
            return centres * count / self.size - 0.5
        first, step = line
        positions: FloatArray = (centres / self.size - first) / step
        return positions

    def _check(self, array: Array, expected: tuple[int, int]) -> None:
        if array.shape[-2:] != expected:
            raise InputError(
                f"Array of shape {array.shape} for a letterbox of {expected[0]} × {expected[1]} slices (Y × X)."
            )


def _weights(positions: FloatArray, count: int, step: float = 1.0) -> FloatArray:
    """Give the matrix (targets, sources) of linear interpolation at ``positions``; rows sum to one.

    Args:
        positions: of the targets, in source pixels, -0.5 … count - 0.5.
        count: source pixels.
        step: distance of neighbouring targets in source pixels; above 1 the triangle widens to that (anti-aliasing).
    """
    reach = max(step, 1.0)
    weights = (1 - np.abs(np.arange(count) - positions[:, None]) / reach).clip(min=0)
    # Rows at the border have a part of their triangle outside; what is left is scaled up, as Pillow does.
    matrix: FloatArray = (weights / weights.sum(axis=1, keepdims=True)).astype(np.float32)
    return matrix


def _resample(array: Array, rows: FloatArray, columns: FloatArray) -> FloatArray:
    """Multiply (…, h, w) by ``rows`` (Y, h) from the left and ``columns`` (X, w) from the right: (…, Y, X)."""
    source = np.ascontiguousarray(array, dtype=np.float32)
    if _is_identity(rows) and _is_identity(columns):
        return source.copy() if source is array else source
    wide = (source.reshape(-1, source.shape[-1]) @ columns.T).reshape(*source.shape[:-1], len(columns))
    result: FloatArray = np.matmul(rows, wide)
    return result


def _is_identity(matrix: FloatArray) -> bool:
    return matrix.shape[0] == matrix.shape[1] and bool((matrix == np.eye(len(matrix), dtype=np.float32)).all())


def _nearest(targets: Array, step: float, count: int) -> Array:
    nearest: Array = np.floor((targets + 0.5) * step).astype(np.intp).clip(0, count - 1)
    return nearest
