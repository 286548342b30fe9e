"""A copy of a network that answers alike and sooner: batch normalisations folded into the convolutions before them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection
from contextlib import ExitStack
from copy import deepcopy
from typing import Any, cast

import torch
from torch import Tensor, nn
from torch.nn.utils.fusion import fuse_conv_bn_weights

from napari_wsss.errors import WsssError

_CONVOLUTIONS = (nn.Conv1d, nn.Conv2d, nn.Conv3d)
_NORMALISATIONS = (nn.BatchNorm1d, nn.BatchNorm2d, nn.BatchNorm3d)
SIDE = 64
"""Of the small image, pixels; every classifier of ours takes it."""
TOLERANCE = 1e-4
"""By how much the copy's scores may differ, as a part of the largest."""


def folded(model: nn.Module, images: Tensor, keep: Collection[str] = ()) -> nn.Module:
    """Copy a borrowed network for many passes; what is not folded is shared with it.

    Which normalisation follows which convolution is seen in a forward pass of a small image, so any module will do.
    Where nothing can be folded, the network cannot be copied, takes no small image, or the copy answers otherwise,
    ``model`` itself is given.

    Args:
        model: in evaluation mode; it stays as it is.
        images: (B, channels, *S), to try it on.
        keep: names of layers whose results must stay what they are.
    """
    probe = images[(slice(1), slice(None), *[slice(SIDE)] * (images.ndim - 2))]
    try:
        pairs = [pair for pair in _followed(model, probe) if pair[0] not in keep]
        copy = deepcopy(model, {id(held): held for held in (*model.parameters(), *model.buffers())}) if pairs else model
    except (RuntimeError, WsssError):  # its size is fixed, or it holds computed tensors, which torch does not copy
        return model
    for convolution, normalisation in pairs:
        _fold(cast("Any", copy.get_submodule(convolution)), cast("Any", copy.get_submodule(normalisation)))
        copy.set_submodule(normalisation, nn.Identity())
    return copy if copy is not model and _alike(model, copy, probe) else model


def _fold(convolution: Any, normalisation: Any) -> None:  # noqa: ANN401 (torch's own classes differ by their axes)
    weight, bias = fuse_conv_bn_weights(
        convolution.weight,
        convolution.bias,
        normalisation.running_mean,
        normalisation.running_var,
        normalisation.eps,
        normalisation.weight,
        normalisation.bias,
    )
    if weight.ndim == 4 and weight.device.type == "cpu":  # as the images are laid out there
        weight = nn.Parameter(weight.detach().contiguous(memory_format=torch.channels_last), requires_grad=False)
    convolution.weight, convolution.bias = weight, bias


def _alike(model: nn.Module, copy: nn.Module, probe: Tensor) -> bool:
    with torch.no_grad():
        expected, found = model(probe), copy(probe)
    limit = TOLERANCE * max(float(expected.abs().max()), TOLERANCE)
    return torch.allclose(found, expected, rtol=0, atol=limit)


def _followed(model: nn.Module, images: Tensor) -> list[tuple[str, str]]:
    """Give the names of each convolution and the normalisation that took its result, if both ran once."""
    results: dict[str, Tensor] = {}
    pairs: dict[str, str] = {}
    runs: Counter[str] = Counter()

    def made(name: str, output: Tensor) -> None:
        results[name] = output
        runs[name] += 1

    def taken(name: str, given: Tensor) -> None:
        runs[name] += 1
        source = next((convolution for convolution, result in results.items() if result is given), None)
        if source is not None:
            pairs[name] = source

    with ExitStack() as hooks, torch.no_grad():
        for name, module in model.named_modules():
            if type(module) in _CONVOLUTIONS:
                hook: Any = lambda _m, _inputs, output, name=name: made(name, output)  # noqa: E731
                hooks.callback(module.register_forward_hook(hook).remove)
            elif type(module) in _NORMALISATIONS and module.track_running_stats:
                hook = lambda _m, inputs, name=name: taken(name, inputs[0])  # noqa: E731
                hooks.callback(module.register_forward_pre_hook(hook).remove)
        model(images)
    sources = Counter(pairs.values())
    return [(source, name) for name, source in pairs.items() if runs[name] == runs[source] == sources[source] == 1]
