"""Gaussian filter in many dimensions on a permutohedral lattice, on any torch device. Only the worker loads torch.

The same filter as :mod:`napari_wsss.refine.permutohedral`; for narrow kernels with many channels, where no grid fits.
"""

from __future__ import annotations

from math import sqrt

import torch
from torch import Tensor

from napari_wsss.refine.simplex_torch import codes_of, enclose, pieces, step_code

KEPT_NEIGHBOURS = 256 << 20
"""Bytes of neighbour tables that are kept; larger ones are looked up again at every call."""


class TorchLattice:
    """Approximates Σ_j exp(-½ |f_i - f_j|²) v_j up to a constant factor, the point itself included."""

    def __init__(self, features: Tensor) -> None:
        """``features``: (d, N) float32, already divided by the kernel's standard deviations."""
        self._d = len(features)
        # Interpolating twice adds (d + 1)² / 6, blurring with (¼, ½, ¼) along d + 1 directions (d + 1)² / 2.
        points = features * ((self._d + 1) * sqrt(2 / 3))
        self._codes = _all_codes(points)
        self._ids = torch.empty((self._d + 1, points.shape[1]), dtype=torch.int32, device=points.device)
        self._weights = torch.empty((self._d + 1, points.shape[1]), device=points.device)
        for piece in pieces(points.shape[1]):
            corner, rank, self._weights[:, piece] = enclose(points[:, piece])
            self._ids[:, piece] = torch.searchsorted(self._codes, codes_of(corner, rank), out_int32=True)
        bytes_needed = 2 * (self._d + 1) * len(self._codes) * 4
        directions = range(self._d + 1) if bytes_needed <= KEPT_NEIGHBOURS else range(0)
        self._neighbours = [self._find_neighbours(direction) for direction in directions]

    @property
    def nbytes(self) -> int:
        """Bytes held on the device."""
        kept = [self._codes, self._ids, self._weights, *(table for pair in self._neighbours for table in pair)]
        return sum(table.nbytes for table in kept)

    def __call__(self, values: Tensor) -> Tensor:
        """Filter values of any shape with N entries, in the order of the features."""
        flat = values.reshape(-1)
        nodes = torch.zeros(len(self._codes) + 1, device=values.device)  # the last stands for points not met
        for ids, weights in zip(self._ids, self._weights, strict=True):
            nodes.index_add_(0, ids, weights * flat)
        for direction in range(self._d + 1):
            before, after = self._neighbours[direction] if self._neighbours else self._find_neighbours(direction)
            sides = nodes.index_select(0, before) + nodes.index_select(0, after)
            nodes[:-1] = 0.5 * nodes[:-1] + 0.25 * sides
        result = torch.zeros_like(flat)
        for ids, weights in zip(self._ids, self._weights, strict=True):
            result += weights * nodes.index_select(0, ids)
        return result.reshape(values.shape)

    def _find_neighbours(self, direction: int) -> tuple[Tensor, Tensor]:
        """Give the point before and after every point along a direction, (M) int32 each; M where there is none."""
        step = step_code([self._d if j == direction else -1 for j in range(self._d)])
        return self._find(self._codes - step), self._find(self._codes + step)

    def _find(self, wanted: Tensor) -> Tensor:
        count = len(self._codes)
        found: Tensor = torch.searchsorted(self._codes, wanted)
        there = self._codes[found.clamp(max=count - 1)] == wanted
        return found.masked_fill(~there, count).to(torch.int32)


def _all_codes(points: Tensor) -> Tensor:
    """Give the numbers of all lattice points met, sorted, each once."""
    found: Tensor = torch.empty(0, dtype=torch.int64, device=points.device)
    for piece in pieces(points.shape[1]):
        corner, rank, _ = enclose(points[:, piece])
        found = torch.unique(torch.cat([found, torch.unique(codes_of(corner, rank))]))
    return found
