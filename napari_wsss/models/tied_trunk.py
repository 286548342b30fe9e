"""The convolutions of the tied-weight deconvolution networks (tables 1 and 2 of Kim and Hwang)."""

from __future__ import annotations

from collections import OrderedDict
from itertools import pairwise

from torch import nn

from napari_wsss.models.backbones import FACTS, Standardise
from napari_wsss.models.initialise import initialise
from napari_wsss.models.tied_settings import TiedNet
from napari_wsss.models.vgg import vgg_features

POOLINGS = 5
STRIDE = 2**POOLINGS

_XRAY = ((96, 11), (256, 5), (384, 3), (384, 3), (256, 3))
"""Filters and kernel side of the five convolutions of table 1; all of stride 1, each followed by a 2×2 pooling."""

_VGG_WIDTH = 64


def tied_trunk(net: TiedNet, in_channels: int) -> nn.Sequential:
    """Give the convolutions with random weights, (B, in_channels, H, W) → (B, K, H/32, W/32), values ≥ 0.

    Layers are ``input`` and ``features``: convolutions, ReLUs and poolings, for VGG-16 numbered as in torchvision, so
    that its weights fit. ``input`` brings images to the range in which ImageNet's weights were learnt; the X-ray net
    takes them as they are, so that the zeros around an image look like its dark background and not like a border.
    """
    features = _FEATURES[net.network](in_channels, net.width / 100)
    facts = FACTS["vgg16"]
    entry = Standardise(facts.mean, facts.deviation) if net.network == "vgg16" else nn.Identity()
    trunk = nn.Sequential(OrderedDict(input=entry, features=features))
    initialise(trunk)
    return trunk


def levels_of(trunk: nn.Sequential) -> list[list[nn.Conv2d]]:
    """Give the convolutions before each pooling, from the input on."""
    levels: list[list[nn.Conv2d]] = [[]]
    for layer in trunk.modules():
        if isinstance(layer, nn.Conv2d):
            levels[-1].append(layer)
        elif isinstance(layer, nn.MaxPool2d):
            levels.append([])
    return levels[:-1]


def _xray(in_channels: int, share: float) -> nn.Sequential:
    counts = [in_channels, *(max(1, round(filters * share)) for filters, _ in _XRAY)]
    layers: list[nn.Module] = []
    for (before, after), (_, side) in zip(pairwise(counts), _XRAY, strict=True):
        layers += [nn.Conv2d(before, after, side, padding=side // 2), nn.ReLU(), nn.MaxPool2d(2, 2)]
    return nn.Sequential(*layers)


def _vgg16(in_channels: int, share: float) -> nn.Sequential:
    return vgg_features("vgg16", in_channels, max(1, round(_VGG_WIDTH * share)))


_FEATURES = {"xray": _xray, "vgg16": _vgg16}
