"""CAM: the last feature map weighted by the linear layer that follows."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from napari_wsss.errors import ModelError


def class_activation(features: Tensor, weight: Tensor) -> Tensor:
    """Give the CAM of every class, eq. 1 of Liu et al. (after Zhou et al. 2016): weights times feature map.

    Args:
        features: (B, K, *S), the last feature map.
        weight: (C, K), of the linear layer that follows global pooling.

    Returns:
        (B, C, *S), negative values kept, bias left out.
    """
    return torch.einsum("bk...,ck->bc...", features, weight)


def class_weights(model: nn.Module, channels: int, classes: int) -> Tensor:
    """Give the weights (C, K) of the linear layer that turns ``channels`` into ``classes`` scores.

    It is the one called ``head``, or the last one of that size.

    Raises:
        ModelError: the network has none, so that it has no CAM.
    """
    candidates = [getattr(model, "head", None), *reversed(list(model.modules()))]
    for layer in candidates:
        if isinstance(layer, nn.Linear) and (layer.in_features, layer.out_features) == (channels, classes):
            return layer.weight.detach()
    raise ModelError(
        f"'cam' needs a linear layer from the {channels} channels of the last map to the {classes} class scores; this "
        "network has none. Use method=grad-cam."
    )
