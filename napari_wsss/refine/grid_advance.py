"""One iteration of mean field over a part of the volume, in one pass over memory. Imports numba."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from napari_wsss.refine.compiled import compiled_fast
from napari_wsss.refine.correlate import correlate, correlate_line, weigh
from napari_wsss.refine.grid_parts import add_row, clear_part, read_row
from napari_wsss.refine.grid_rows import Colours, Layout
from napari_wsss.refine.softmax import differences
from napari_wsss.types import FloatArray


class Tables(NamedTuple):
    """Both kernels as compiled code reads them.

    Attributes:
        layout: of the grid.
        colours: of the voxels.
        norm, smooth_norm: (A, B, X), 1 / √ of the kernels' row sums; 0 outside the region.
        smooth_taps: the smoothness kernel along A, B and X.
        smooth, appear: weights of the kernels; one of weight 0 is not touched.
    """

    layout: Layout
    colours: Colours
    norm: FloatArray
    smooth_norm: FloatArray
    smooth_taps: tuple[FloatArray, FloatArray, FloatArray]
    smooth: float
    appear: float


class Buffers(NamedTuple):
    """What filters hand from one iteration to the next, all of C classes.

    Attributes:
        grids: (C, …), flat grids: after their blurs where they are read, before them where they are written.
        smoothed: (C, A, B, X), the smoothness kernel's input after its passes along B and X.
    """

    grids: FloatArray
    smoothed: FloatArray


@compiled_fast
def advance(  # noqa: PLR0917
    unary: FloatArray, first: int, last: int, part: int, read: bool, write: bool, tables: Tables, before: Buffers,
    after: Buffers, result: FloatArray,
) -> None:  # fmt: skip  # pragma: no cover (compiled)
    """Take voxels along A one iteration further, and start the filters of the next.

    Args:
        unary: (C, A, B, X) log-ratio of each class to background.
        first: voxel along A.
        last: the one after the last.
        part: number of this part of the volume.
        read: the filters' results count; without them the unary alone does.
        write: the filters of a next iteration are wanted.
        tables: the kernels.
        before: what the filters gave.
        after: out, what they are given next.
        result: (C, A, B, X) out, Q_c - Q_0.
    """
    classes, _, height, width = unary.shape
    logits, now = np.empty((classes, width), np.float32), np.empty((classes, width), np.float32)
    slab, buffer = np.empty((classes, height * width), np.float32), np.empty(tables.layout.length, np.float32)
    line, padded = np.empty(width, np.float32), np.zeros(width + 2 * (len(tables.smooth_taps[2]) - 1), np.float32)
    end = 0
    for c in range(classes if write and tables.appear > 0 else 0):
        end = clear_part(first, last, part, tables.layout, after.grids[c])
    for a in range(first, last):
        for b in range(height):
            for c in range(classes):
                logits[c] = unary[c, a, b]
            if read:
                receive(a, b, tables, before, buffer, line, logits)
            differences(logits, now)
            for c in range(classes):
                result[c, a, b] = now[c]
            if write:
                send(a, b, now, tables, end, part, after.grids, buffer, line, padded, slab)
        for c in range(classes if write and tables.smooth > 0 else 0):
            correlate(slab[c], height, width, tables.smooth_taps[1], after.smoothed[c, a].reshape(height * width))


@compiled_fast
def add_product(
    norm: FloatArray, values: FloatArray, weight: np.float32, target: FloatArray
) -> None:  # pragma: no cover (compiled)
    """Add the weighted product of two rows to a third."""
    for x in range(len(target)):
        target[x] += weight * norm[x] * values[x]


@compiled_fast
def receive(  # noqa: PLR0917
    a: int, b: int, tables: Tables, before: Buffers, buffer: FloatArray, line: FloatArray, logits: FloatArray
) -> None:  # pragma: no cover (compiled)
    """Add what both kernels say to the logits (C, X) of row (a, b)."""
    smooth, appear = np.float32(tables.smooth), np.float32(tables.appear)
    for c in range(len(logits)):
        if appear > 0:
            read_row(a, b, tables.layout, tables.colours, before.grids[c], buffer, line)
            add_product(tables.norm[a, b], line, appear, logits[c])
        if smooth > 0:
            gather(before.smoothed, c, a, b, tables.smooth_taps[0], line)
            add_product(tables.smooth_norm[a, b], line, smooth, logits[c])


@compiled_fast
def send(  # noqa: PLR0917
    a: int, b: int, now: FloatArray, tables: Tables, end: int, part: int, grids: FloatArray, buffer: FloatArray,
    line: FloatArray, padded: FloatArray, slab: FloatArray,
) -> None:  # fmt: skip  # pragma: no cover (compiled)
    """Give Q_c - Q_0 (C, X) of row (a, b) to the grids and, blurred along X, to ``slab`` (C, B · X)."""
    width, reach = now.shape[1], len(tables.smooth_taps[2]) - 1
    for c in range(len(now)):
        if tables.appear > 0:
            line[:] = 0
            add_product(tables.norm[a, b], now[c], np.float32(1), line)
            add_row(a, b, line, tables.layout, tables.colours, grids[c], end, part, buffer)
        if tables.smooth > 0:
            inside = padded[reach : reach + width]
            inside[:] = 0
            add_product(tables.smooth_norm[a, b], now[c], np.float32(1), inside)
            correlate_line(padded, reach, tables.smooth_taps[2], slab[c, b * width : (b + 1) * width])


@compiled_fast
def gather(  # noqa: PLR0917
    volume: FloatArray, c: int, a: int, b: int, taps: FloatArray, line: FloatArray
) -> None:  # pragma: no cover (compiled)
    """Give row (c, a, b) of (C, A, B, X) blurred along A."""
    _, depth, height, width = volume.shape
    low, high = max(a - len(taps) + 1, 0), min(a + len(taps), depth)
    first = ((c * depth + low) * height + b) * width
    weigh(volume.reshape(volume.size), first, height * width, high - low, a - low, taps, line)
