"""The classifier behind the activation maps."""

from __future__ import annotations

from typing import cast

from torch import Tensor, nn

from napari_wsss.errors import ModelError
from napari_wsss.models.backbones import FACTS, build_trunk
from napari_wsss.models.pooling import build_pooling
from napari_wsss.models.pretrained import start_from
from napari_wsss.models.settings import ClassifierNet


class Classifier(nn.Module):
    """Trunk, linear head on every place of its last map, global pooling (eq. 1 of Liu et al.).

    With average pooling this is global average pooling followed by the linear layer. Maximum and log-sum-exp pool
    the class maps, so that what is pooled is the activation map itself. No dropout lies on the way.

    Attributes:
        trunk: (B, in_channels, H, W) → (B, K, h, w), after the last ReLU.
        head: ``nn.Linear(K, C)``; its weights are the class weights of eq. 1.
        pool: (B, C, h, w) → (B, C).
    """

    def __init__(self, net: ClassifierNet, in_channels: int, classes: int) -> None:
        super().__init__()
        facts = FACTS[net.backbone]
        self.trunk = build_trunk(net.backbone, in_channels, net.stride, net.blocks)
        self.pool = build_pooling(net.pooling)
        self.head = nn.Linear(facts.channels, classes)
        nn.init.normal_(self.head.weight, std=0.01)
        nn.init.zeros_(self.head.bias)
        self._name, self._smallest = net.backbone, facts.smallest

    def features(self, images: Tensor) -> Tensor:
        """Give the last map, (B, K, h, w), values ≥ 0, of ``images`` (B, in_channels, H, W) in 0 … 1.

        Raises:
            ModelError: the images are smaller than the network can take.
        """
        if min(images.shape[-2:]) < self._smallest:
            height, width = images.shape[-2:]
            raise ModelError(
                f"an input of {height}×{width} pixels is too small for {self._name}: at least {self._smallest} are "
                "needed on each side. Raise `size`, leave out the smallest scale, or choose another backbone."
            )
        return cast("Tensor", self.trunk(images))

    def class_maps(self, features: Tensor) -> Tensor:
        """Give the map of every class, bias included, (B, K, h, w) → (B, C, h, w)."""
        return cast("Tensor", self.head(features.movedim(1, -1)).movedim(-1, 1))

    def logits(self, features: Tensor) -> Tensor:
        """Give the class scores, (B, K, h, w) → (B, C); their sigmoid is the probability."""
        return cast("Tensor", self.pool(self.class_maps(features)))

    def forward(self, images: Tensor) -> Tensor:
        """Give the class scores, (B, in_channels, H, W) → (B, C)."""
        return self.logits(self.features(images))


def build_classifier(net: ClassifierNet, in_channels: int, classes: int) -> tuple[Classifier, list[str]]:
    """Build a classifier with the weights that ``net`` asks for.

    Args:
        net: backbone, weights, stride and pooling.
        in_channels: channels of the images, any number.
        classes: lesion classes C, at least 1.

    Returns:
        The classifier, and notes the person should read (weights that could not be downloaded).

    Raises:
        ModelError: the weights file is missing, damaged or belongs to another network.
    """
    model = Classifier(net, in_channels, classes)
    return model, start_from(model.trunk, net.weights, net.backbone)
