"""Random weights to start from."""

from __future__ import annotations

from torch import nn


def initialise(network: nn.Module) -> None:
    """Give convolutions and linear layers weights that keep the size of the signal through ReLUs (He et al. 2015).

    Without it a VGG without batch norm passes nothing on. Normalisation layers become the identity; transposed
    convolutions get torch's own start.
    """
    for layer in network.modules():
        if isinstance(layer, nn.Conv2d | nn.Linear):
            nn.init.kaiming_normal_(layer.weight, nonlinearity="relu")
            if layer.bias is not None:
                nn.init.zeros_(layer.bias)
        elif isinstance(layer, nn.BatchNorm2d | nn.ConvTranspose2d):
            layer.reset_parameters()
