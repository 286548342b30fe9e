"""Letterbox: a scan's slice, or the middle of it, fitted into the network's square without distortion, and back."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from napari_wsss.data.resample import line_weights, nearest_cells, resample
from napari_wsss.errors import InputError
from napari_wsss.types import Array, FloatArray


@dataclass(frozen=True)
class Letterbox:
    """Fits slices of ``shape_yx`` pixels, centred, into a square of ``size`` pixels.

    The longer side fills the square; the shorter one is scaled alike, to whole pixels. Where the scale is 1, pixels
    are copied unchanged; a slice of ``size`` × ``size`` is given back as it is.

    With ``crop``, what fills the square is a square of that many pixels in the middle of the slice. A slice that is
    smaller than it keeps empty pixels around.

    Attributes:
        shape_yx: pixels of a slice along Y and X.
        size: side of the square in pixels.
        crop: side, in pixels of the slice, of what is cut out of its middle; 0 for the whole slice.
    """

    shape_yx: tuple[int, int]
    size: int
    crop: int = 0

    def __post_init__(self) -> None:
        """Refuse an empty slice or square."""
        if min(*self.shape_yx, self.size) < 1:
            raise InputError(
                f"Slices of {self.shape_yx} pixels do not fit into a square of {self.size}: sides must be ≥ 1."
            )

    @property
    def window(self) -> tuple[slice, slice]:
        """Rows and columns of the slice that the square shows. Of an odd rest, the larger half lies after them."""
        rows, columns = (
            slice((side - taken) // 2, (side - taken) // 2 + taken)
            for side, taken in zip(self.shape_yx, self._taken, strict=True)
        )
        return rows, columns

    @property
    def shown(self) -> float:
        """Part of the slice's area that the square shows, in (0, 1]."""
        return float(np.prod(self._taken) / np.prod(self.shape_yx))

    @property
    def content(self) -> tuple[int, int]:
        """Rows and columns of the square that the slice takes."""
        filling = self.crop or max(self.shape_yx)
        height, width = (max(1, round(self.size * side / filling)) for side in self._taken)
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

        Pixels that were cut off take no part.

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
        square[(..., *self.box)] = resample(array[(..., *self.window)], *self._into)
        return square

    def apply_labels(self, labels: Array) -> Array:
        """Scale label maps (…, Y, X) into the square (…, size, size), nearest neighbour, margins 0, same type.

        Raises:
            InputError: the last two axes are not ``shape_yx``.
        """
        self._check(labels, self.shape_yx)
        rows, columns = (
            nearest_cells(np.arange(target), source / target, source)
            for source, target in zip(self._taken, self.content, strict=True)
        )
        square = np.zeros((*labels.shape[:-2], self.size, self.size), dtype=labels.dtype)
        square[(..., *self.box)] = labels[(..., *self.window)][..., rows[:, None], columns]
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
            (…, Y, X), float32; 0 where the slice was cut off.

        Raises:
            InputError: the grid has another shape.
        """
        return self.place(self.invert_window(maps, grid))

    def invert_window(self, maps: Array, grid: FloatArray | None = None) -> FloatArray:
        """Bring maps of the square back onto the part of the slice that it shows.

        Arguments and errors are those of :meth:`invert`.

        Returns:
            (…, rows, columns) of :attr:`window`, float32.
        """
        if grid is not None and np.shape(grid) != (2, 2):
            raise InputError(f"Grid of shape {np.shape(grid)}: (first, step) along Y and X expected.")
        lines = (None, None) if grid is None else grid
        rows, columns = (
            line_weights(self._positions(axis, count, line).clip(0, count - 1), count)
            for axis, (count, line) in enumerate(zip(maps.shape[-2:], lines, strict=True))
        )
        return resample(maps, rows, columns)

    def place(self, part: Array) -> Array:
        """Put the part that the square shows, (…, rows, columns) of :attr:`window`, into slices (…, Y, X) of zeros.

        Where nothing was cut off, the part is the whole and comes back as it is.
        """
        if self._taken == self.shape_yx:
            return part
        whole = np.zeros((*part.shape[:-2], *self.shape_yx), dtype=part.dtype)
        whole[(..., *self.window)] = part
        return whole

    def invert_labels(self, labels: Array) -> Array:
        """Bring label maps (…, h, w) covering the square back to (…, Y, X), nearest neighbour, same type, 0 beyond."""
        rows, columns = (
            np.floor(self._positions(axis, count) + 0.5).astype(np.intp).clip(0, count - 1)
            for axis, count in enumerate(labels.shape[-2:])
        )
        return self.place(labels[..., rows[:, None], columns])

    @cached_property
    def _into(self) -> tuple[FloatArray, FloatArray]:
        """Interpolation matrices window of the slice → content of the square, along Y and X."""
        rows, columns = (
            line_weights((np.arange(target) + 0.5) * source / target - 0.5, source, source / target)
            for source, target in zip(self._taken, self.content, strict=True)
        )
        return rows, columns

    def _positions(self, axis: int, count: int, line: FloatArray | None = None) -> FloatArray:
        """Where the window's pixel centres lie in a map with ``count`` cells along ``axis`` of the square, in cells.

        ``line``: centre of cell 0 and distance between cells, as fractions of the side; None: shared out evenly.
        """
        centres = (np.arange(self._taken[axis]) + 0.5) * self.content[axis] / self._taken[axis]
        centres += self.margins[axis]
        if line is None:
            return centres * count / self.size - 0.5
        first, step = line
        positions: FloatArray = (centres / self.size - first) / step
        return positions

    @property
    def _taken(self) -> tuple[int, int]:
        """How many rows and columns of the slice the square shows."""
        height, width = self.shape_yx
        return (min(height, self.crop), min(width, self.crop)) if self.crop else (height, width)

    def _check(self, array: Array, expected: tuple[int, int]) -> None:
        if array.shape[-2:] != expected:
            raise InputError(
                f"Array of shape {array.shape} for a letterbox of {expected[0]} × {expected[1]} slices (Y × X)."
            )
