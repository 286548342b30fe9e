"""Binary cross-entropy on image-level labels, some of them unknown."""

from __future__ import annotations

from collections.abc import Mapping

import torch.nn.functional as F
from torch import Tensor, nn


def classification_loss(logits: Tensor, labels: Tensor, pos_weight: Tensor | None = None) -> Tensor:
    """Give the mean binary cross-entropy over the labels that are known.

    Args:
        logits: (B, C).
        labels: (B, C): 1, 0, or negative where unknown; unknown labels teach nothing.
        pos_weight: (C,), how much more a present class counts than an absent one; None counts both alike.

    Returns:
        A scalar ≥ 0; 0 when no label is known.
    """
    known = labels >= 0
    each = F.binary_cross_entropy_with_logits(
        logits.float(), labels.clamp(min=0).float(), pos_weight=pos_weight, reduction="none"
    )
    return (each * known).sum() / known.sum().clamp(min=1)


def label_loss(network: nn.Module, batch: Mapping[str, Tensor]) -> Tensor:
    """Give :func:`classification_loss` of what ``network`` makes of ``batch["image"]``, against ``batch["label"]``."""
    return classification_loss(network(batch["image"]), batch["label"])
