"""The two losses of the tied-weight deconvolution network, on pooled activations (Kim and Hwang, section 3.1)."""

from __future__ import annotations

from typing import Literal

import torch
import torch.nn.functional as F
from torch import Tensor


def tied_loss(pooled: Tensor, labels: Tensor, learns: Literal["binary", "multi-label"]) -> Tensor:
    """Give the mean loss over the examples that have a known label.

    binary: categorical cross-entropy of the softmax of the pooled vector. multi-label: the sum of the classes' binary
    cross-entropies; the background is always held to be present.

    Args:
        pooled: (B, C + 1), background first; for multi-label in [0, 1].
        labels: (B, C): 1, 0, or negative where unknown; unknown labels teach nothing.
        learns: which of the two.

    Returns:
        A scalar ≥ 0; 0 when no label is known.
    """
    known = labels >= 0
    examples = known.any(dim=1)
    if learns == "binary":
        each = F.cross_entropy(pooled.float(), labels[:, 0].clamp(min=0).long(), reduction="none") * examples
    else:
        targets = torch.cat([torch.ones_like(labels[:, :1]), labels.clamp(min=0)], dim=1).float()
        counted = torch.cat([examples[:, None], known], dim=1)
        # Pooling rounds: where a map is 1 everywhere, a little more may come out, which is no probability.
        chance = pooled.float().clamp(0, 1)
        each = (F.binary_cross_entropy(chance, targets, reduction="none") * counted).sum(dim=1)
    return each.sum() / examples.sum().clamp(min=1)
