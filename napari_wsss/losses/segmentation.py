"""Cross-entropy of a mask, eq. 9 of Liu et al. Eq. 10 is its sum with the seeding loss."""

from __future__ import annotations

import torch.nn.functional as F
from torch import Tensor

from napari_wsss.losses.probability import log_probabilities

IGNORE = 255
"""Places with this label are left out."""


def segmentation_loss(logits: Tensor, target: Tensor) -> Tensor:
    """Give the mean of −Σ t·log p over the places that are not ignored (eq. 9; the mean instead of the sum is ours).

    Args:
        logits: (B, 1, H, W) for one class or (B, C + 1, H, W), background first.
        target: a label map (B, H, W) of integers: 0 background, c + 1 class c, 255 ignored; or soft labels
            (B, C + 1, H, W), floating point, background first, summing to 1 at each place, all 0 where ignored.

    Returns:
        A scalar ≥ 0; 0 when every place is ignored.
    """
    logs = log_probabilities(logits)
    if target.is_floating_point():
        known = (target.sum(dim=1) > 0).sum()
        return -(target * logs).sum() / known.clamp(min=1)
    known = (target != IGNORE).sum()
    return F.nll_loss(logs, target.long(), ignore_index=IGNORE, reduction="sum") / known.clamp(min=1)
