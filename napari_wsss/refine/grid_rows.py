"""Inner loops of the bilateral grid: one row of voxels to and from its nodes. Imports numba."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from napari_wsss.refine.compiled import compiled_fast
from napari_wsss.types import Array, FloatArray


class Layout(NamedTuple):
    """How voxels (A, B, X) find their nodes; what compiled code reads.

    A grid is flat, float32: a margin of zeros; then for each node along A and each along B a row of ``length`` numbers,
    which holds the nodes along X, each a block of all its colours; another margin; and the spills: for each part of the
    volume that a thread works on, the rows of the one node along A that it shares with the next part.

    Attributes:
        a_lower, a_upper: (A,) int32 and float32, lower node and weight of the next, along the first axis.
        b_lower, b_upper: the same along the second axis.
        x_start, x_upper: the same along the last axis; ``x_start`` is the node's place in a row of the grid.
        block: numbers held for a node along ``x``: all its colours and the gap after each line of them.
        b_nodes: nodes along the second axis.
        margin, rows, length: of the grid.
    """

    a_lower: Array
    a_upper: FloatArray
    b_lower: Array
    b_upper: FloatArray
    x_start: Array
    x_upper: FloatArray
    block: int
    b_nodes: int
    margin: int
    rows: int
    length: int


class Colours(NamedTuple):
    """Where the colours of voxels lie in a block of the grid: on a few axes, or at the corners of a simplex.

    Attributes:
        places: (axes, A, B, X) float32, see :class:`~napari_wsss.refine.colour_axes.ColourAxes`; no axes for corners.
        strides: (axes,) int64, distance of neighbours along each axis; the last is 1.
        corners: (A, B, X, k + 1) int32, see :class:`~napari_wsss.refine.colour_nodes.ColourNodes`; empty for axes.
        shares: (A, B, X, k + 1) float32, weights of the corners.
    """

    places: FloatArray
    strides: Array
    corners: Array
    shares: FloatArray


MOST_CORNERS = 16
"""Room for the nodes around a colour: two axes have 4, a simplex of k axes k + 1."""


@compiled_fast
def add_grey(values: FloatArray, place: FloatArray, layout: Layout, row: FloatArray) -> None:  # pragma: no cover
    """Add a voxel row (X) to a grid row, one colour axis."""
    block = layout.block
    for x in range(len(values)):
        colour = np.int32(place[x])
        above = place[x] - np.float32(colour)
        upper = values[x] * layout.x_upper[x]
        lower = values[x] - upper
        node = layout.x_start[x] + colour
        row[node] += lower - lower * above
        row[node + 1] += lower * above
        row[node + block] += upper - upper * above
        row[node + block + 1] += upper * above


@compiled_fast
def read_grey(row: FloatArray, place: FloatArray, layout: Layout, values: FloatArray) -> None:  # pragma: no cover
    """Read a voxel row (X) from a grid row; the transpose of :func:`add_grey`."""
    block = layout.block
    for x in range(len(values)):
        colour = np.int32(place[x])
        above = place[x] - np.float32(colour)
        node = layout.x_start[x] + colour
        lower = row[node] + above * (row[node + 1] - row[node])
        upper = row[node + block] + above * (row[node + block + 1] - row[node + block])
        values[x] = lower + layout.x_upper[x] * (upper - lower)


@compiled_fast
def find_corners(  # noqa: PLR0917 (compiled code takes no keywords cheaply)
    colours: Colours, a: int, b: int, x: int, offsets: Array, weights: FloatArray
) -> int:  # pragma: no cover (compiled)
    """Fill offset in a block and weight of the nodes around a voxel's colour; give their number."""
    if colours.corners.size > 0:
        count = int(colours.corners.shape[3])
        for k in range(count):
            offsets[k], weights[k] = colours.corners[a, b, x, k], colours.shares[a, b, x, k]
        return count
    offsets[0], weights[0] = 0, 1
    count = 1
    for axis in range(len(colours.strides)):
        place, stride = colours.places[axis, a, b, x], colours.strides[axis]
        colour = np.int32(place)
        above = place - np.float32(colour)
        for k in range(count):
            offsets[k] += colour * stride
            offsets[count + k] = offsets[k] + stride
            weights[count + k] = weights[k] * above
            weights[k] -= weights[count + k]
        count *= 2
    return count


@compiled_fast
def add_colours(  # noqa: PLR0917
    values: FloatArray, a: int, b: int, colours: Colours, layout: Layout, starts: Array, shares: FloatArray,
    rows: int, flat: FloatArray,
) -> None:  # fmt: skip  # pragma: no cover (compiled)
    """Add voxel row (a, b) to ``rows`` rows of a flat grid, each from its start and with its share."""
    offsets, weights = np.empty(MOST_CORNERS, np.int64), np.empty(MOST_CORNERS, np.float32)
    for x in range(len(values)):
        count = find_corners(colours, a, b, x, offsets, weights)
        for r in range(rows):
            upper = shares[r] * values[x] * layout.x_upper[x]
            lower = shares[r] * values[x] - upper
            start = starts[r] + layout.x_start[x]
            for k in range(count):
                flat[start + offsets[k]] += lower * weights[k]
            start += layout.block
            for k in range(count):
                flat[start + offsets[k]] += upper * weights[k]


@compiled_fast
def read_colours(  # noqa: PLR0917
    flat: FloatArray, a: int, b: int, colours: Colours, layout: Layout, starts: Array, shares: FloatArray,
    rows: int, values: FloatArray,
) -> None:  # fmt: skip  # pragma: no cover (compiled)
    """Read voxel row (a, b) from rows of a flat grid; the transpose of :func:`add_colours`."""
    offsets, weights = np.empty(MOST_CORNERS, np.int64), np.empty(MOST_CORNERS, np.float32)
    for x in range(len(values)):
        count = find_corners(colours, a, b, x, offsets, weights)
        total = np.float32(0)
        for r in range(rows):
            lower, upper, start = np.float32(0), np.float32(0), starts[r] + layout.x_start[x]
            for k in range(count):
                lower += weights[k] * flat[start + offsets[k]]
            start += layout.block
            for k in range(count):
                upper += weights[k] * flat[start + offsets[k]]
            total += shares[r] * (lower + layout.x_upper[x] * (upper - lower))
        values[x] = total
