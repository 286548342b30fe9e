"""How torch's basic operations move the cells of feature maps.

Dumoulin and Visin 2016, "A guide to convolution arithmetic for deep learning": a window's result lies at the window's
middle. Whether a pooling completes its last window (``ceil_mode``) changes how many cells there are, not where.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Sequence
from typing import Any

from torch import Tensor

Line = tuple[float, float]
"""(first, step): centre of cell 0 and distance between cells along one axis, in pixels of the network's input, whose
pixel 0 is centred on 0."""
Lines = tuple[Line | None, ...]
"""Of every axis of a tensor; None where it is no spatial axis, or where it is not known."""
Rule = Callable[[Lines, Sequence[Any], Tensor], Lines]
"""Lines of an operation's first tensor, its arguments as torch declares them, its result → lines of the result."""


def rule_of(operation: str) -> Rule | None:
    """Give the rule of an operation of torch by its name ("convolution"); None for one that moves no cells."""
    return next((rule for pattern, rule in _RULES.items() if re.fullmatch(pattern, operation)), None)


def evenly(side: float, count: int) -> Line:
    """Give the line of ``count`` cells that share ``side`` pixels out evenly (half-pixel centres)."""
    return (side / count - 1) / 2, side / count


def mean_line(lines: Sequence[Line | None]) -> Line | None:
    """Give the mean of those lines that are known."""
    known = [line for line in lines if line is not None]
    if not known:
        return None
    first, step = (sum(values) / len(known) for values in zip(*known, strict=True))
    return first, step


def _convolution(lines: Lines, args: Sequence[Any], _target: Tensor) -> Lines:
    weight, _bias, stride, padding, dilation, transposed = args[1:7]
    changes = _windows(weight.shape[2:], stride, padding, dilation)
    # A transposed convolution is the way back: where a window's middle lies at offset + factor · i, solved for i.
    return _change(lines, [(-offset / factor, 1 / factor) for offset, factor in changes] if transposed else changes)


def _max_pool(lines: Lines, args: Sequence[Any], _target: Tensor) -> Lines:
    kernel, stride, padding, dilation = _filled(args[1:5], None, None, (0,), (1,))
    return _change(lines, _windows(kernel, stride or kernel, padding, dilation))


def _average_pool(lines: Lines, args: Sequence[Any], _target: Tensor) -> Lines:
    kernel, stride, padding = _filled(args[1:4], None, None, (0,))
    return _change(lines, _windows(kernel, stride or kernel, padding, (1,)))


def _resize(lines: Lines, args: Sequence[Any], target: Tensor) -> Lines:
    """Cells share the old extent out evenly; with aligned corners the outermost centres stay where they are."""
    aligned = len(args) > 2 and args[2] is True
    sizes = zip(args[0].shape, target.shape, strict=True)
    return _change(lines, [(0, (old - 1) / max(new - 1, 1)) if aligned else evenly(old, new) for old, new in sizes])


def _pad(lines: Lines, args: Sequence[Any], _target: Tensor) -> Lines:
    """Torch names the margins (before, after) of the last axis first."""
    return _change(lines, [(-before, 1) for before in args[1][::2]][::-1])


def _slice(lines: Lines, args: Sequence[Any], _target: Tensor) -> Lines:
    source, axis, start, _end, step = _filled(args, None, 0, None, None, 1)
    changes: list[tuple[float, float]] = [(0, 1)] * source.ndim
    changes[axis] = slice(start, None).indices(source.shape[axis])[0], step
    return _change(lines, changes)


def _permute(lines: Lines, args: Sequence[Any], _target: Tensor) -> Lines:
    return tuple(lines[axis] for axis in args[1])


def _transpose(lines: Lines, args: Sequence[Any], _target: Tensor) -> Lines:
    swapped = list(lines)
    swapped[args[1]], swapped[args[2]] = lines[args[2]], lines[args[1]]
    return tuple(swapped)


def _view(lines: Lines, args: Sequence[Any], target: Tensor) -> Lines:
    """An axis lives on where the result has one as long with as many values behind each of its places."""
    old = dict(zip(_axes(args[0]), lines, strict=True))
    return tuple(old.get(axis) for axis in _axes(target))


def _axes(tensor: Tensor) -> list[tuple[int, int]]:
    return [(length, math.prod(tensor.shape[axis + 1 :])) for axis, length in enumerate(tensor.shape)]


def _lose(_lines: Lines, _args: Sequence[Any], target: Tensor) -> Lines:
    return (None,) * target.ndim


_RULES: dict[str, Rule] = {
    r"convolution": _convolution,
    r"max_pool\dd(_with_indices)?": _max_pool,
    r"avg_pool\dd": _average_pool,
    r"_?upsample_.*|_?adaptive_(avg|max)_pool\dd": _resize,
    r"constant_pad_nd|(reflection|replication)_pad\dd": _pad,
    r"slice": _slice,
    r"permute": _permute,
    r"transpose": _transpose,
    r"_?(unsafe_)?view|_reshape_alias|(un)?squeeze": _view,
    r"roll|flip": _lose,
}


def _filled(args: Sequence[Any], *defaults: Any) -> list[Any]:  # noqa: ANN401
    """Complete the arguments with torch's defaults where they were not given."""
    return [*args, *defaults[len(args) :]]


def _windows(
    kernel: Sequence[int], stride: Sequence[int], padding: Sequence[int], dilation: Sequence[int]
) -> list[tuple[float, float]]:
    """Give per axis where the middle of the first window lies, and the windows' distance, in cells."""
    settings = [[*values] * (len(kernel) // len(values)) for values in (kernel, stride, padding, dilation)]
    return [(rate * (size - 1) / 2 - margin, step) for size, step, margin, rate in zip(*settings, strict=True)]


def _change(lines: Lines, changes: Sequence[tuple[float, float]]) -> Lines:
    """Move the lines of the last axes: cell 0 by ``offset`` old steps, the step times ``factor``."""
    ahead = len(lines) - len(changes)
    moved = [
        line and (line[0] + offset * line[1], factor * line[1])
        for line, (offset, factor) in zip(lines[ahead:], changes, strict=True)
    ]
    return (*lines[:ahead], *moved)
