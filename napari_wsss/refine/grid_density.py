"""How fine a bilateral grid may be before its cost outgrows its use. Imports numba."""

from __future__ import annotations

from math import prod

import numpy as np

from napari_wsss.refine.colour_axes import Spread, nodes_over
from napari_wsss.refine.colour_nodes import count_colours
from napari_wsss.refine.grid_axis import TRUNCATE, nodes_along
from napari_wsss.refine.grid_rows import MOST_CORNERS
from napari_wsss.refine.theta import Theta

DENSITIES = ((3.0, 3), (2.5, 3), (2.0, 3), (1.5, 12), (1.25, 34), (1.0, 34))
"""Nodes per standard deviation, best first, and how much work a voxel each may cost (in about a nanosecond)."""

SMALL_IMAGE = 1 << 14, 40_000_000
"""Images of no more voxels may cost this much work whatever the density: it is a moment anyway."""

MOST_NODES = 1 << 26
"""512 MiB for a grid and its blurred copy."""

MOST_COLOURS = 4500
"""The matrix between colours then takes 81 MB."""

MOST_AXES = 2
"""Colour axes that are regular."""


def choose_density(shape: tuple[int, int, int], spread: Spread, theta: Theta) -> float | None:
    """Give the density whose cost is bearable, None if no grid is (narrow kernels, many channels).

    Args:
        shape: (Z, Y, X) of the image.
        spread: its colours.
        theta: widths of the appearance kernel.
    """
    if len(spread.lengths) >= MOST_CORNERS:
        return None
    voxels, best = prod(shape), None
    free = SMALL_IMAGE[1] if voxels <= SMALL_IMAGE[0] else 0
    for density, most in reversed(DENSITIES):
        nodes, work = cost(shape, spread, theta, density)
        if work > max(most * voxels, free) or nodes > MOST_NODES:
            break
        best = density
    return best


def cost(shape: tuple[int, int, int], spread: Spread, theta: Theta, density: float) -> tuple[float, float]:
    """Give how many nodes a grid of ``density`` has, gaps included, and about how many nanoseconds its blur takes.

    Infinity where there are too many colours.
    """
    space = prod(nodes_along(length, width, density) for length, width in zip(shape, theta.space, strict=True))
    if len(spread.lengths) > MOST_AXES:
        found = count_colours(spread, density)
        nodes = space * found if found <= MOST_COLOURS else np.inf
        return nodes, nodes * (found / 30 + 5)
    colours = [nodes_over(length, density) for length in spread.lengths]
    width = (colours[-1] - 1) / max(spread.lengths[-1], 1e-6)
    gap = min(int(np.ceil(TRUNCATE * width)), colours[-1] - 1)
    nodes = space * prod(colours[:-1]) * (colours[-1] + gap)
    return nodes, nodes * 5
