"""What a tied-weight network is asked: scores as any other classifier gives them, and maps with their place."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor, nn

from napari_wsss.models.crop import middle
from napari_wsss.models.filling import before
from napari_wsss.models.tied import TiedNetwork
from napari_wsss.models.tied_settings import Learns
from napari_wsss.types import FloatArray

if TYPE_CHECKING:
    from napari_wsss.models.dense import DenseNetwork

_EDGE = 1e-6  # a probability of 0 or 1 would have no finite logit


class AsClassifier(nn.Module):
    """Gives a logit for each lesion class.

    Args:
        network: what is asked.
        crop: rows and columns cut away around the middle before.
    """

    def __init__(self, network: TiedNetwork | DenseNetwork, crop: int = 0) -> None:
        super().__init__()
        self.network, self.crop = network, crop

    def forward(self, images: Tensor) -> Tensor:
        """Give (B, C) logits of ``images`` (B, in_channels, H, W); the sigmoid is the probability."""
        return class_logits(self.network(middle(images, self.crop)), self.network.learns)


def class_logits(pooled: Tensor, learns: Learns) -> Tensor:
    """Give the logit of the probability that the loss compares with each label, (B, C + 1) → (B, C).

    Args:
        pooled: pooled activations, background first; for multi-label in [0, 1].
        learns: binary: of two values through a softmax; multi-label: each value is the probability.
    """
    if learns == "binary":
        return pooled[:, 1:] - pooled[:, :1]
    return pooled[:, 1:].clamp(_EDGE, 1 - _EDGE).logit()


class MapsOf(nn.Module):
    """Gives the activation maps of ``network``, background first, in place of its scores."""

    def __init__(self, network: TiedNetwork) -> None:
        super().__init__()
        self.network = network

    def forward(self, images: Tensor) -> Tensor:
        """Give (B, C + 1, h, w)."""
        return self.network.maps(images)


def logits_of_maps(network: TiedNetwork, maps: FloatArray) -> FloatArray:
    """Give the logits (Z, C) that belong to activation maps (Z, C + 1, h, w)."""
    logits: FloatArray = class_logits(network.pool(torch.from_numpy(maps)), network.learns).numpy()
    return logits


def grid_of(side: int, stride: int) -> FloatArray:
    """Say where the cells of the maps lie in an image of ``side`` pixels that was filled up: (2, 2) float64.

    Centre of cell 0 and distance between cells, as fractions of the side, along Y and X.
    """
    line = ((stride / 2 - before(side)) / side, stride / side)
    return np.array([line, line], dtype=np.float64)
