"""The Gaussian between the nodes of a bilateral grid, a few planes of nodes at a time. Imports numba."""

from __future__ import annotations

import numpy as np

from napari_wsss.refine.compiled import compiled_fast
from napari_wsss.refine.correlate import correlate, correlate_line, weigh
from napari_wsss.refine.grid_rows import Layout
from napari_wsss.types import Array, FloatArray

NEAR = 8192
"""Numbers blurred along all colour axes before the next ones: they stay in the processor's nearest cache."""


@compiled_fast
def blur_planes(  # noqa: PLR0917
    flat: FloatArray, spill_of: Array, first: int, last: int, layout: Layout, shape: Array,
    taps: tuple[FloatArray, ...], target: FloatArray,
) -> None:  # fmt: skip  # pragma: no cover (compiled)
    """Blur planes ``first`` … ``last`` of nodes along A on all axes but A.

    Args:
        flat: the grid; its gaps are zero.
        spill_of: (A nodes,) the part whose spill belongs to a plane, or -1.
        first: plane of nodes along A.
        last: the one after the last.
        layout: of the grid.
        shape: nodes along B, X and each of one or two colour axes, the last of them with its gap.
        taps: along B, X and the colour axes, the last first; a single tap where nothing is to be done.
        target: out, another grid; its gaps hold nothing of use.
    """
    b_nodes, x_nodes = shape[0], shape[1]
    size = layout.b_nodes * layout.length
    most = max(NEAR // layout.block, 1) * layout.block
    one, two = np.empty(most, np.float32), np.empty(most, np.float32)
    coloured, rowwise = np.empty(size, np.float32), np.empty(size, np.float32)
    for plane in range(first, last):
        begin = layout.margin + plane * size
        if spill_of[plane] >= 0:
            spill = 2 * layout.margin + layout.rows * layout.length + spill_of[plane] * size
            flat[begin : begin + size] += flat[spill : spill + size]
        for node in range(0, size, most):
            count = min(most, size - node)
            correlate_line(flat, begin + node, taps[2], one[:count])
            if len(shape) > 3:
                correlate(one[:count], shape[2], shape[3], taps[3], two[:count])
                one, two = two, one
            coloured[node : node + count] = one[:count]
        correlate(coloured, x_nodes, layout.block, taps[1], rowwise)
        correlate(rowwise, b_nodes, layout.length, taps[0], target[begin : begin + size])


@compiled_fast
def blur_across(  # noqa: PLR0917
    source: FloatArray, first: int, last: int, layout: Layout, taps: FloatArray, target: FloatArray
) -> None:  # pragma: no cover (compiled)
    """Blur a grid along A, planes ``first`` … ``last`` of the result."""
    size = layout.b_nodes * layout.length
    planes, reach, chunk = layout.rows // layout.b_nodes, len(taps) - 1, 2048
    for begin in range(layout.margin, layout.margin + size, chunk):
        end = min(begin + chunk, layout.margin + size)
        for plane in range(first, last):
            low, high = max(plane - reach, 0), min(plane + reach + 1, planes)
            row = target[plane * size + begin : plane * size + end]
            weigh(source, low * size + begin, size, high - low, plane - low, taps, row)
