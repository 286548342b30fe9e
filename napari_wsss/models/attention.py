"""Attention along each dimension of a feature map by itself (section 2.1 of Wu et al. 2019)."""

from __future__ import annotations

import torch
from torch import Tensor, nn


class DimensionAttention(nn.Module):
    """Says how much each position along each axis matters for each class.

    Args:
        channels: K, of the feature map.
        classes: C; each attends for itself.
        axes: spatial axes of the feature map, 2 or 3.

    Attributes:
        weights: (axes, C, K), w_att of eq. 2, one vector an axis. They start at zero, where every position counts
            alike.
    """

    def __init__(self, channels: int, classes: int, axes: int = 3) -> None:
        super().__init__()
        self.weights = nn.Parameter(torch.zeros(axes, classes, channels))

    def scores(self, features: Tensor) -> list[Tensor]:
        """Give s of eq. 2 for each axis, (B, K, …) → (B, C, positions); over the positions they sum to one."""
        return [
            torch.einsum("bkn,ck->bcn", _profile(features.float(), axis), weights.float()).softmax(dim=2)
            for axis, weights in enumerate(self.weights)
        ]

    def forward(self, features: Tensor) -> Tensor:
        """Give by how much the class map is re-weighted at each place, (B, K, …) → (B, C, …), on average 1.

        Re-weighting along each axis by itself and taking the mean of the results multiplies a place by the mean of its
        scores. That is counted here in units of flat attention, at which every place keeps its value.
        """
        scores = self.scores(features)
        flat = sum(1 / score.shape[2] for score in scores)
        return _outer_sum(scores) / flat


def _profile(features: Tensor, axis: int) -> Tensor:
    """Average over all spatial axes but one, (B, K, …) → (B, K, positions)."""
    others = [number for number in range(2, features.ndim) if number != axis + 2]
    return features.mean(dim=others)


def _outer_sum(scores: list[Tensor]) -> Tensor:
    """Add the scores of a place's positions, axes × (B, C, positions) → (B, C, …)."""
    total = torch.zeros((), device=scores[0].device)
    for axis, score in enumerate(scores):
        shape = [*score.shape[:2], *(1 for _ in scores)]
        shape[axis + 2] = score.shape[2]
        total = total + score.reshape(shape)
    return total
