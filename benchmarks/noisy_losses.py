"""Two ways of believing proposals less that were tried and are not part of the package; see ``noisy_labels.py``."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from napari_wsss.losses.probability import log_probabilities
from napari_wsss.losses.segmentation import IGNORE, segmentation_loss

Q = 0.7
"""As published."""


def robust_loss(model: nn.Module, batch: dict[str, Tensor]) -> Tensor:
    """Generalised cross-entropy (1 − p^q)/q on proposals, eq. 6 of Zhang and Sabuncu (2018); −log p where accepted."""
    logits, target = model(batch["image"]), batch["targets"]
    logs = log_probabilities(logits).gather(1, target[:, None])[:, 0]
    each = torch.where(batch["accepted"][:, None, None], -logs, -torch.expm1(Q * logs) / Q)
    return each.mean()


def loss_with_band(model: nn.Module, batch: dict[str, Tensor]) -> Tensor:
    """Cross-entropy without the pixels on either side of the outline of a proposal."""
    target = batch["targets"]
    lesion = (target > 0).float()[:, None]
    near = (F.max_pool2d(lesion, 3, 1, 1) > 0) & (F.max_pool2d(1 - lesion, 3, 1, 1) > 0)
    ignored = near[:, 0] & ~batch["accepted"][:, None, None]
    return segmentation_loss(model(batch["image"]), target.masked_fill(ignored, IGNORE))
