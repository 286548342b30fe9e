"""Stepper: one optimiser step on one batch, and the tensors such steps change."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn

from napari_wsss.engine import ranks, sharing
from napari_wsss.engine.device import memory_format
from napari_wsss.engine.feed import Batch
from napari_wsss.engine.memory import give_back, is_out_of_memory, memory_there, size_of
from napari_wsss.engine.moment import Moment
from napari_wsss.engine.optimizer import optimizer
from napari_wsss.engine.parts import InParts
from napari_wsss.engine.settings import Fit
from napari_wsss.errors import OutOfMemory, WsssError

Loss = Callable[[nn.Module, Batch], Tensor]


class Stepper:
    """A model on its device with its optimiser.

    Attributes:
        model: the model handed in, moved to the device; :meth:`release` brings it back.
        device: where batches must lie.
        parts: in how many parts a batch goes through the network; doubled when memory runs out.
    """

    def __init__(self, model: nn.Module, loss: Loss, params: Fit, fabric: Any) -> None:  # noqa: ANN401 (untyped)
        self.model = model
        self.device: torch.device = fabric.device
        self._loss, self._fabric = loss, fabric
        self._format = memory_format(model)
        model.to(self.device, memory_format=self._format)  # type: ignore[call-overload]
        self._optimizer = optimizer(model, params)
        sharing.share_weights(model)
        self._before = Moment(model, self.device)
        self._whole, self._wrapped = fabric.setup(model, self._optimizer)
        self.in_parts(params.accumulate)

    def in_parts(self, parts: int) -> None:
        """Let batches go through the network in so many parts."""
        self.parts = parts
        self._module = InParts(self._whole, parts) if parts > 1 else self._whole

    def step(self, batch: Batch | None, rate: float, of: int = 0) -> Tensor:
        """Change the weights once, at learning rate ``rate``; give the mean loss, still on the device.

        When memory runs out, it is given back, and the step is done anew with the batch in twice as many parts.

        Args:
            batch: this process's examples; None when it has none of this batch.
            rate: learning rate.
            of: examples of the batch in all processes; 0 if there is one process alone.

        Raises:
            OutOfMemory: even one example at a time does not fit.
            Cancelled: another process was stopped meanwhile; the weights are as they were.
            JobError: another process failed.
        """
        for group in self._optimizer.param_groups:
            group["lr"] = rate
        share = (len(batch["image"]) if batch else 0) / of if of else 1.0
        self._before.keep()
        try:
            while (loss := self._gradients(batch, share)) is None:
                self._undo()
                self.in_parts(2 * self.parts)
        except WsssError:
            self._undo()
            raise
        return self._change_weights(batch, loss, share)

    def _gradients(self, batch: Batch | None, share: float) -> Tensor | None:
        """Give the mean loss of this process's examples, their gradients computed; None if some process could not."""
        loss = self._attempt(batch, share) if batch else torch.zeros((), device=self.device)
        if loss is None and batch and self.parts >= len(batch["image"]):
            raise self._too_large(batch)
        return None if ranks.too_large_for_any(loss is None) else loss

    def _attempt(self, batch: Batch, share: float) -> Tensor | None:
        try:
            image = batch["image"]
            if image.ndim == 4:
                batch = {**batch, "image": image.contiguous(memory_format=self._format)}
            loss = self._loss(self._module, batch)
            self._fabric.backward(loss if share == 1 else loss * share)
        except Exception as error:
            if not is_out_of_memory(error):
                raise
            return None  # outside, the error is gone, and with it the inner values of the network that it holds
        return loss.detach()

    def _change_weights(self, batch: Batch | None, loss: Tensor, share: float) -> Tensor:
        try:
            mean = sharing.add_up(self.model, loss, share)
            self._wrapped.step()
        except Exception as error:
            if batch and is_out_of_memory(error):
                raise self._too_large(batch) from error
            raise
        self._optimizer.zero_grad(set_to_none=True)
        return mean

    def _undo(self) -> None:
        """Make it as if the step had never been tried."""
        self._optimizer.zero_grad(set_to_none=True)
        self._before.come_back()
        give_back(self.device)

    def _too_large(self, batch: Batch) -> OutOfMemory:
        weights = sum(parameter.numel() for parameter in self.model.parameters())
        return OutOfMemory(
            "There is too little memory to train this network, even with one example at a time: "
            f"{memory_there(self.device)}; the network has {weights / 1e6:.1f} million weights, an example "
            f"{size_of(batch['image'].shape[1:])}. Choose smaller inputs (size or patch) or a narrower network "
            "(width), close other programs, or train on a machine with more memory."
        )

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


def _under(prefix: str, tensors: dict[str, Tensor]) -> dict[str, Tensor]:
    return {name.removeprefix(prefix): tensor for name, tensor in tensors.items() if name.startswith(prefix)}
