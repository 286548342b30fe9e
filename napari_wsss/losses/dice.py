"""Cross-entropy and Dice together, eq. 2 of Ramananda & Sundaresan."""

from __future__ import annotations

import torch
from torch import Tensor

from napari_wsss.losses.probability import class_probabilities
from napari_wsss.losses.segmentation import IGNORE, segmentation_loss

SMOOTHING = 1e-5
"""The ε of eq. 2, which the publication leaves open."""


def dice_loss(logits: Tensor, target: Tensor) -> Tensor:
    """Give 1 − (2·Σ(y ⊙ ŷ) + ε)/(Σy + Σŷ + ε), the first part of eq. 2.

    The sums run over the whole batch; of several classes the mean is taken, without the background.

    Args:
        logits: (B, 1, …) for one class or (B, C + 1, …), background first.
        target: label map (B, …) of integers: 0 background, c + 1 class c, 255 left out of all sums.

    Returns:
        A scalar in 0 … 1.
    """
    from monai.losses.dice import DiceLoss

    predicted = class_probabilities(logits)
    classes = torch.arange(1, predicted.shape[1] + 1, device=target.device).reshape(1, -1, *[1] * (target.ndim - 1))
    known = (target != IGNORE)[:, None]
    measure = DiceLoss(batch=True, smooth_nr=SMOOTHING, smooth_dr=SMOOTHING)
    loss: Tensor = measure(predicted * known, (target[:, None] == classes).to(predicted.dtype))
    return loss


def dice_and_cross_entropy(logits: Tensor, target: Tensor) -> Tensor:
    """Give eq. 2: Dice loss + binary cross-entropy, its mean over the places that are not ignored; 0 … ∞.

    Arguments as :func:`dice_loss`. More than one class: the cross-entropy of background and all classes.
    """
    return dice_loss(logits, target) + segmentation_loss(logits, target)
