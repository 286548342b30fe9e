"""Affinity of voxels and its cross-entropy, eq. 3 of Wu et al. (2019), after Fathi et al. (2017)."""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from torch import Tensor

UNKNOWN = 0
"""Voxels with this label take part in no pair."""

_LEAST = 1e-6
"""Added to the squared distance of pairs that should differ: two voxels on one spot would cost infinitely much."""


def affinity(squared: Tensor) -> Tensor:
    """Give 2 / (1 + exp(d²)) in (0, 1] for squared distances d² ≥ 0: 1 for equal voxels, 0 for far ones.

    The formula printed before eq. 3, 1 / (1 + exp(−d²)), grows with the distance and is 1/2 at best for equal voxels;
    this is the one of Fathi et al., whose method the paper follows.
    """
    return 2 * torch.sigmoid(-squared)


def pair_loss(vectors: Tensor, labels: Tensor) -> Tensor:
    """Give the cross-entropy of eq. 3: voxels of the same label should be alike, voxels of different labels not.

    Every pair of different voxels counts once, voxels of different examples too: lesion in one scan should lie far
    from normal tissue in another. The mean over the pairs instead of 1/|V| of their sum is ours: it does not depend on
    how many voxels are drawn.

    Args:
        vectors: (B, n, K), the embedding of n voxels of each example.
        labels: (B, n) integers; 0 takes part in no pair.

    Returns:
        A scalar ≥ 0; 0 without any pair.
    """
    squared = squared_distances(vectors.flatten(0, 1).float())
    # log a = log 2 − log(1 + e^d²) and log(1 − a) = log(1 − e^−d²) − log(1 + e^−d²), both exact near 0 and far away.
    alike = F.softplus(squared) - math.log(2)
    apart = F.softplus(-squared) - torch.log(-torch.expm1(-squared - _LEAST))
    same, counts = _pairs(labels.flatten())
    return (torch.where(same, alike, apart) * counts).sum() / counts.sum().clamp(min=1)


def pair_accuracy(vectors: Tensor, labels: Tensor) -> Tensor:
    """Give the share of pairs on the right side of affinity 1/2, in [0, 1]; arguments as :func:`pair_loss`."""
    close = affinity(squared_distances(vectors.flatten(0, 1).float())) >= 0.5
    same, counts = _pairs(labels.flatten())
    return ((close == same) & counts).sum() / counts.sum().clamp(min=1)


def squared_distances(vectors: Tensor) -> Tensor:
    """Give (n, n) squared Euclidean distances, ≥ 0, of vectors (n, K)."""
    centred = vectors - vectors.mean(dim=0)  # distances stay, and lose fewer digits
    lengths = centred.square().sum(dim=1)
    return (lengths[:, None] + lengths - 2 * centred @ centred.T).clamp(min=0)


def _pairs(labels: Tensor) -> tuple[Tensor, Tensor]:
    """Give (n, n): whether two voxels have the same label, and whether the pair counts."""
    known = labels != UNKNOWN
    once = torch.ones(len(labels), len(labels), dtype=torch.bool, device=labels.device).triu(diagonal=1)
    return labels[:, None] == labels, known[:, None] & known & once
