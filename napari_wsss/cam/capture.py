"""Borrow a network and read some of its feature maps; it goes back exactly as it came, also after an error."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from typing import Any

import torch
from torch import Tensor, nn

from napari_wsss.errors import ModelError, RecipeError
from napari_wsss.params import nearest


class Feature:
    """Holds the output of one layer, cut off from what lies below unless a layer further down is listened to as well.

    Gradients are computed from the class scores down to the lowest of these maps and no further, so the trunk below
    runs at the cost of a plain forward pass.
    """

    def __init__(self, layer: str) -> None:
        self.layer = layer
        self._value: Tensor | None = None

    def take(self) -> Tensor:
        """Give the map (B, K, *spatial) of the last forward pass and forget it.

        Raises:
            ModelError: the forward pass did not use the layer.
        """
        value, self._value = self._value, None
        if value is None:
            raise ModelError(f"layer '{self.layer}' is not used by the network's forward pass; choose another layer.")
        return value

    def record(self, _module: nn.Module, _inputs: Any, output: Any) -> Tensor:  # noqa: ANN401 (a forward hook)
        """Keep ``output``; layers above get a copy that they may change in place."""
        if not isinstance(output, Tensor) or output.ndim < 3:
            raise ModelError(
                f"layer '{self.layer}' gives no feature map (batch, channels, spatial axes); choose another layer."
            )
        if self._value is not None:
            raise ModelError(f"layer '{self.layer}' runs more than once in a forward pass; choose another layer.")
        # An output that already asks for gradients comes from another captured layer: the way down stays open.
        self._value = output if output.requires_grad else output.detach().requires_grad_()
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
def captured(model: nn.Module, *layers: str) -> Iterator[tuple[Feature, ...]]:
    """Listen to the layers called ``layers`` (as in ``model.named_modules()``) while the context lasts.

    Raises:
        RecipeError: the network has no layer of that name.
    """
    modules = {name: module for name, module in model.named_modules() if name}
    with ExitStack() as hooks:
        features = []
        for layer in layers:
            if layer not in modules:
                raise RecipeError(f"The network has no layer '{layer}'. {nearest(layer, tuple(modules))}")
            features.append(Feature(layer))
            hooks.callback(modules[layer].register_forward_hook(features[-1].record).remove)
        yield tuple(features)


def features_of(model: nn.Module, images: Tensor, layers: Sequence[str], *, graph: bool) -> tuple[list[Tensor], Tensor]:
    """Run a borrowed network once.

    Args:
        model: gives class scores (B, C).
        images: (B, channels, *S).
        layers: whose maps are wanted.
        graph: keep what is needed to differentiate the scores with respect to the maps.

    Returns:
        The maps (B, K, *s), one a layer, and the scores (B, C).

    Raises:
        RecipeError: the network has no such layer.
        ModelError: a layer gives no feature map or does not run exactly once, or the scores have another shape.
    """
    with captured(model, *layers) as features, torch.set_grad_enabled(graph):
        scores = model(images)
        maps = [feature.take() for feature in features]
    if not isinstance(scores, Tensor) or scores.ndim != 2:
        given = f"a tensor of shape {tuple(scores.shape)}" if isinstance(scores, Tensor) else type(scores).__name__
        raise ModelError(f"The network gives {given}; activation maps need class scores (batch, classes).")
    return maps, scores


def last_map(model: nn.Module, images: Tensor) -> str:
    """Give the name of a borrowed network's last feature map: ``trunk`` where there is one, else found by running it.

    Raises:
        ModelError: no layer gives a map of more than one place.
    """
    if isinstance(getattr(model, "trunk", None), nn.Module):
        return "trunk"
    found: list[str] = []

    def note(name: str, output: Any) -> None:  # noqa: ANN401
        if isinstance(output, Tensor) and output.ndim == images.ndim and output[0, 0].numel() > 1:
            found.append(name)

    with ExitStack() as hooks, torch.no_grad():
        for name, module in model.named_modules():
            if name:
                hooks.callback(module.register_forward_hook(lambda _m, _i, out, name=name: note(name, out)).remove)
        model(images[:1])
    if not found:
        raise ModelError("No layer of this network gives a feature map of more than one place; name the layer.")
    return found[-1]
