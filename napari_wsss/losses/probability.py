"""From a segmenter's logits to probabilities, for one sigmoid output and for C + 1 softmax outputs alike."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor


def log_probabilities(logits: Tensor) -> Tensor:
    """Give log p of background and every class, float32.

    Args:
        logits: (B, 1, …), the log-odds of the one class; or (B, C + 1, …), background first.

    Returns:
        (B, 2, …) or (B, C + 1, …), background first, each ≤ 0.
    """
    logits = logits.float()
    if logits.shape[1] == 1:
        return torch.cat((F.logsigmoid(-logits), F.logsigmoid(logits)), dim=1)
    return F.log_softmax(logits, dim=1)


def class_probabilities(logits: Tensor) -> Tensor:
    """Give the probability of every lesion class in 0 … 1, float32, (B, C, …); logits as :func:`log_probabilities`."""
    return log_probabilities(logits)[:, 1:].exp()
