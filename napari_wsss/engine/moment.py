"""Moment: what a failed attempt at a step must not change."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.modules.batchnorm import _BatchNorm


class Moment:
    """torch's random numbers and a network's running statistics as they were when last kept, to come back to.

    Args:
        model: on the device already; its buffers must stay the same tensors.
        device: where the steps are done.
    """

    def __init__(self, model: nn.Module, device: torch.device) -> None:
        layers = [module for module in model.modules() if isinstance(module, _BatchNorm)]
        buffers = [buffer for layer in layers for buffer in layer.buffers()]
        kinds = {buffer.dtype for buffer in buffers}
        groups = [[buffer for buffer in buffers if buffer.dtype == kind] for kind in kinds]
        self._groups = [(group, [buffer.clone() for buffer in group]) for group in groups]
        self._device = device
        self.keep()

    def keep(self) -> None:
        """Keep all of it as it is now."""
        for buffers, kept in self._groups:
            _copy(kept, buffers)
        self._random = torch.get_rng_state()
        self._on_device = _library(self._device).get_rng_state() if self._device.type != "cpu" else None

    def come_back(self) -> None:
        """Set all of it again."""
        for buffers, kept in self._groups:
            _copy(buffers, kept)
        torch.set_rng_state(self._random)
        if self._on_device is not None:
            _library(self._device).set_rng_state(self._on_device)


def _copy(to: list[Tensor], what: list[Tensor]) -> None:
    torch._foreach_copy_(to, what)


def _library(device: torch.device) -> Any:  # noqa: ANN401 (torch.cuda or torch.mps)
    return torch.mps if device.type == "mps" else torch.cuda
