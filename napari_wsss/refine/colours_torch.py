"""The colour axis of a bilateral grid on a torch device. Only the worker loads torch.

Colours are interpolated onto the permutohedral lattice (for grey a line of evenly spaced brightnesses); only lattice
points that some voxel meets become nodes.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import sqrt

import torch
from torch import Tensor

from napari_wsss.refine.simplex_torch import code_of, codes_of, coordinates_of, enclose, pieces

_SAMPLE = 500_000  # voxels looked at when colours are counted


class Colours:
    """Every voxel's colour nodes and their weights, and the Gaussian between the nodes.

    Attributes:
        blur: (nodes, nodes) float32.
    """

    def __init__(self, image: Tensor, theta: Sequence[float], density: float) -> None:
        """Lay out the nodes.

        Args:
            image: (channels, Z, Y, X) float32 on the device.
            theta: standard deviation per channel, in the image's units.
            density: nodes per standard deviation.
        """
        channels, *shape = image.shape
        points = _in_lattice_units(image.reshape(channels, -1), theta, density)
        codes, keys = _nodes(points)
        # Codes are in no order of colour. Nodes that are: what a voxel reads and writes lies close together.
        order = keys[:, 0].argsort(stable=True)
        number = torch.empty_like(order, dtype=torch.int32)
        number[order] = torch.arange(len(order), dtype=torch.int32, device=image.device)
        ids = torch.empty((channels + 1, points.shape[1]), dtype=torch.int32, device=image.device)
        weights = torch.empty((channels + 1, points.shape[1]), device=image.device)
        for piece in pieces(points.shape[1]):
            corner, rank, weights[:, piece] = enclose(points[:, piece])
            ids[:, piece] = number[torch.searchsorted(codes, codes_of(corner, rank))]
        self._ids, self._weights = ids.view(-1, *shape), weights.view(-1, *shape)
        # Interpolating to and from the nodes blurs by itself, by (d + 1)² / 12 each way.
        variance = _units(channels, density) ** 2 - (channels + 1) ** 2 / 6
        self.blur = torch.exp(_squared_distances(keys[order]) * (-0.5 / variance))

    @property
    def count(self) -> int:
        """Number of nodes."""
        return len(self.blur)

    @property
    def nbytes(self) -> int:
        """Bytes held on the device."""
        return self._ids.nbytes + self._weights.nbytes + self.blur.nbytes

    def of(self, z: slice, y: slice) -> tuple[Tensor, Tensor]:
        """Give nodes (int32) and weights of some voxel rows, (channels + 1, slices, rows, X) each."""
        return self._ids[:, z, y], self._weights[:, z, y]


def count_colours(image: Tensor, theta: Sequence[float], density: float) -> int:
    """Count the nodes that a sample of the image (channels, Z, Y, X) meets."""
    flat = image.reshape(len(image), -1)
    sample = flat[:, :: max(flat.shape[1] // _SAMPLE, 1)]
    return len(_nodes(_in_lattice_units(sample, theta, density))[0])


def _units(channels: int, density: float) -> float:
    """Give the lattice units in one standard deviation of colour."""
    return density * (channels + 1) * sqrt(2 / 3)


def _in_lattice_units(flat: Tensor, theta: Sequence[float], density: float) -> Tensor:
    widths = torch.tensor([_units(len(flat), density) / width for width in theta], device=flat.device)
    return flat * widths[:, None]


def _nodes(points: Tensor) -> tuple[Tensor, Tensor]:
    """Give numbers (M), sorted, and coordinates (M, d + 1) float32 of the lattice points met."""
    d = len(points)
    codes = torch.empty(0, dtype=torch.int64, device=points.device)
    keys = torch.empty((0, d), dtype=torch.int64, device=points.device)
    for piece in pieces(points.shape[1]):
        corner, rank, _ = enclose(points[:, piece])
        met = [torch.stack(coordinates_of(corner, rank, remainder), dim=1) for remainder in range(d + 1)]
        new = torch.cat([keys, *met])
        codes, place = torch.unique(code_of(new.unbind(1)), return_inverse=True)
        keys = torch.empty((len(codes), d), dtype=torch.int64, device=points.device)
        keys[place] = new  # several voxels write the same coordinates
    return codes, torch.cat([keys, -keys.sum(dim=1, keepdim=True)], dim=1).to(torch.float32)


def _squared_distances(keys: Tensor) -> Tensor:
    squares = (keys**2).sum(dim=1)
    return (squares[:, None] + squares - 2 * (keys @ keys.T)).clamp(min=0)
