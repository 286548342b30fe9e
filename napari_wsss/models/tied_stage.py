"""One deconvolution stage: unpooling by the switches of a pooling, then the convolutions before it, transposed."""

from __future__ import annotations

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor, nn


class TiedDeconvolution(nn.Module):
    """A convolution run backwards: its weight is the convolution's own tensor (eq. 2 and 3 of Kim and Hwang).

    Args:
        convolution: the layer it is tied to, of stride 1, that keeps sizes. It is looked at, not owned: it is no part
            of this module's parameters, which are the bias alone.
    """

    def __init__(self, convolution: nn.Conv2d) -> None:
        super().__init__()
        self._tied = (convolution,)  # in a tuple, torch does not register it a second time
        self.bias = nn.Parameter(torch.zeros(convolution.in_channels))

    @property
    def weight(self) -> Tensor:
        """The convolution's weight, (its outputs, its inputs, k, k)."""
        return self._tied[0].weight

    def forward(self, maps: Tensor) -> Tensor:
        """Give (B, the convolution's inputs, H, W), values ≥ 0, of ``maps`` (B, its outputs, H, W)."""
        around = [side // 2 for side in self.weight.shape[2:]]
        return F.relu(F.conv_transpose2d(maps, self.weight, self.bias, padding=around))


class TiedStage(nn.Module):
    """Undo one level of the trunk, the last convolution before its pooling first.

    Args:
        convolutions: those of the level, in the order in which they run.
    """

    def __init__(self, convolutions: Sequence[nn.Conv2d]) -> None:
        super().__init__()
        self.layers = nn.ModuleList(TiedDeconvolution(layer) for layer in reversed(convolutions))

    def forward(self, maps: Tensor, switches: Tensor) -> Tensor:
        """Give (B, K', 2h, 2w).

        Args:
            maps: (B, K, h, w), as many channels as the level gives.
            switches: (B, K, h, w), where in its 2×2 window each pooled value came from, as ``max_pool2d`` says. All
                other places of the window stay 0.
        """
        maps = F.max_unpool2d(maps, switches, kernel_size=(2, 2), stride=(2, 2))
        for layer in self.layers:
            maps = layer(maps)
        return maps
