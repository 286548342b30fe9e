"""Gaussian filter in space and colour on a bilateral grid (after Paris & Durand 2006). Imports numba.

Space is a regular grid; colour is the set of permutohedral lattice points that the image's colours meet (a line of grey
values for one channel). Voxels are interpolated linearly onto both and back. Between nodes the Gaussian is not
approximated: one matrix along each spatial axis and one between all colours. That is what makes it more accurate than
a lattice that blurs to its next neighbours, which are often missing.
"""

from __future__ import annotations

import numpy as np

from napari_wsss.refine.compiled import compiled, compiled_fast
from napari_wsss.refine.grid_axis import GridAxis, grid_axis, nodes_along
from napari_wsss.refine.simplex import interpolation_variance, locate, squared_distances
from napari_wsss.refine.theta import Theta
from napari_wsss.types import Array, FloatArray

DENSITIES = (3.0, 2.5, 2.0, 1.5, 1.2, 1.0)
"""Nodes per standard deviation, best first."""

_Tables = tuple[tuple[Array, FloatArray], tuple[Array, FloatArray], tuple[Array, FloatArray]]  # lower, upper_weight

_SAMPLE = 20_000  # voxels looked at before a grid is chosen, or every 16th of a larger volume
_COLOURS = 4096  # the matrix between colours then takes 64 MiB
_WORK = 4e7  # multiplications a call that are always granted
_WORK_PER_VOXEL = 600
_PATIENCE = 10, 2  # times these for the coarsest grid, which still is more exact than the lattice


class BilateralGrid:
    """Approximates Σ_j exp(-½ |x_i - x_j|² / θx² - ½ |c_i - c_j|² / θc²) v_j, the voxel itself included."""

    def __init__(self, image: FloatArray, theta: Theta, density: float) -> None:
        """Build the grid.

        Args:
            image: (channels, Z, Y, X) float32.
            theta: widths; ``space`` and ``colour`` are used.
            density: nodes per standard deviation, see :func:`choose_density`.
        """
        channels, *shape = image.shape
        self._axes = [grid_axis(length, width, density) for length, width in zip(shape, theta.space, strict=True)]
        flat = np.ascontiguousarray(image.reshape(channels, -1), np.float32)
        self._ids = np.empty((flat.shape[1], channels + 1), np.int32)
        self._weights = np.empty((flat.shape[1], channels + 1), np.float32)
        units = _lattice_units(channels, density)
        keys, _ = locate(flat, (units / np.asarray(theta.colour)).astype(np.float32), self._ids, self._weights)
        variance = units**2 - 2 * interpolation_variance(channels)
        self._between_colours = np.exp(squared_distances(keys) * np.float32(-0.5 / variance))

    @property
    def shape(self) -> tuple[int, int, int, int]:
        """Nodes along Z, Y, X and colours."""
        z, y, x = (axis.nodes for axis in self._axes)
        return z, y, x, len(self._between_colours)

    def __call__(self, values: FloatArray) -> FloatArray:
        """Filter (Z, Y, X) float32."""
        z, y, x = ((axis.lower, axis.upper_weight) for axis in self._axes)
        tables = (z, y, x)
        grid = np.zeros(self.shape, np.float32)
        source = np.ascontiguousarray(values, np.float32)
        _splat(source, tables, self._ids, self._weights, grid)
        blurred = _blur(grid, self._axes, self._between_colours)
        result = np.empty_like(source)
        _slice(blurred, tables, self._ids, self._weights, result)
        return result


def choose_density(image: FloatArray, theta: Theta) -> float | None:
    """Give the best density whose cost is bearable, None if no grid is (narrow kernels, many channels).

    Args:
        image: (channels, Z, Y, X).
        theta: widths of the appearance kernel.
    """
    channels, *shape = image.shape
    flat = image.reshape(channels, -1)
    voxels = flat.shape[1]
    sample = np.ascontiguousarray(flat[:, :: max(1, min(voxels // _SAMPLE, 16))], np.float32)
    for density in DENSITIES:
        colours = _colours(sample, theta, density)
        axes = [nodes_along(length, width, density) for length, width in zip(shape, theta.space, strict=True)]
        work = int(np.prod(axes)) * colours * (sum(axes) + colours)
        more = _PATIENCE if density == DENSITIES[-1] else (1, 1)
        if work <= max(more[0] * _WORK, more[1] * _WORK_PER_VOXEL * voxels) and colours <= _COLOURS:
            return density
    return None


def _lattice_units(channels: int, density: float) -> float:
    """Give the lattice units in one standard deviation of colour."""
    return float(density * (channels + 1) * np.sqrt(2 / 3))


def _colours(sample: FloatArray, theta: Theta, density: float) -> int:
    """Count the colour nodes that ``sample`` (channels, n) meets."""
    channels, count = sample.shape
    scale = (_lattice_units(channels, density) / np.asarray(theta.colour)).astype(np.float32)
    ids, weights = np.empty((count, channels + 1), np.int32), np.empty((count, channels + 1), np.float32)
    return len(locate(sample, scale, ids, weights)[0])


def _blur(grid: FloatArray, axes: list[GridAxis], between_colours: FloatArray) -> FloatArray:
    """Apply the Gaussian between nodes along every axis of (z, y, x, colours)."""
    z, y, x, colours = grid.shape
    grid = grid.reshape(-1, colours) @ between_colours
    grid = np.matmul(axes[2].blur, grid.reshape(z * y, x, colours))
    grid = np.matmul(axes[1].blur, grid.reshape(z, y, x * colours))
    result: FloatArray = axes[0].blur @ grid.reshape(z, y * x * colours)
    return result.reshape(z, y, x, colours)


@compiled
def _corners(z: int, y: int, axes: _Tables, rows: Array, shares: FloatArray) -> int:  # pragma: no cover (compiled)
    """Fill node along z, node along y and weight of the up to four grid rows around a voxel row; give their number."""
    (z_lower, z_upper), (y_lower, y_upper), _ = axes
    count = 0
    for step_z in range(2):
        share_z = z_upper[z] if step_z else 1 - z_upper[z]
        for step_y in range(2):
            share = share_z * (y_upper[y] if step_y else 1 - y_upper[y])
            if share > 0:
                rows[count, 0], rows[count, 1] = z_lower[z] + step_z, y_lower[y] + step_y
                shares[count] = share
                count += 1
    return count


@compiled_fast
def _splat(
    values: FloatArray, axes: _Tables, ids: Array, weights: FloatArray, grid: FloatArray
) -> None:  # pragma: no cover (compiled)
    """Add every voxel (Z, Y, X) to the grid's nodes around it."""
    depth, height, width = values.shape
    x_lower, x_upper = axes[2]
    rows, shares = np.empty((4, 2), np.int32), np.empty(4, np.float32)
    for z in range(depth):
        for y in range(height):
            first = (z * height + y) * width
            for r in range(_corners(z, y, axes, rows, shares)):
                row = grid[rows[r, 0], rows[r, 1]]
                for x in range(width):
                    upper = shares[r] * values[z, y, x] * x_upper[x]
                    lower = shares[r] * values[z, y, x] - upper
                    node = x_lower[x]
                    for k in range(ids.shape[1]):
                        row[node, ids[first + x, k]] += lower * weights[first + x, k]
                    if x_upper[x] > 0:
                        for k in range(ids.shape[1]):
                            row[node + 1, ids[first + x, k]] += upper * weights[first + x, k]


@compiled_fast
def _slice(
    grid: FloatArray, axes: _Tables, ids: Array, weights: FloatArray, result: FloatArray
) -> None:  # pragma: no cover (compiled)
    """Read every voxel (Z, Y, X) from the grid's nodes around it; the transpose of :func:`_splat`."""
    depth, height, width = result.shape
    x_lower, x_upper = axes[2]
    rows, shares = np.empty((4, 2), np.int32), np.empty(4, np.float32)
    for z in range(depth):
        for y in range(height):
            first = (z * height + y) * width
            result[z, y] = 0
            for r in range(_corners(z, y, axes, rows, shares)):
                row = grid[rows[r, 0], rows[r, 1]]
                for x in range(width):
                    node = x_lower[x]
                    lower, upper = np.float32(0), np.float32(0)
                    for k in range(ids.shape[1]):
                        lower += row[node, ids[first + x, k]] * weights[first + x, k]
                    if x_upper[x] > 0:
                        for k in range(ids.shape[1]):
                            upper += row[node + 1, ids[first + x, k]] * weights[first + x, k]
                    result[z, y, x] += shares[r] * (lower + x_upper[x] * (upper - lower))
