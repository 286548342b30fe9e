"""Brightness of every voxel as places on a few grid axes, however many channels there are."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from napari_wsss.refine.grid_axis import gaussian_taps
from napari_wsss.types import FloatArray

NARROW = 0.02
"""An axis whose places spread less than this many standard deviations of the kernel says nothing and is left out."""

_SMALLEST_STEP = 1e-6


@dataclass(frozen=True, eq=False)
class ColourAxes:
    """Places of the voxels on the colour axes of a grid.

    Attributes:
        places: (axes, *S) float32, in nodes: 0 … nodes - 1 (the latter just excluded).
        nodes: how many along each axis, at least 2.
        taps: per axis, the Gaussian between nodes.
    """

    places: FloatArray
    nodes: tuple[int, ...]
    taps: tuple[FloatArray, ...]

    @property
    def lines(self) -> tuple[int, ...]:
        """Numbers along each axis in a block of the grid: after each line of the last axis comes a gap of zeros.

        As wide as the Gaussian reaches, so that all lines can be blurred as one.
        """
        return (*self.nodes[:-1], self.nodes[-1] + len(self.taps[-1]) - 1)


@dataclass(frozen=True, eq=False)
class Spread:
    """Colours turned onto their principal axes, the axis of the widest range last.

    Attributes:
        values: (axes, *S) float32, in standard deviations of the kernel, from 0.
        lengths: range of each.
    """

    values: FloatArray
    lengths: tuple[float, ...]


def turn(image: FloatArray, colour: tuple[float, ...]) -> Spread:
    """Turn colours so that channels which say the same share an axis; distances are kept.

    Args:
        image: (channels, *S).
        colour: standard deviation of the kernel per channel.
    """
    widths = np.asarray(colour, np.float32).reshape(-1, *[1] * (image.ndim - 1))
    scaled = (image / widths).astype(np.float32, copy=False)
    if len(scaled) > 1:
        flat = scaled.reshape(len(scaled), -1)
        _, axes = np.linalg.eigh(np.cov(flat[:, :: max(1, flat.shape[1] // 100_000)], dtype=np.float64))
        scaled = (axes.T.astype(np.float32) @ flat).reshape(scaled.shape)
    lowest = scaled.min(axis=tuple(range(1, scaled.ndim)), keepdims=True)
    scaled = scaled - lowest
    lengths = [float(axis.max()) for axis in scaled]
    order = [axis for axis in np.argsort(lengths, kind="stable") if lengths[axis] > NARROW] or [len(lengths) - 1]
    kept = scaled if order == list(range(len(scaled))) else scaled[order]
    return Spread(np.ascontiguousarray(kept), tuple(lengths[axis] for axis in order))


def nodes_over(length: float, density: float) -> int:
    """Give how many nodes a range of ``length`` standard deviations gets at ``density`` nodes each."""
    return max(int(np.ceil(length * density)) + 1, 2)


def colour_axes(spread: Spread, density: float) -> ColourAxes:
    """Lay nodes evenly over the range of every axis, at ``density`` nodes a standard deviation or a little more."""
    nodes = tuple(nodes_over(length, density) for length in spread.lengths)
    steps = [max(length / (n - 1), _SMALLEST_STEP) for length, n in zip(spread.lengths, nodes, strict=True)]
    places = np.empty_like(spread.values)
    for place, values, step, count in zip(places, spread.values, steps, nodes, strict=True):
        np.multiply(values, np.float32(1 / step), out=place)
        np.minimum(place, np.nextafter(np.float32(count - 1), np.float32(0)), out=place)
    taps = tuple(gaussian_taps(1 / step, count, between_nodes=True) for step, count in zip(steps, nodes, strict=True))
    return ColourAxes(places, nodes, taps)
