"""Global pooling: one score from a class map."""

from __future__ import annotations

import math
from collections.abc import Callable

import torch
from torch import Tensor, nn

from napari_wsss.models.settings import Pooling

SHARPNESS = 5.0


class Average(nn.Module):
    """(B, C, …) → (B, C): the mean over all places, so that eq. 1 of Liu et al. gives the logit's own map."""

    def forward(self, maps: Tensor) -> Tensor:
        """Pool ``maps``."""
        return maps.flatten(2).mean(dim=2)


class Maximum(nn.Module):
    """(B, C, …) → (B, C): the highest place."""

    def forward(self, maps: Tensor) -> Tensor:
        """Pool ``maps``."""
        return maps.flatten(2).amax(dim=2)


class LogSumExp(nn.Module):
    """(B, C, …) → (B, C): log(mean(exp(s·x)))/s, eq. 7 of Kim and Hwang (tied-weight deconvolution).

    Args:
        sharpness: s. Towards 0 it becomes the mean, large values the maximum.
    """

    def __init__(self, sharpness: float = SHARPNESS) -> None:
        super().__init__()
        self.sharpness = sharpness

    def forward(self, maps: Tensor) -> Tensor:
        """Pool ``maps``; in float32, as half precision would lose the sum."""
        places = self.sharpness * maps.float().flatten(2)
        return (torch.logsumexp(places, dim=2) - math.log(places.shape[2])) / self.sharpness


_POOLING: dict[Pooling, Callable[[], nn.Module]] = {"average": Average, "max": Maximum, "lse": LogSumExp}


def build_pooling(name: Pooling) -> nn.Module:
    """Give the pooling called ``name``."""
    return _POOLING[name]()
