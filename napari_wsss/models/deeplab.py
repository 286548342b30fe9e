"""DeepLab V3 on ResNet50 (Chen et al. 2017): torchvision's network, at any width."""

from __future__ import annotations

from typing import cast

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from napari_wsss import torchvision_ops

_PUBLISHED = 64


class SteadyBatchNorm(nn.BatchNorm2d):
    """Batch norm that falls back on its running statistics where a channel has a single value.

    DeepLab normalises one value per channel and image; a batch of one image would otherwise stop the training.
    """

    def forward(self, maps: Tensor) -> Tensor:
        """Normalise ``maps``."""
        if self.training and maps.numel() == maps.shape[1]:
            return F.batch_norm(maps, self.running_mean, self.running_var, self.weight, self.bias, eps=self.eps)
        return super().forward(maps)


class DeepLabV3(nn.Module):
    """``deeplabv3_resnet50`` without auxiliary head. 39,633,729 parameters with 3 inputs, 1 output, width 64.

    All its channel counts are multiples of 64. ``width`` replaces that 64: every convolution, in ResNet50 as in the
    pyramid, has width/64 of its published channels, so the shape of the network stays and 64 is the published one.

    Args:
        in_channels: channels of the images.
        outputs: channels of the logits.
        width: channels of the first level.
    """

    def __init__(self, in_channels: int, outputs: int, width: int = _PUBLISHED) -> None:
        super().__init__()
        torchvision_ops.declare()
        from torchvision.models.segmentation import deeplabv3_resnet50

        with torch.device("meta"):  # only its shape is taken
            network = cast(
                "nn.Module",
                deeplabv3_resnet50(weights=None, weights_backbone=None, num_classes=_PUBLISHED, aux_loss=None),
            )
        first, *_, last = [name for name, layer in network.named_modules() if isinstance(layer, nn.Conv2d)]
        for name, layer in list(network.named_modules()):
            if isinstance(layer, nn.Conv2d):
                taken = in_channels if name == first else _scale(layer.in_channels, width)
                given = outputs if name == last else _scale(layer.out_channels, width)
                network.set_submodule(name, _resized(layer, taken, given))
            elif isinstance(layer, nn.BatchNorm2d):
                network.set_submodule(name, SteadyBatchNorm(_scale(layer.num_features, width)))
        self.network = network

    def forward(self, images: Tensor) -> Tensor:
        """Give logits (B, outputs, H, W) for images (B, in_channels, H, W) of any size."""
        return cast("Tensor", self.network(images)["out"])


def _scale(channels: int, width: int) -> int:
    return channels // _PUBLISHED * width


def _resized(layer: nn.Conv2d, in_channels: int, out_channels: int) -> nn.Conv2d:
    """Give the same convolution with other channel counts."""
    return nn.Conv2d(
        in_channels,
        out_channels,
        kernel_size=cast("tuple[int, int]", layer.kernel_size),
        stride=cast("tuple[int, int]", layer.stride),
        padding=cast("tuple[int, int]", layer.padding),
        dilation=cast("tuple[int, int]", layer.dilation),
        bias=layer.bias is not None,
    )
