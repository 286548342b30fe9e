"""Gaussian filter in space and colour on a bilateral grid, on any torch device. Only the worker loads torch.

The same mathematics as :mod:`napari_wsss.refine.bilateral_grid`: space is a regular grid, colour the set of lattice
points that the image's colours meet, voxels are interpolated linearly onto both and back, and between nodes the
Gaussian is exact. Along x and colour voxels are scattered and gathered one by one; along y and z, where all voxels of a
row or slice go to the same nodes, they are matrix products, which a GPU does at full speed. Some slices are worked at a
time, so that memory stays bounded.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from math import ceil, prod
from typing import NamedTuple

import torch
from torch import Tensor

from napari_wsss.refine.colours_torch import Colours, count_colours
from napari_wsss.refine.gaussian_torch import between
from napari_wsss.refine.theta import Theta

DENSITIES = (3.0, 2.5, 2.0, 1.5, 1.2, 1.0)
"""Nodes per standard deviation, best first."""

MOST_NODES = 32_000_000
"""Nodes of a grid at most: 128 MB, and as much again while it is blurred."""

MOST_COLOURS = 4096
"""Colour nodes at most: the Gaussian between them then takes 64 MiB."""

_AT_ONCE = 40_000_000  # entries between voxels and grid (rows × nodes along x × colours) held at a time


@dataclass(frozen=True, eq=False)
class TorchAxis:
    """One spatial axis of the grid.

    Attributes:
        lower: (n,) int64, the node at or before each voxel.
        upper_weight: (n,) float32 in [0, 1), weight of the node after it.
        share: (nodes, n) float32, the same as a matrix: how much of a voxel goes to each node.
        blur: (nodes, nodes) float32, the Gaussian from node to node.
    """

    lower: Tensor
    upper_weight: Tensor
    share: Tensor
    blur: Tensor

    @property
    def nbytes(self) -> int:
        """Bytes held on the device."""
        return sum(table.nbytes for table in (self.lower, self.upper_weight, self.share, self.blur))


class Part(NamedTuple):
    """Voxel rows worked at a time, and the nodes along z that they touch."""

    z: slice
    y: slice
    nodes: slice


class TorchGrid:
    """Approximates Σ_j exp(-½ |x_i - x_j|² / θx² - ½ |c_i - c_j|² / θc²) v_j, the voxel itself included."""

    def __init__(self, image: Tensor, theta: Theta, density: float) -> None:
        """Build the grid.

        Args:
            image: (channels, Z, Y, X) float32 on the device.
            theta: widths; ``space`` and ``colour`` are used.
            density: nodes per standard deviation, see :func:`choose_density`.
        """
        sizes = zip(image.shape[1:], theta.space, strict=True)
        self._axes = [_axis(length, width, density, image.device) for length, width in sizes]
        self._colours = Colours(image, theta.colour, density)
        self._parts = list(self._cut())  # made once: it asks the device, which then has to finish first

    @property
    def shape(self) -> tuple[int, int, int, int]:
        """Nodes along Z, Y, X and colours."""
        z, y, x = (len(axis.blur) for axis in self._axes)
        return z, y, x, self._colours.count

    @property
    def nbytes(self) -> int:
        """Bytes held on the device."""
        return self._colours.nbytes + sum(axis.nbytes for axis in self._axes)

    def __call__(self, values: Tensor) -> Tensor:
        """Filter (Z, Y, X) float32."""
        z, y, x, colours = self.shape
        grid = torch.zeros((z, y, x * colours), device=values.device)
        for part in self._parts:
            rows = self._splat(values, part)
            lines = torch.bmm(self._axes[1].share[:, part.y].expand(len(rows), -1, -1), rows)
            share = self._axes[0].share[part.nodes, part.z]
            grid[part.nodes].view(len(share), -1).addmm_(share, lines.view(len(lines), -1))
        grid = self._blur(grid)
        result = torch.empty_like(values)
        for part in self._parts:
            share = self._axes[0].share[part.nodes, part.z]
            lines = (share.T @ grid[part.nodes].view(len(share), -1)).view(-1, y, x * colours)
            rows = torch.bmm(self._axes[1].share[:, part.y].T.expand(len(lines), -1, -1), lines)
            result[part.z, part.y] = self._slice(rows, part)
        return result

    def _cut(self) -> Iterator[Part]:
        """Cut the volume into whole slices, or one slice into rows where even a slice is too much."""
        _, _, x, colours = self.shape
        lower = self._axes[0].lower.tolist()
        depth, height = len(lower), len(self._axes[1].lower)
        rows = max(_AT_ONCE // (x * colours), 1)
        slices, rows = max(rows // height, 1), min(rows, height)
        for z in range(0, depth, slices):
            last = min(z + slices, depth)
            nodes = slice(lower[z], min(lower[last - 1] + 2, self.shape[0]))
            for y in range(0, height, rows):
                yield Part(slice(z, last), slice(y, min(y + rows, height)), nodes)

    def _corners(self, part: Part, values: Tensor | None = None) -> Iterator[tuple[Tensor, Tensor]]:
        """Give place (flat, int32) and weight of every voxel of a part in each of the nodes around it.

        With ``values`` of the part's voxels the weights are multiplied by them.
        """
        _, _, x, colours = self.shape
        axis = self._axes[2]
        ids, weights = self._colours.of(part.z, part.y)
        slices, height, _ = ids.shape[1:]
        rows = torch.arange(slices * height, device=ids.device, dtype=torch.int32).view(slices, height, 1)
        sides = [(0, 1 - axis.upper_weight), (1, axis.upper_weight)]
        for step, share in sides if x < len(axis.lower) else sides[:1]:
            # A weight of 0 may name the node after the last.
            along_x = (axis.lower + step).clamp(max=x - 1).to(torch.int32)
            first = (rows * x + along_x) * colours
            shared = share if values is None else share * values
            for node, weight in zip(ids, weights, strict=True):
                yield first + node, weight * shared

    def _splat(self, values: Tensor, part: Part) -> Tensor:
        """Add the voxels of a part to their nodes along x and colour: (slices, rows, nodes · colours)."""
        _, _, x, colours = self.shape
        chosen = values[part.z, part.y]
        rows = torch.zeros((*chosen.shape[:2], x * colours), device=values.device)
        for place, weight in self._corners(part, chosen):
            rows.view(-1).index_add_(0, place.view(-1), weight.view(-1))
        return rows

    def _slice(self, rows: Tensor, part: Part) -> Tensor:
        """Read the voxels of a part from their nodes; the transpose of :meth:`_splat`."""
        result = torch.zeros((*rows.shape[:2], len(self._axes[2].lower)), device=rows.device)
        for place, weight in self._corners(part):
            result.addcmul_(weight, rows.view(-1).index_select(0, place.view(-1)).view_as(weight))
        return result

    def _blur(self, grid: Tensor) -> Tensor:
        """Apply the Gaussian between nodes along every axis of (z, y, x · colours)."""
        z, y, x, colours = self.shape
        along_z, along_y, along_x = (axis.blur for axis in self._axes)
        grid = grid.view(-1, colours) @ self._colours.blur
        grid = torch.bmm(along_x.expand(z * y, -1, -1), grid.view(z * y, x, colours))
        grid = torch.bmm(along_y.expand(z, -1, -1), grid.view(z, y, x * colours))
        return (along_z @ grid.view(z, -1)).view(z, y, x * colours)


def choose_density(image: Tensor, theta: Theta) -> float | None:
    """Give the best density whose grid is small enough, None if none is (narrow kernels, many channels).

    Args:
        image: (channels, Z, Y, X) on the device.
        theta: widths of the appearance kernel.
    """
    for density in DENSITIES:
        places = prod(
            nodes_along(length, width, density) for length, width in zip(image.shape[1:], theta.space, strict=True)
        )
        colours = count_colours(image, theta.colour, density)
        if colours <= MOST_COLOURS and places * colours <= MOST_NODES:
            return density
    return None


def nodes_along(length: int, theta: float, density: float) -> int:
    """Give how many nodes an axis of ``length`` voxels gets at ``density`` nodes a standard deviation ``theta``."""
    return max(min(ceil((length - 1) * density / theta) + 1, length), min(length, 2))


def _axis(length: int, theta: float, density: float, device: torch.device) -> TorchAxis:
    """Lay nodes evenly from the first to the last voxel, so that flipping the axis changes nothing."""
    count = nodes_along(length, theta, density)
    step = (length - 1) / (count - 1) if count > 1 else 1.0
    # The division may end a hair beyond the last node, whose upper neighbour does not exist.
    places = (torch.arange(length, device=device) / step).clamp(max=count - 1)
    lower = (places + 1e-4).floor().clamp(max=count - 1)
    upper_weight = (places - lower).clamp(min=0)
    share = (1 - (places - torch.arange(count, device=device)[:, None]).abs()).clamp(min=0)
    # Linear interpolation to and from the nodes blurs by itself (1/6 of a node² each way); on the voxels it does not.
    variance = (theta / step) ** 2 - (1 / 3 if step > 1 else 0)
    return TorchAxis(lower.to(torch.int64), upper_weight, share, between(count, variance**0.5, device))
