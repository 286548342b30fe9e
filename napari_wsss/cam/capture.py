"""Borrow a network and read one of its feature maps; it goes back exactly as it came, also after an error."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor, nn

from napari_wsss.errors import ModelError, RecipeError
from napari_wsss.params import nearest


class Feature:
    """Holds the output of one layer, cut off from what lies below.

    Gradients are computed from the class scores down to this map and no further, so the trunk below runs at the cost
    of a plain forward pass.
    """

    def __init__(self, layer: str) -> None:
        self._layer = layer
        self._value: Tensor | None = None

    def take(self) -> Tensor:
        """Give the map (B, K, *spatial) of the last forward pass and forget it.

        Raises:
            ModelError: the forward pass did not use the layer.
        """
        value, self._value = self._value, None
        if value is None:
            raise ModelError(f"layer '{self._layer}' is not used by the network's forward pass; choose another layer.")
        return value

    def record(self, _module: nn.Module, _inputs: Any, output: Any) -> Tensor:  # noqa: ANN401 (a forward hook)
        """Keep ``output`` as a leaf of the graph; layers above get a copy that they may change in place."""
        if not isinstance(output, Tensor) or output.ndim < 3:
            raise ModelError(
                f"layer '{self._layer}' gives no feature map (batch, channels, spatial axes); choose another layer."
            )
        if self._value is not None:
            raise ModelError(f"layer '{self._layer}' runs more than once in a forward pass; choose another layer.")
        self._value = output.detach().requires_grad_()
        return self._value.clone()


@contextmanager
def borrowed(model: nn.Module, device: torch.device) -> Iterator[None]:
    """Lend ``model`` in evaluation mode on ``device`` with no parameter asking for a gradient; give it back as it was.

    Training mode of every module, ``requires_grad`` of every parameter and the device are restored; gradients held in
    the parameters are not touched.
    """
    modes = [(module, module.training) for module in model.modules()]
    wanted = [(parameter, parameter.requires_grad) for parameter in model.parameters()]
    home = next((parameter.device for parameter in model.parameters()), device)
    try:
        model.eval()
        for parameter, _ in wanted:
            parameter.requires_grad_(False)
        model.to(device)
        yield
    finally:
        model.to(home)
        for parameter, flag in wanted:
            parameter.requires_grad_(flag)
        for module, mode in modes:
            module.training = mode


@contextmanager
def captured(model: nn.Module, layer: str) -> Iterator[Feature]:
    """Listen to the layer called ``layer`` (as in ``model.named_modules()``) while the context lasts.

    Raises:
        RecipeError: the network has no layer of that name.
    """
    layers = dict(model.named_modules())
    if layer not in layers or not layer:
        names = tuple(name for name in layers if name)
        raise RecipeError(f"The network has no layer '{layer}'. {nearest(layer, names)}")
    feature = Feature(layer)
    handle = layers[layer].register_forward_hook(feature.record)
    try:
        yield feature
    finally:
        handle.remove()
