"""VolumeBox: a whole scan fitted into the box of voxels that a 3-D network takes, and back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, Self

import numpy as np

from napari_wsss.data.resample import line_weights, nearest_cells, resample, resample_planes
from napari_wsss.data.volume import Geometry
from napari_wsss.errors import InputError
from napari_wsss.types import Array, FloatArray, LabelMap

Shape = tuple[int, int, int]
Grid = Literal["fit", "fill", "scan"]


@dataclass(frozen=True)
class VolumeBox:
    """Fits scans of ``scan`` voxels, centred, into a box of ``shape`` voxels, where they take ``content`` voxels.

    Every way between the two goes by the places of voxel centres, so maps of the box fall where they belong, whatever
    the voxel size. Where the scale along an axis is 1, values are copied unchanged.

    Attributes:
        scan: voxels of the scan along Z, Y, X.
        shape: voxels of the box, depth, height, width.
        content: voxels of the box that the scan takes, at most ``shape``.
    """

    scan: Shape
    shape: Shape
    content: Shape

    def __post_init__(self) -> None:
        """Refuse an empty scan or box."""
        if min(*self.scan, *self.shape) < 1:
            raise InputError(
                f"A scan of {self.scan} voxels does not fit into a box of {self.shape}: sides must be ≥ 1."
            )

    @classmethod
    def of(cls, geometry: Geometry, grid: Grid, shape: Shape) -> Self:
        """Give the box of a scan.

        Args:
            geometry: shape and voxel size of the scan.
            grid: "fit" keeps the scan's proportions in mm, "fill" stretches each axis by itself, "scan" takes the
                scan's own voxels.
            shape: voxels of the box (not for "scan").
        """
        scan = geometry.shape
        if grid == "scan":
            return cls(scan, scan, scan)
        if grid == "fill":
            return cls(scan, shape, shape)
        extent = np.multiply(scan, geometry.spacing)
        depth, height, width = (extent * (shape / extent).min()).round().astype(int).clip(1, shape).tolist()
        return cls(scan, shape, (depth, height, width))

    @property
    def margins(self) -> Shape:
        """Empty voxels before the scan along each axis; after it the same or one more."""
        depth, height, width = ((side - taken) // 2 for side, taken in zip(self.shape, self.content, strict=True))
        return depth, height, width

    @property
    def inside(self) -> tuple[slice, slice, slice]:
        """Where in the box the scan lies."""
        depth, height, width = (
            slice(margin, margin + taken) for margin, taken in zip(self.margins, self.content, strict=True)
        )
        return depth, height, width

    def apply(self, array: Array, fill: float = 0.0) -> FloatArray:
        """Scale scans (…, Z, Y, X) into the box (…, D, H, W) float32: linear, anti-aliased when shrinking.

        Raises:
            InputError: the last three axes are not ``scan``.
        """
        self._check(array)
        planes, rows, columns = (
            line_weights((np.arange(target) + 0.5) * source / target - 0.5, source, source / target)
            for source, target in zip(self.scan, self.content, strict=True)
        )
        box = np.full((*array.shape[:-3], *self.shape), fill, dtype=np.float32)
        box[(..., *self.inside)] = resample(resample_planes(array, planes), rows, columns)
        return box

    def apply_labels(self, labels: Array) -> Array:
        """Scale label maps (…, Z, Y, X) into the box, nearest neighbour, margins 0, same type.

        Raises:
            InputError: the last three axes are not ``scan``.
        """
        self._check(labels)
        planes, rows, columns = (
            nearest_cells(np.arange(target), source / target, source)
            for source, target in zip(self.scan, self.content, strict=True)
        )
        box = np.zeros((*labels.shape[:-3], *self.shape), dtype=labels.dtype)
        box[(..., *self.inside)] = labels[..., planes[:, None, None], rows[:, None], columns]
        return box

    def invert(self, maps: Array, grid: FloatArray | None = None) -> FloatArray:
        """Bring maps of the box back onto the scan's grid: linear between the centres of their cells.

        Args:
            maps: (…, d, h, w), any resolution.
            grid: (3, 2), where the map's cells lie: centre of cell 0 and distance between cells, as fractions of the
                box's sides. None: the cells share the box out evenly.

        Returns:
            (…, Z, Y, X) float32.
        """
        lines = even_grid(maps.shape[-3:]) if grid is None else np.asarray(grid)
        rows, columns = (self._onto_scan(axis, maps.shape[axis - 3], lines[axis]) for axis in (1, 2))
        return resample(self._onto_slices(maps, lines), rows, columns)

    def invert_labels(self, labels: Array) -> LabelMap:
        """Bring label maps of the box (…, D, H, W) back to (…, Z, Y, X), nearest neighbour, same type."""
        planes, rows, columns = (
            np.floor(self._centres(axis) * self.shape[axis]).astype(np.intp).clip(0, self.shape[axis] - 1)
            for axis in range(3)
        )
        result: LabelMap = labels[..., planes[:, None, None], rows[:, None], columns]
        return result

    def slice_maps(self, maps: Array, grid: FloatArray | None = None) -> tuple[FloatArray, FloatArray, int]:
        """Give maps of the box as maps of the scan's slices, the resolution within a slice unchanged.

        Args:
            maps: (…, d, h, w), as for :meth:`invert`.
            grid: likewise.

        Returns:
            Maps (…, Z, h, w) float32, their grid (2, 2) and the side of the square it counts in, such that
            ``Letterbox((Y, X), side).invert(maps, grid)`` gives what :meth:`invert` does.
        """
        lines = even_grid(maps.shape[-3:]) if grid is None else np.asarray(grid)
        side = max(self.scan[1:])
        in_square = np.array([self._in_square(axis, lines[axis], side) for axis in (1, 2)])
        return self._onto_slices(maps, lines), in_square, side

    def slices_in(self, first: int, last: int) -> slice:
        """Give the scan's slices whose centres lie in planes ``first`` … ``last`` - 1 of the box."""
        begin, end = np.searchsorted(self._centres(0) * self.shape[0], (first, last))
        return slice(int(begin), int(end))

    def slice_cells(self, line: FloatArray, count: int) -> Array:
        """Give the cell, 0 … ``count`` - 1, in which the centre of each slice lies, (Z,).

        ``line``: centre of cell 0 and distance between cells along the depth, as fractions of the box's side.
        """
        first, step = line
        cells: Array = np.floor((self._centres(0) - first) / step + 0.5).astype(np.intp).clip(0, count - 1)
        return cells

    def _onto_slices(self, maps: Array, lines: FloatArray) -> FloatArray:
        return resample_planes(maps, self._onto_scan(0, maps.shape[-3], lines[0]))

    def _onto_scan(self, axis: int, count: int, line: FloatArray) -> FloatArray:
        """Give the matrix (scan voxels, cells) of linear interpolation along ``axis``."""
        first, step = line
        return line_weights(((self._centres(axis) - first) / step).clip(0, count - 1), count)

    def _centres(self, axis: int) -> FloatArray:
        """Give where the scan's voxel centres lie in the box along ``axis``, as fractions of its side."""
        source = self.scan[axis]
        within = (np.arange(source) + 0.5) * self.content[axis] / source
        centres: FloatArray = (self.margins[axis] + within) / self.shape[axis]
        return centres

    def _in_square(self, axis: int, line: FloatArray, side: int) -> tuple[float, float]:
        """Turn fractions of the box's side into fractions of a square of ``side`` pixels that holds the slices 1:1."""
        first, step = line
        source, per_voxel = self.scan[axis], self.scan[axis] / self.content[axis]
        pixel = (first * self.shape[axis] - self.margins[axis]) * per_voxel + (side - source) // 2
        return pixel / side, step * self.shape[axis] * per_voxel / side

    def _check(self, array: Array) -> None:
        if array.shape[-3:] != self.scan:
            raise InputError(f"Array of shape {array.shape} for scans of {self.scan} voxels (Z, Y, X).")


def even_grid(shape: tuple[int, ...]) -> FloatArray:
    """Give the grid, (axes, 2), of cells that share a side out evenly: centre of cell 0 and distance, as fractions."""
    return np.array([(0.5 / count, 1 / count) for count in shape])
