"""Parts of the volume to and from the grid, each part by one thread. Imports numba."""

from __future__ import annotations

import numpy as np

from napari_wsss.refine.compiled import compiled_fast
from napari_wsss.refine.grid_rows import Colours, Layout, add_colours, add_grey, read_colours, read_grey
from napari_wsss.types import Array, FloatArray

BUFFERED = 16
"""Grid rows up to this many times as long as a voxel row are gathered in a buffer first."""


@compiled_fast
def corners(a: int, b: int, layout: Layout, end: int, part: int, starts: Array, shares: FloatArray) -> int:  # noqa: PLR0917  # pragma: no cover (compiled)
    """Fill start and weight of the up to four grid rows around a voxel row; count them.

    Those of node ``end`` along A are another part's: what goes there is spilt beside the grid.
    """
    count = 0
    for step_a in range(2):
        node = layout.a_lower[a] + step_a
        share_a = layout.a_upper[a] if step_a else 1 - layout.a_upper[a]
        first = layout.margin + node * layout.b_nodes * layout.length
        if node == end:
            first = 2 * layout.margin + (layout.rows + part * layout.b_nodes) * layout.length
        for step_b in range(2):
            share = share_a * (layout.b_upper[b] if step_b else 1 - layout.b_upper[b])
            if share > 0:
                starts[count] = first + (layout.b_lower[b] + step_b) * layout.length
                shares[count] = share
                count += 1
    return count


@compiled_fast
def add_row(  # noqa: PLR0917 (compiled code takes no keywords cheaply)
    a: int, b: int, values: FloatArray, layout: Layout, colours: Colours, flat: FloatArray, end: int, part: int,
    buffer: FloatArray,
) -> None:  # fmt: skip  # pragma: no cover (compiled)
    """Add voxel row (a, b) to its grid rows."""
    starts, shares = np.empty(4, np.int64), np.empty(4, np.float32)
    rows = corners(a, b, layout, end, part, starts, shares)
    if len(colours.places) != 1 or layout.length > BUFFERED * len(values):
        add_colours(values, a, b, colours, layout, starts, shares, rows, flat)
        return
    buffer[:] = 0
    add_grey(values, colours.places[0, a, b], layout, buffer)
    for r in range(rows):
        row, share = flat[starts[r] : starts[r] + layout.length], shares[r]
        for j in range(layout.length):
            row[j] += share * buffer[j]


@compiled_fast
def read_row(  # noqa: PLR0917
    a: int, b: int, layout: Layout, colours: Colours, flat: FloatArray, buffer: FloatArray, values: FloatArray
) -> None:  # pragma: no cover (compiled)
    """Read voxel row (a, b) from its grid rows; the transpose of :func:`add_row`."""
    starts, shares = np.empty(4, np.int64), np.empty(4, np.float32)
    rows = corners(a, b, layout, -1, 0, starts, shares)
    if len(colours.places) != 1 or layout.length > BUFFERED * len(values):
        read_colours(flat, a, b, colours, layout, starts, shares, rows, values)
        return
    buffer[:] = 0
    for r in range(rows):
        row, share = flat[starts[r] : starts[r] + layout.length], shares[r]
        for j in range(layout.length):
            buffer[j] += share * row[j]
    read_grey(buffer, colours.places[0, a, b], layout, values)


@compiled_fast
def clear_part(
    first: int, last: int, part: int, layout: Layout, flat: FloatArray
) -> int:  # pragma: no cover (compiled)
    """Clear the nodes that voxels ``first`` … ``last`` along A write alone, and their spill; give the node after."""
    size = layout.b_nodes * layout.length
    begin = layout.a_lower[first] if first else 0
    end = layout.a_lower[last] if last < len(layout.a_lower) else layout.rows // layout.b_nodes
    flat[layout.margin + begin * size : layout.margin + end * size] = 0
    spill = 2 * layout.margin + layout.rows * layout.length + part * size
    flat[spill : spill + size] = 0
    return end


@compiled_fast
def add_part(  # noqa: PLR0917
    values: FloatArray, first: int, last: int, part: int, layout: Layout, colours: Colours, flat: FloatArray
) -> None:  # pragma: no cover (compiled)
    """Set part ``part`` of the grid to what voxels ``first`` … ``last`` along A of (A, B, X) give."""
    end = clear_part(first, last, part, layout, flat)
    buffer = np.empty(layout.length, np.float32)
    for a in range(first, last):
        for b in range(values.shape[1]):
            add_row(a, b, values[a, b], layout, colours, flat, end, part, buffer)


@compiled_fast
def read_part(  # noqa: PLR0917
    flat: FloatArray, first: int, last: int, layout: Layout, colours: Colours, values: FloatArray
) -> None:  # pragma: no cover (compiled)
    """Read voxels ``first`` … ``last`` along A of (A, B, X) from the grid."""
    buffer = np.empty(layout.length, np.float32)
    for a in range(first, last):
        for b in range(values.shape[1]):
            read_row(a, b, layout, colours, flat, buffer, values[a, b])
