"""A trunk that sees only the surroundings of each place, so that its class map shows where the evidence itself lies.

Networks that look at the whole slice can tell "lesion" from afar, and their maps light up there. One that sees a few
dozen pixels must find the evidence on the spot (the bag-of-local-features networks of Brendel and Bethge 2019 make the
same restriction; these layers are ours).
"""

from __future__ import annotations

from torch import nn

WIDTH = 64
"""Channels of every layer."""


def local_layers(in_channels: int, stride: int, blocks: int) -> dict[str, nn.Module]:
    """Give the layers, in running order: (B, in_channels, H, W) → (B, :data:`WIDTH`, H/stride, W/stride), values ≥ 0.

    A cell of the map sees a square of the input, stride · (3 + 4 · blocks) pixels long.

    Args:
        in_channels: of the input.
        stride: pixels of the input that are folded into one cell before the first convolution.
        blocks: pairs of 3×3 convolutions after the first one.
    """
    pairs = (nn.Sequential(*_convolution(WIDTH), *_convolution(WIDTH)) for _ in range(blocks))
    return {
        "fold": nn.PixelUnshuffle(stride),
        "stem": nn.Sequential(*_convolution(in_channels * stride**2)),
        **{f"block{number}": pair for number, pair in enumerate(pairs, start=1)},
    }


def _convolution(channels: int) -> tuple[nn.Module, ...]:
    return nn.Conv2d(channels, WIDTH, 3, padding=1, bias=False), nn.BatchNorm2d(WIDTH), nn.ReLU()
