"""The trunks of the classifiers: torchvision's networks up to their last map after its ReLU, and ``local``.

Fully connected layers (with their dropout) and auxiliary heads are left out. Layer names are torchvision's, so that
its weights fit, after one layer ``input`` that brings images in 0 … 1 to the range ImageNet weights expect.
"""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass
from typing import cast

import torch
from torch import Tensor, nn

from napari_wsss import torchvision_ops
from napari_wsss.models.initialise import initialise
from napari_wsss.models.local import WIDTH, local_layers
from napari_wsss.models.settings import LOCAL, Backbone
from napari_wsss.models.stride import limit_stride
from napari_wsss.models.vgg import vgg_features


@dataclass(frozen=True)
class BackboneFacts:
    """What must be known about a backbone.

    Attributes:
        channels: of its last map.
        smallest: side of the smallest input it takes, pixels.
        mean: subtracted from the input.
        deviation: the input is divided by it.
    """

    channels: int
    smallest: int = 32
    mean: float = 0.449  # of ImageNet's three channels together: one pair for all channels, whatever their number,
    deviation: float = 0.226  # so that a grey image and the same image three times over get the same answer


FACTS: dict[Backbone, BackboneFacts] = {
    "alexnet": BackboneFacts(256, smallest=63),
    "googlenet": BackboneFacts(1024, mean=0.5, deviation=0.5),  # its ImageNet weights were trained so
    "vgg16": BackboneFacts(512),
    "vgg19": BackboneFacts(512),
    "resnet18": BackboneFacts(512),
    "resnet34": BackboneFacts(512),
    "resnet50": BackboneFacts(2048),
    "resnet101": BackboneFacts(2048),
    "densenet121": BackboneFacts(1024),
    "local": BackboneFacts(WIDTH),
}


class Standardise(nn.Module):
    """(x − mean)/deviation, with one fixed pair for all channels."""

    def __init__(self, mean: float, deviation: float) -> None:
        super().__init__()
        self.mean, self.deviation = mean, deviation

    def forward(self, images: Tensor) -> Tensor:
        """Standardise ``images``."""
        return (images - self.mean) / self.deviation


def build_trunk(backbone: Backbone, in_channels: int, stride: int, blocks: int = 2) -> nn.Sequential:
    """Give the trunk with random weights, (B, in_channels, H, W) → (B, K, h, w), values ≥ 0.

    Args:
        backbone: which network.
        in_channels: channels of the input.
        stride: 32, 16, 8 or 4. Every backbone of torchvision has a total stride of 32 (AlexNet, VGG and GoogLeNet with
            their last pooling); see :func:`~napari_wsss.models.stride.limit_stride` for the smaller ones.
        blocks: how far ``local`` sees, see :func:`~napari_wsss.models.local.local_layers`.
    """
    facts, local = FACTS[backbone], backbone == LOCAL
    with torch.device("meta"):  # the fully connected layers left out are large: never give them memory
        layers = local_layers(in_channels, stride, blocks) if local else _layers(backbone)
        trunk = nn.Sequential(OrderedDict(input=Standardise(facts.mean, facts.deviation), **layers))
        if not local:
            _take_channels(trunk, in_channels)
    for layer in trunk.modules():
        if isinstance(layer, nn.ReLU):
            layer.inplace = False  # maps caught on the way must stay as they were
    if not local:
        limit_stride(trunk, stride)
    trunk.to_empty(device=torch.get_default_device())
    initialise(trunk)
    return trunk


def first_convolution(network: nn.Module) -> tuple[str, nn.Conv2d]:
    """Give name and layer of the convolution that takes the input."""
    return next((name, layer) for name, layer in network.named_modules() if isinstance(layer, nn.Conv2d))


def _layers(backbone: Backbone) -> dict[str, nn.Module]:
    if backbone in ("vgg16", "vgg19"):
        return {"features": vgg_features(backbone, 3)}
    torchvision_ops.declare()
    from torchvision.models import get_model

    options = {"aux_logits": False, "init_weights": False} if backbone == "googlenet" else {}
    network = cast("nn.Module", get_model(backbone, weights=None, **options))
    heads = ("avgpool", "dropout", "fc", "classifier")
    layers = {name: layer for name, layer in network.named_children() if name not in heads}
    return {**layers, "relu": nn.ReLU()} if backbone == "densenet121" else layers


def _take_channels(trunk: nn.Module, in_channels: int) -> None:
    """Let the first convolution take ``in_channels`` channels."""
    name, old = first_convolution(trunk)
    if old.in_channels == in_channels:
        return
    size = {"kernel_size": old.kernel_size, "stride": old.stride, "padding": old.padding}
    new = nn.Conv2d(in_channels, old.out_channels, bias=old.bias is not None, **size)  # type: ignore[arg-type]
    trunk.set_submodule(name, new)
