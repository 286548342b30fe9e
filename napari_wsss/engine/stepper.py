"""Stepper: one optimiser step on one batch, and the tensors such steps change."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn

from napari_wsss.engine.device import memory_format
from napari_wsss.engine.feed import Batch
from napari_wsss.engine.parts import InParts
from napari_wsss.engine.settings import Fit

Loss = Callable[[nn.Module, Batch], Tensor]


class Stepper:
    """A model on its device with its optimiser.

    Attributes:
        model: the model handed in, moved to the device; :meth:`release` brings it back.
        device: where batches must lie.
    """

    def __init__(self, model: nn.Module, loss: Loss, params: Fit, fabric: Any) -> None:  # noqa: ANN401 (untyped)
        self.model = model
        self.device: torch.device = fabric.device
        self._loss, self._fabric = loss, fabric
        self._format = memory_format(model)
        model.to(self.device, memory_format=self._format)  # type: ignore[call-overload]
        self._optimizer = _optimizer(model, params)
        self._module, self._wrapped = fabric.setup(model, self._optimizer)
        if params.accumulate > 1:
            self._module = InParts(self._module, params.accumulate)

    def step(self, batch: Batch, rate: float) -> Tensor:
        """Change the weights once, at learning rate ``rate``; give the mean loss, still on the device."""
        for group in self._optimizer.param_groups:
            group["lr"] = rate
        image = batch["image"]
        if image.ndim == 4:
            batch = {**batch, "image": image.contiguous(memory_format=self._format)}
        loss = self._loss(self._module, batch)
        self._fabric.backward(loss)
        self._wrapped.step()
        self._optimizer.zero_grad(set_to_none=True)
        return loss.detach()

    def tensors(self) -> dict[str, Tensor]:
        """Give all that steps change: "model.NAME" and "optimizer.NUMBER.NAME". Views, not copies."""
        weights = {f"model.{name}": tensor for name, tensor in self.model.state_dict().items()}
        state = self._optimizer.state_dict()["state"]
        return weights | {
            f"optimizer.{number}.{name}": value
            for number, values in state.items()
            for name, value in values.items()
            if isinstance(value, Tensor)
        }

    def load(self, tensors: dict[str, Tensor]) -> None:
        """Set what :meth:`tensors` gave, keeping the layout in memory (it decides on the last bit of sums)."""
        self.load_model(_under("model.", tensors))
        state: dict[int, dict[str, Tensor]] = {}
        parameters = [parameter for group in self._optimizer.param_groups for parameter in group["params"]]
        for key, tensor in _under("optimizer.", tensors).items():
            number, _, name = key.partition(".")
            like = parameters[int(number)]
            fitted = torch.empty_like(like).copy_(tensor) if tensor.shape == like.shape else tensor
            state.setdefault(int(number), {})[name] = fitted.detach()
        self._optimizer.load_state_dict({**self._optimizer.state_dict(), "state": state})

    def load_model(self, weights: dict[str, Tensor]) -> None:
        """Copy ``weights`` into the model."""
        self.model.load_state_dict(weights)

    def precision_state(self) -> dict[str, Any]:
        """Give the figures of 16-bit loss scaling; empty for other precisions."""
        state: dict[str, Any] = self._fabric.strategy.precision.state_dict()
        return state

    def load_precision_state(self, state: dict[str, Any]) -> None:
        """Set what :meth:`precision_state` gave."""
        if state:
            self._fabric.strategy.precision.load_state_dict(state)

    def release(self) -> None:
        """Bring the model back to the CPU in its plain layout and free the device's memory."""
        self._optimizer.zero_grad(set_to_none=True)
        self._optimizer.state.clear()
        self.model.to("cpu", memory_format=torch.contiguous_format)  # type: ignore[call-overload]
        if self.device.type == "cuda":
            torch.cuda.empty_cache()


def _optimizer(model: nn.Module, params: Fit) -> torch.optim.Optimizer:
    parameters = [parameter for parameter in model.parameters() if parameter.requires_grad]
    # One fused kernel for all weights: on a CPU a tenth to a half of the step for networks of many layers.
    if params.optimizer == "adam":
        return torch.optim.Adam(parameters, params.learning_rate, weight_decay=params.weight_decay, fused=True)
    return torch.optim.SGD(
        parameters, params.learning_rate, momentum=params.momentum, weight_decay=params.weight_decay, fused=True
    )


def _under(prefix: str, tensors: dict[str, Tensor]) -> dict[str, Tensor]:
    return {name.removeprefix(prefix): tensor for name, tensor in tensors.items() if name.startswith(prefix)}
