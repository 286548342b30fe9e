"""The convolutions of VGG (Simonyan and Zisserman 2015, configurations D and E), at any width."""

from __future__ import annotations

from typing import Literal

from torch import nn

_CONVOLUTIONS = {"vgg16": (2, 2, 3, 3, 3), "vgg19": (2, 2, 4, 4, 4)}
_TIMES = (1, 2, 4, 8, 8)


def vgg_features(name: Literal["vgg16", "vgg19"], in_channels: int, width: int = 64) -> nn.Sequential:
    """Give the convolutions and poolings, (B, in_channels, H, W) → (B, 8·width, H/32, W/32).

    Layers are numbered as in torchvision's ``features``, so that its weights fit.

    Args:
        name: configuration D (``vgg16``) or E (``vgg19``).
        in_channels: channels of the input.
        width: channels of the first level, 64 as published.
    """
    layers: list[nn.Module] = []
    channels = in_channels
    for times, convolutions in zip(_TIMES, _CONVOLUTIONS[name], strict=True):
        for _ in range(convolutions):
            layers += [nn.Conv2d(channels, times * width, kernel_size=3, padding=1), nn.ReLU()]
            channels = times * width
        layers.append(nn.MaxPool2d(kernel_size=2, stride=2))
    return nn.Sequential(*layers)
