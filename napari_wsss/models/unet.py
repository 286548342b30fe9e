"""U-Net (Ronneberger et al. 2015), padded, with batch norm and bias, as in table IV of Liu et al."""

from __future__ import annotations

from typing import cast

from torch import Tensor, nn

from napari_wsss.models.blocks import Encoder, Merge, pad_to_multiple, up


class UNet(nn.Module):
    """Five levels down, four up. 31,043,521 parameters with 3 input channels, 1 output and width 64.

    Args:
        in_channels: channels of the images.
        outputs: channels of the logits.
        width: channels of the first level; the others have 2, 4, 8 and 16 times as many.
    """

    def __init__(self, in_channels: int, outputs: int, width: int = 64) -> None:
        super().__init__()
        self.encoder = Encoder(in_channels, [width * times for times in (1, 2, 4, 8, 16)])
        channels = [width * times for times in (16, 8, 4, 2)]
        self.ups = nn.ModuleList(up(count) for count in channels)
        self.merges = nn.ModuleList(Merge(count) for count in channels)
        self.classify = nn.Conv2d(width, outputs, kernel_size=1)

    def forward(self, images: Tensor) -> Tensor:
        """Give logits (B, outputs, H, W) for images (B, in_channels, H, W) of any size."""
        images, (rows, columns) = pad_to_multiple(images, 16)
        *skips, rising = self.encoder(images)
        for rise, merge, skip in zip(self.ups, self.merges, reversed(skips), strict=True):
            rising = merge(skip, rise(rising))
        return cast("Tensor", self.classify(rising))[..., rows, columns]
