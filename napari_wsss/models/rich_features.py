"""Maps of several resolutions as one: normalised, expanded, concatenated (eq. 4 and 5 of Kim and Hwang)."""

from __future__ import annotations

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor


def concatenated(maps: Sequence[Tensor]) -> Tensor:
    """Give eq. 4, (B, sum of K, h, w), at the resolution of the last of ``maps``, each (B, K, h', w')."""
    side = maps[-1].shape[-2:]
    return torch.cat([expanded(normalised(each), (side[0], side[1])) for each in maps], dim=1)


def normalised(maps: Tensor) -> Tensor:
    """Bring each example's maps (K, h, w), taken together, to mean 0 and variance 1; maps all alike become 0.

    Channel by channel it would take away how strongly each responds, which is what the classes are told apart by.
    """
    return F.layer_norm(maps.float(), maps.shape[1:])


def expanded(maps: Tensor, side: tuple[int, int]) -> Tensor:
    """Repeat every place of (B, K, h, w) until there are ``side`` of them (eq. 5); its sides are multiples of h, w."""
    return F.interpolate(maps, size=side, mode="nearest")
