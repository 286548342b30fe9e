"""The blocks U-Net and Mixed-UNet are made of."""

from __future__ import annotations

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor, nn


class DoubleConvolution(nn.Sequential):
    """Twice: 3×3 convolution with bias, batch norm, ReLU. (B, in, H, W) → (B, out, H, W)."""

    def __init__(self, in_channels: int, out_channels: int) -> None:
        layers: list[nn.Module] = []
        for channels in (in_channels, out_channels):
            convolution = nn.Conv2d(channels, out_channels, kernel_size=3, padding=1)
            layers += [convolution, nn.BatchNorm2d(out_channels), nn.ReLU()]
        super().__init__(*layers)


class Encoder(nn.Module):
    """Double convolutions with a 2×2 maximum pooling between them.

    Args:
        in_channels: channels of the input.
        widths: channels of the levels, finest first.
    """

    def __init__(self, in_channels: int, widths: Sequence[int]) -> None:
        super().__init__()
        inputs = (in_channels, *widths[:-1])
        self.levels = nn.ModuleList(DoubleConvolution(*pair) for pair in zip(inputs, widths, strict=True))

    def forward(self, images: Tensor) -> list[Tensor]:
        """Give the map of every level, finest first; each is half the size of the one before."""
        maps = [self.levels[0](images)]
        for level in list(self.levels)[1:]:
            maps.append(level(F.max_pool2d(maps[-1], kernel_size=2)))
        return maps


def up(channels: int) -> nn.ConvTranspose2d:
    """Give the 2×2 up-convolution, (B, channels, H, W) → (B, channels/2, 2H, 2W)."""
    return nn.ConvTranspose2d(channels, channels // 2, kernel_size=2, stride=2)


class Merge(nn.Module):
    """Encoder map beside the decoder map of the same size, then a double convolution to half the channels."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.convolve = DoubleConvolution(channels, channels // 2)

    def forward(self, skip: Tensor, rising: Tensor) -> Tensor:
        """Merge two maps of (B, channels/2, H, W)."""
        return torch.as_tensor(self.convolve(torch.cat((skip, rising), dim=1)))


def pad_to_multiple(images: Tensor, multiple: int) -> tuple[Tensor, tuple[slice, slice]]:
    """Repeat the edges until height and width are multiples of ``multiple``.

    Returns:
        The padded images (B, C, H', W') and the rows and columns where the originals lie.
    """
    height, width = images.shape[-2:]
    more_rows, more_columns = -height % multiple, -width % multiple
    top, left = more_rows // 2, more_columns // 2
    place = slice(top, top + height), slice(left, left + width)
    if not more_rows and not more_columns:
        return images, place
    return F.pad(images, (left, more_columns - left, top, more_rows - top), mode="replicate"), place
