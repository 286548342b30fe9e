"""Places in the permutohedral lattice, for many points at once on any torch device. Only the worker loads torch.

The same lattice as :mod:`napari_wsss.refine.simplex`. A lattice point is known by one 64-bit number that is linear in
its coordinates, so that the number of a neighbour is that of the point plus a constant. Two points share a number with
a probability of about 2⁻⁶⁴ a pair.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from math import sqrt
from random import Random

import torch
from torch import Tensor

POINTS_AT_ONCE = 1 << 19
"""Points worked at once: bounds the memory while a lattice is laid out (about 100 bytes a point and dimension)."""

MOST_DIMENSIONS = 64

_drawn = Random(0)  # noqa: S311 (a fixed hash function, not a secret)
_FACTORS = [_drawn.getrandbits(62) * 2 + 1 for _ in range(MOST_DIMENSIONS)]


def code_of(coordinates: Sequence[Tensor]) -> Tensor:
    """Give the numbers of lattice points from their first d coordinates, int64 of one shape; they may overflow."""
    code = torch.zeros_like(coordinates[0])
    for coordinate, factor in zip(coordinates, _FACTORS, strict=False):
        code += coordinate * factor
    return code


def step_code(step: Sequence[int]) -> int:
    """Give what a step of these first d coordinates adds to a point's number, as a signed 64-bit integer."""
    code = sum(length * factor for length, factor in zip(step, _FACTORS, strict=False))
    return (code + 2**63) % 2**64 - 2**63


def enclose(points: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Find the simplex around every point.

    Args:
        points: (d, n) float32 in lattice units.

    Returns:
        corner: (d + 1, n) int64, the simplex's corner of remainder 0; rank: (d + 1, n) int64, order of the coordinates'
        distances to it, largest first; weights: (d + 1, n) float32 of the corners of remainder 0 … d, summing to 1.
    """
    elevated = _elevate(points)
    size, count = elevated.shape
    multiples = torch.round(elevated / size).to(torch.int64)
    order = (elevated - multiples * size).argsort(dim=0, descending=True, stable=True)
    places = torch.arange(size, device=points.device)[:, None].expand(size, count)
    rank = torch.empty_like(order).scatter_(0, order, places) + multiples.sum(dim=0)
    turns = (rank < 0).to(torch.int64) - (rank >= size).to(torch.int64)  # brings the corner back into the plane
    rank, corner = rank + turns * size, (multiples + turns) * size
    part = (elevated - corner) / size
    weights = torch.zeros((size + 1, count), device=points.device)
    weights.scatter_add_(0, size - 1 - rank, part).scatter_add_(0, size - rank, -part)
    weights[0] += 1 + weights[size]
    return corner, rank, weights[:size]


def coordinates_of(corner: Tensor, rank: Tensor, remainder: int) -> list[Tensor]:
    """Give the first d coordinates of the simplex's corner of some remainder, d times (n) int64."""
    d = len(corner) - 1
    return [
        place + torch.where(order <= d - remainder, remainder, remainder - d - 1)
        for place, order in zip(corner[:d], rank[:d], strict=True)
    ]


def codes_of(corner: Tensor, rank: Tensor) -> Tensor:
    """Give the numbers of all corners of the simplices, (d + 1, n) int64."""
    return torch.stack([code_of(coordinates_of(corner, rank, remainder)) for remainder in range(len(corner))])


def pieces(count: int) -> Iterator[slice]:
    """Cut ``count`` points into pieces worked at once."""
    for first in range(0, count, POINTS_AT_ONCE):
        yield slice(first, min(first + POINTS_AT_ONCE, count))


def _elevate(points: Tensor) -> Tensor:
    """Map (d, n) into the plane Σ x = 0 of d + 1 dimensions, keeping all distances."""
    d, count = points.shape
    elevated = torch.empty((d + 1, count), device=points.device)
    tail = torch.zeros(count, device=points.device)
    for j in range(d, 0, -1):
        share = points[j - 1] / sqrt(j * (j + 1))
        elevated[j] = tail - j * share
        tail = tail + share
    elevated[0] = tail
    return elevated
