"""Fully convolutional network (Long et al. 2015) on VGG16, as in table IV of Liu et al."""

from __future__ import annotations

from itertools import pairwise
from typing import cast

from torch import Tensor, nn

from napari_wsss.models.blocks import pad_to_multiple
from napari_wsss.models.vgg import vgg_features


class Rise(nn.Sequential):
    """3×3 stride-2 transposed convolution, batch norm, ReLU. (B, in, H, W) → (B, out, 2H, 2W)."""

    def __init__(self, in_channels: int, out_channels: int) -> None:
        super().__init__(
            nn.ConvTranspose2d(in_channels, out_channels, kernel_size=3, stride=2, padding=1, output_padding=1),
            nn.BatchNorm2d(out_channels),
            nn.ReLU(),
        )


class FCN(nn.Module):
    """VGG16 features, five transposed convolutions, 1×1. 18,643,713 parameters with 3 inputs, 1 output, width 64.

    As in Long et al. the map that VGG has at the same size is added after each of the first four steps up (ours:
    the count does not tell, but the channels 512, 256, 128, 64 are the same).

    Args:
        in_channels: channels of the images.
        outputs: channels of the logits.
        width: channels of the first level, 64 as published.
    """

    def __init__(self, in_channels: int, outputs: int, width: int = 64) -> None:
        super().__init__()
        self.features = vgg_features("vgg16", in_channels, width)
        channels = (8 * width, 8 * width, 4 * width, 2 * width, width, width // 2)
        self.rises = nn.ModuleList(Rise(*pair) for pair in pairwise(channels))
        self.classify = nn.Conv2d(channels[-1], outputs, kernel_size=1)

    def forward(self, images: Tensor) -> Tensor:
        """Give logits (B, outputs, H, W) for images (B, in_channels, H, W) of any size."""
        maps, (rows, columns) = pad_to_multiple(images, 32)
        pooled = []
        for layer in self.features:
            maps = layer(maps)
            if isinstance(layer, nn.MaxPool2d):
                pooled.append(maps)
        *skips, maps = pooled
        for rise, skip in zip(list(self.rises)[:-1], reversed(skips), strict=True):
            maps = rise(maps) + skip
        return cast("Tensor", self.classify(self.rises[-1](maps)))[..., rows, columns]
