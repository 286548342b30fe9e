"""One axis of a bilateral grid: where its nodes lie, and the Gaussian between them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from napari_wsss.types import Array, FloatArray

TRUNCATE = 4.0
"""The Gaussian ends this many standard deviations out: what is cut off is below 4e-4 of its peak."""


@dataclass(frozen=True, eq=False)
class GridAxis:
    """Nodes along one axis; a place is interpolated linearly between ``lower`` and the node after it.

    Attributes:
        nodes: how many.
        lower: (n,) int32, the node at or before each voxel, at most ``nodes - 2`` (0 where there is one voxel alone).
        upper_weight: (n,) float32 in [0, 1], weight of the node after it.
        taps: (r + 1,) float32, exp(-½ (k / width)²) for a distance of k = 0 … r nodes.
    """

    nodes: int
    lower: Array
    upper_weight: FloatArray
    taps: FloatArray


def nodes_along(length: int, theta: float, density: float) -> int:
    """Give how many nodes an axis of ``length`` voxels gets at ``density`` nodes a standard deviation ``theta``.

    Never more than one node a voxel, and two where there is more than one voxel.
    """
    return max(min(int(np.ceil((length - 1) * density / theta)) + 1, length), min(length, 2))


def grid_axis(length: int, theta: float, density: float) -> GridAxis:
    """Lay nodes evenly from the first to the last voxel, so that flipping the axis changes nothing.

    Args:
        length: voxels along the axis.
        theta: standard deviation of the Gaussian in voxels.
        density: nodes per ``theta``, at least 0.8; never more than one node a voxel.
    """
    nodes = nodes_along(length, theta, density)
    step = (length - 1) / (nodes - 1) if nodes > 1 else 1.0
    # The division may end a hair beyond the last node.
    places = (np.arange(length) / step).clip(max=nodes - 1)
    lower = np.minimum(np.floor(places + 1e-6), max(nodes - 2, 0)).astype(np.int32)
    upper_weight = (places - lower).clip(0, 1).astype(np.float32)
    return GridAxis(nodes, lower, upper_weight, gaussian_taps(theta / step, nodes, between_nodes=step > 1))


def gaussian_taps(width: float, nodes: int, *, between_nodes: bool) -> FloatArray:
    """Give the Gaussian for distances of 0, 1, … nodes, up to its truncation or the axis' end.

    Args:
        width: standard deviation in nodes.
        nodes: nodes along the axis.
        between_nodes: values lie between nodes. Linear interpolation to and from the nodes then blurs by itself, by a
            variance of 1/6 node² each way, which the Gaussian makes up for.
    """
    variance = width**2 - (1 / 3 if between_nodes else 0)
    reach = min(int(np.ceil(TRUNCATE * width)), nodes - 1)
    taps: FloatArray = np.exp(-0.5 * np.arange(reach + 1) ** 2 / variance).astype(np.float32)
    return taps
