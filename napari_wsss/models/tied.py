"""Tied-weight deconvolution network.

Kim and Hwang, "Scale-Invariant Feature Learning using Deconvolutional Neural Networks for Weakly-Supervised Semantic
Segmentation".
"""

from __future__ import annotations

from typing import cast

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from napari_wsss.errors import InputError
from napari_wsss.models.filling import filled
from napari_wsss.models.pooling import LogSumExp
from napari_wsss.models.rich_features import concatenated
from napari_wsss.models.tied_settings import Learns, Nonlinearity, TiedNet, Trains
from napari_wsss.models.tied_stage import TiedStage
from napari_wsss.models.tied_trunk import STRIDE, levels_of, tied_trunk

_SPREAD, _LIFT = 0.01, 1.0  # of the head's first weights, and its first bias


class TiedNetwork(nn.Module):
    """Convolutions, ``stages`` deconvolution stages, a 1×1 convolution to class maps, log-sum-exp pooling.

    Attributes:
        trunk: (B, in_channels, H, W) → (B, K, H/32, W/32).
        stages: the deconvolution stages, from the coarsest on; their weights are the trunk's own.
        head: to classes + 1 maps, background first (eq. 6).
        pool: eq. 7.
        nonlinearity: σ of eq. 7.
        learns: which of the two losses is meant for it.
        stride: pixels of the input behind one place of the maps.
    """

    def __init__(self, net: TiedNet, in_channels: int, classes: int, stages: int) -> None:
        super().__init__()
        self.trunk = tied_trunk(net, in_channels)
        levels = levels_of(self.trunk)[::-1]
        self.stages = nn.ModuleList(TiedStage(level) for level in levels[:stages])
        channels = [levels[0][-1].out_channels, *(level[0].in_channels for level in levels[:stages])]
        self.head = nn.Conv2d(sum(channels), classes + 1, kernel_size=1)
        nn.init.normal_(self.head.weight, std=_SPREAD)
        # A map that is below 0 everywhere learns nothing more through a ReLU, so all of them start well above.
        nn.init.constant_(cast("Tensor", self.head.bias), _LIFT)
        self.pool = LogSumExp(net.sharpness)
        self.nonlinearity = nonlinearity_for(net, classes)
        self.learns: Learns = "binary" if self.nonlinearity == "relu" else "multi-label"
        self.stride = STRIDE // 2**stages

    def forward(self, images: Tensor) -> Tensor:
        """Give the pooled activations (eq. 7), (B, in_channels, H, W) → (B, classes + 1), background first."""
        return cast("Tensor", self.pool(self.maps(images)))

    def maps(self, images: Tensor) -> Tensor:
        """Give the activation maps σ(h_m), ≥ 0, (B, in_channels, H, W) → (B, classes + 1, h, w), background first.

        They cover the images as :func:`~napari_wsss.models.filling.filled` fills them up.
        """
        features = concatenated(self.restored(images))
        # Half precision would round what little the places of a map differ by away.
        with torch.autocast(features.device.type, enabled=False):
            scores = self.head(features)
        return scores.softmax(dim=1) if self.nonlinearity == "softmax" else F.relu(scores)

    def restored(self, images: Tensor) -> list[Tensor]:
        """Give the last map of the convolutions and the map of every stage, from the coarsest to the finest."""
        maps, switches = self._convolve(filled(images))
        found = [maps]
        for stage in self.stages:
            found.append(stage(found[-1], switches.pop()))
        return found

    def _convolve(self, images: Tensor) -> tuple[Tensor, list[Tensor]]:
        """Give the last map and the switches of every pooling."""
        maps, switches = cast("nn.Module", self.trunk.input)(images), []
        for layer in cast("nn.Sequential", self.trunk.features):
            if isinstance(layer, nn.MaxPool2d):
                maps, where = F.max_pool2d(maps, 2, 2, return_indices=True)
                switches.append(where)
            else:
                maps = layer(maps)
        return maps, switches

    def hold(self, trains: Trains) -> None:
        """Leave only some of the weights to be trained, the head always among them.

        Args:
            trains: all; tied: the levels that a stage undoes, with their stages; newest: the last of these alone.
        """
        count = len(self.stages)
        first = {"all": -1, "tied": 0, "newest": max(count - 1, 0)}[trains]
        if first < 0:
            return
        self.requires_grad_(requires_grad=False)
        levels = levels_of(self.trunk)[::-1][first:count]
        for layer in (self.head, *self.stages[first:], *(layer for level in levels for layer in level)):
            layer.requires_grad_(requires_grad=True)

    def carry_over(self, state: dict[str, Tensor]) -> None:
        """Take the weights of a network of the same layout with fewer stages, or without any map head.

        What the head had learnt of the coarser maps stays, so that the maps go on from where they were; the maps that
        are new count for nothing yet.
        """
        own = self.state_dict()
        fitting = {name: value for name, value in state.items() if name in own and value.shape == own[name].shape}
        if "head.weight" in state and "head.weight" not in fitting:
            former = state["head.weight"]
            fitting["head.weight"] = torch.zeros_like(own["head.weight"])
            fitting["head.weight"][:, : former.shape[1]] = former
        self.load_state_dict(own | fitting)


def nonlinearity_for(net: TiedNet, classes: int) -> Nonlinearity:
    """Give σ of eq. 7 for a number of lesion classes.

    Raises:
        InputError: relu was chosen for several classes, whose losses need activations that are probabilities.
    """
    if net.nonlinearity == "relu" and classes > 1:
        raise InputError(
            f"nonlinearity: relu is for one lesion class; the project has {classes}. Take softmax or auto."
        )
    if net.nonlinearity == "auto":
        return "relu" if classes == 1 else "softmax"
    return net.nonlinearity
