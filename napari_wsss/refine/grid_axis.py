"""One spatial axis of a bilateral grid: where its nodes lie, and the Gaussian between them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from napari_wsss.types import Array, FloatArray


@dataclass(frozen=True, eq=False)
class GridAxis:
    """Nodes along one axis; a voxel is interpolated linearly between ``lower`` and the node after it.

    Attributes:
        lower: (n,) int32, the node at or before each voxel.
        upper_weight: (n,) float32 in [0, 1), weight of the node after it.
        blur: (nodes, nodes) float32, the Gaussian from node to node.
    """

    lower: Array
    upper_weight: FloatArray
    blur: FloatArray

    @property
    def nodes(self) -> int:
        """Number of nodes."""
        return len(self.blur)


def nodes_along(length: int, theta: float, density: float) -> int:
    """Give how many nodes an axis of ``length`` voxels gets at ``density`` nodes a standard deviation ``theta``."""
    return max(min(int(np.ceil((length - 1) * density / theta)) + 1, length), min(length, 2))


def grid_axis(length: int, theta: float, density: float) -> GridAxis:
    """Lay nodes evenly from the first to the last voxel, so that flipping the axis changes nothing.

    Args:
        length: voxels along the axis.
        theta: standard deviation of the Gaussian in voxels.
        density: nodes per ``theta``, at least 0.8; never more than one node a voxel.
    """
    count = nodes_along(length, theta, density)
    step = (length - 1) / (count - 1) if count > 1 else 1.0
    # The division may end a hair beyond the last node, whose upper neighbour does not exist.
    places = (np.arange(length) / step).clip(max=count - 1)
    lower = np.minimum(np.floor(places + 1e-6), count - 1).astype(np.int32)
    width = theta / step
    # Linear interpolation to and from the nodes blurs by itself (1/6 of a node² each way); on the voxels it does not.
    variance = width**2 - (1 / 3 if step > 1 else 0)
    difference = np.subtract.outer(np.arange(count), np.arange(count))
    blur = np.exp(-0.5 * difference**2 / variance).astype(np.float32)
    return GridAxis(lower, (places - lower).clip(0).astype(np.float32), blur)
