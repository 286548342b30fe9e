"""The 3-D classifier behind attentional activation maps (section 2.1 of Wu et al. 2019)."""

from __future__ import annotations

from math import gcd
from typing import cast

import torch
from torch import Tensor, nn

from napari_wsss.errors import ModelError
from napari_wsss.models.attention import DimensionAttention
from napari_wsss.models.pooling import Average, Maximum
from napari_wsss.models.volume_settings import VolumeClassifierNet

_CONVOLUTIONS = (1, 1, 2, 2)
_TIMES = (1, 2, 4, 8)


class VolumeClassifier(nn.Module):
    """VGG-like trunk, linear head on every place of its last map, attention, pooling.

    The score is the average of the attentional map plus the bias: the sum over all places, in units of the number of
    places. So the head sees scores of the same size in volumes of any size, and flat attention is exactly global
    average pooling followed by the linear layer.

    Attributes:
        trunk: (B, in_channels, D, H, W) → (B, K, d, h, w), after the last ReLU.
        head: ``nn.Linear(K, C)``; its weights are w of eq. 1.
        attention: eq. 2, or None for the baselines.
    """

    def __init__(self, net: VolumeClassifierNet, in_channels: int, classes: int) -> None:
        super().__init__()
        channels = _TIMES[-1] * net.width
        self.trunk = volume_trunk(in_channels, net.width, net.stride)
        self.head = nn.Linear(channels, classes)
        self.attention = DimensionAttention(channels, classes) if net.pooling == "attention" else None
        self.pool = Maximum() if net.pooling == "max" else Average()
        self.stride: int = net.stride
        nn.init.normal_(self.head.weight, std=0.01)
        nn.init.zeros_(self.head.bias)

    def features(self, volumes: Tensor) -> Tensor:
        """Give the last map, (B, K, d, h, w), values ≥ 0.

        Raises:
            ModelError: the volumes are smaller than one cell of the map.
        """
        if min(volumes.shape[2:]) < self.stride:
            sides = "×".join(str(side) for side in volumes.shape[2:])
            raise ModelError(
                f"a volume of {sides} voxels is too small for a network of stride {self.stride}: at least that many "
                "are needed on each side. Take grid=fit or grid=fill, or raise `shape` or `block_depth`."
            )
        return cast("Tensor", self.trunk(volumes))

    def class_maps(self, features: Tensor) -> Tensor:
        """Give the plain map of every class (eq. 1), (B, K, d, h, w) → (B, C, d, h, w)."""
        return torch.einsum("bkdhw,ck->bcdhw", features, self.head.weight.to(features.dtype))

    def maps(self, features: Tensor) -> Tensor:
        """Give the map that is pooled: attentional, or plain where there is no attention; shapes as class_maps."""
        plain = self.class_maps(features).float()
        return plain if self.attention is None else plain * self.attention(features)

    def logits(self, maps: Tensor) -> Tensor:
        """Give the class scores of such maps, (B, C, d, h, w) → (B, C); their sigmoid is the probability."""
        return cast("Tensor", self.pool(maps) + self.head.bias)

    def forward(self, volumes: Tensor) -> Tensor:
        """Give the class scores, (B, in_channels, D, H, W) → (B, C)."""
        return self.logits(self.maps(self.features(volumes)))


def volume_trunk(in_channels: int, width: int, stride: int) -> nn.Sequential:
    """Give four levels of 3×3×3 convolutions, each with group norm and ReLU, 2×2×2 maximum pooling between them.

    Group norm, because the few volumes that fit into memory at once say little about a batch. At stride 4 the last
    level follows without pooling.
    """
    from monai.networks.blocks import Convolution

    layers: list[nn.Module] = []
    channels = in_channels
    for level, (convolutions, times) in enumerate(zip(_CONVOLUTIONS, _TIMES, strict=True)):
        if level and 2**level <= stride:
            layers.append(nn.MaxPool3d(2))
        for _ in range(convolutions):
            wide = times * width
            norm = ("group", {"num_groups": gcd(8, wide)})
            layers.append(Convolution(3, channels, wide, bias=False, norm=norm, act=("relu", {"inplace": True})))
            channels = wide
    return nn.Sequential(*layers)
