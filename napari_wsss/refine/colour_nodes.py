"""Brightness of every voxel as corners of a simplex among the colours that are met. Imports numba.

Three and more axes of colour are too many for a grid of their own. Instead the colours become points of a permutohedral
lattice, and only those that the image meets are kept. Between them the Gaussian is not approximated: a matrix.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from napari_wsss.refine.colour_axes import Spread
from napari_wsss.refine.simplex import interpolation_variance, locate, merge, squared_distances
from napari_wsss.refine.threads import each, threads
from napari_wsss.types import Array, FloatArray

_SMALL = 1 << 14  # points below which a second thread costs more than it saves
_SAMPLE = 4000  # voxels looked at to guess how many colours there are


@dataclass(frozen=True, eq=False)
class ColourNodes:
    """The colours met.

    Attributes:
        corners: (*S, k + 1) int32, the nodes around each voxel's colour.
        shares: (*S, k + 1) float32, their weights; they sum to 1.
        between: (M, M) float32, the Gaussian from node to node.
    """

    corners: Array
    shares: FloatArray
    between: FloatArray


def colour_nodes(spread: Spread, density: float) -> ColourNodes:
    """Lay nodes at ``density`` a standard deviation, where the colours are."""
    axes, *shape = spread.values.shape
    units = lattice_units(axes, density)
    keys, _, _, corners, shares = locate_all(spread.values.reshape(axes, -1), np.full(axes, units, np.float32))
    variance = units**2 - 2 * interpolation_variance(axes)
    between = squared_distances(keys)
    between *= np.float32(-0.5 / variance)
    np.exp(between, out=between)
    return ColourNodes(corners.reshape(*shape, axes + 1), shares.reshape(*shape, axes + 1), between)


def count_colours(spread: Spread, density: float) -> float:
    """Guess how many nodes there would be, from a sample and from how many its second half added."""
    axes = len(spread.values)
    flat = spread.values.reshape(axes, -1)
    step = max(1, flat.shape[1] // _SAMPLE)
    scale = np.full(axes, lattice_units(axes, density), np.float32)
    if step == 1:
        return float(len(locate_all(flat, scale)[0]))
    sample = np.concatenate([flat[:, :: 2 * step], flat[:, step :: 2 * step]], axis=1)
    keys, _, _, corners, _ = locate_all(sample, scale)
    half = corners[: sample.shape[1] // 2].max() + 1  # corners are numbered as they are met
    return float(len(keys) * (len(keys) / half) ** np.log2(flat.shape[1] / sample.shape[1]))


def lattice_units(axes: int, density: float) -> float:
    """Give the lattice units in one standard deviation of colour."""
    return float(density * (axes + 1) * np.sqrt(2 / 3))


def locate_all(features: FloatArray, scale: FloatArray) -> tuple[Array, Array, Array, Array, FloatArray]:
    """Give keys and table as :func:`locate`, and every point's corners and weights; found on several threads."""
    d, points = features.shape
    corners, weights = np.empty((points, d + 1), np.int32), np.empty((points, d + 1), np.float32)
    count = threads() if points > _SMALL else 1
    pieces = [slice(first, last) for first, last in pairwise(points * part // count for part in range(count + 1))]
    (first, *others) = each(locate, [
        (np.array(features[:, piece], np.float32, order="C"), scale, corners[piece], weights[piece])
        for piece in pieces
    ])  # fmt: skip
    keys, codes, numbers = first
    for piece, (more, *_) in zip(pieces[1:], others, strict=True):
        renumbered = np.empty(len(more), np.int32)
        keys, codes, numbers = merge(keys, codes, numbers, more, renumbered)
        corners[piece] = renumbered[corners[piece]]
    return keys, codes, numbers, corners, weights
