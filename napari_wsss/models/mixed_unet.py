"""Mixed-UNet (Liu et al., section III-D): one encoder, two decoder branches that are mixed at the end."""

from __future__ import annotations

from typing import cast

import torch
from torch import Tensor, nn

from napari_wsss.models.blocks import DoubleConvolution, Encoder, Merge, pad_to_multiple, up


class Branch(nn.Module):
    """One decoder: from the shared up-convolution to a map of ``width`` channels at full size."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.merges = nn.ModuleList(Merge(width * times) for times in (8, 4, 2))
        self.ups = nn.ModuleList(up(width * times) for times in (4, 2))

    def forward(self, skips: list[Tensor], rising: Tensor) -> Tensor:
        """Decode; ``skips`` are the encoder's maps, coarsest first, the first of the size of ``rising``."""
        rising = self.merges[0](skips[0], rising)
        for rise, merge, skip in zip(self.ups, list(self.merges)[1:], skips[1:], strict=True):
            rising = merge(skip, rise(rising))
        return rising


class MixedUNet(nn.Module):
    """Four levels, two branches. 10,303,105 parameters with 3 input channels, 1 output and width 64 (table IV).

    The two branches differ only by the random weights they start from.

    Args:
        in_channels: channels of the images.
        outputs: channels of the logits.
        width: channels of the first level; the others have 2, 4 and 8 times as many.
    """

    def __init__(self, in_channels: int, outputs: int, width: int = 64) -> None:
        super().__init__()
        self.encoder = Encoder(in_channels, [width * times for times in (1, 2, 4, 8)])
        self.rise = up(8 * width)
        self.branches = nn.ModuleList(Branch(width) for _ in range(2))
        self.mix = DoubleConvolution(2 * width, width)
        self.classify = nn.Conv2d(width, outputs, kernel_size=1)

    def forward(self, images: Tensor) -> Tensor:
        """Give logits (B, outputs, H, W) for images (B, in_channels, H, W) of any size."""
        images, (rows, columns) = pad_to_multiple(images, 8)
        *skips, deepest = self.encoder(images)
        rising = self.rise(deepest)
        decoded = [branch(skips[::-1], rising) for branch in self.branches]
        logits = self.classify(self.mix(torch.cat(decoded, dim=1)))
        return cast("Tensor", logits)[..., rows, columns]
