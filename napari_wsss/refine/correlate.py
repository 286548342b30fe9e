"""Correlation with symmetric taps along an axis, on vector units. Imports numba."""

from __future__ import annotations

from napari_wsss.refine.compiled import compiled_fast
from napari_wsss.types import FloatArray

SHORT = 128
"""Rows of fewer numbers are not worked one by one."""


@compiled_fast
def weigh(  # noqa: PLR0917 (compiled code takes no keywords cheaply)
    source: FloatArray, first: int, step: int, count: int, centre: int, taps: FloatArray, target: FloatArray
) -> None:  # pragma: no cover (compiled)
    """Give the sum of ``count`` stretches of a flat array, as long as ``target``, ``step`` apart from ``first`` on.

    The weight of stretch k is ``taps[|k - centre|]``. Four at a time, so that the target is rarely loaded and stored.
    """
    width = len(target)
    target[:] = 0
    k = 0
    while k + 4 <= count:
        w0, w1, w2, w3 = (
            taps[abs(k - centre)],
            taps[abs(k + 1 - centre)],
            taps[abs(k + 2 - centre)],
            taps[abs(k + 3 - centre)],
        )
        at = first + k * step
        s0 = source[at : at + width]
        s1 = source[at + step : at + step + width]
        s2 = source[at + 2 * step : at + 2 * step + width]
        s3 = source[at + 3 * step : at + 3 * step + width]
        for j in range(width):
            target[j] += w0 * s0[j] + w1 * s1[j] + w2 * s2[j] + w3 * s3[j]
        k += 4
    while k < count:
        weight, at = taps[abs(k - centre)], first + k * step
        one = source[at : at + width]
        for j in range(width):
            target[j] += weight * one[j]
        k += 1


@compiled_fast
def correlate(
    source: FloatArray, length: int, inner: int, taps: FloatArray, target: FloatArray
) -> None:  # pragma: no cover (compiled)
    """Correlate (…, length, inner), both flat, along its middle axis; nothing beyond the ends, ``taps[0]`` is 1."""
    reach = min(len(taps), length) - 1
    for block in range(0, len(source), length * inner):
        if inner < SHORT:
            # Short rows do not fill vector units; all rows that have a neighbour k further on are one long stretch.
            whole = target[block : block + length * inner]
            whole[:] = source[block : block + length * inner]
            for k in range(1, reach + 1):
                weight, shift, count = taps[k], k * inner, (length - k) * inner
                low, high = target[block : block + count], target[block + shift : block + shift + count]
                before, after = source[block : block + count], source[block + shift : block + shift + count]
                for j in range(count):
                    low[j] += weight * after[j]
                for j in range(count):
                    high[j] += weight * before[j]
        else:
            for i in range(length):
                low_row, high_row = max(i - reach, 0), min(i + reach + 1, length)
                row = target[block + i * inner : block + (i + 1) * inner]
                weigh(source, block + low_row * inner, inner, high_row - low_row, i - low_row, taps, row)


@compiled_fast
def correlate_line(
    source: FloatArray, first: int, taps: FloatArray, target: FloatArray
) -> None:  # pragma: no cover (compiled)
    """Correlate a line that begins at ``first``; before and after it lie ``len(taps) - 1`` numbers more."""
    reach, chunk = len(taps) - 1, 1024
    for begin in range(0, len(target), chunk):
        end = min(begin + chunk, len(target))
        weigh(source, first + begin - reach, 1, 2 * reach + 1, reach, taps, target[begin:end])
