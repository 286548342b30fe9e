"""Gradient accumulation: a batch goes through the network in parts, one after another."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext

import torch
from torch import Tensor, nn
from torch.nn.modules.batchnorm import _BatchNorm
from torch.utils.checkpoint import checkpoint


class InParts(nn.Module):
    """A network that works through its batch in parts, so that only one part's inner values are in memory at a time.

    The answers of all parts stand together before the loss is taken. So the loss, and with it the gradient, is that of
    the whole batch, whatever the loss divides by: examples, known labels, seeded places, or a Dice over the batch.
    Each part's inner values are computed a second time when its gradient is due. What a network learns from a batch
    by itself (batch normalisation) it learns from one part at a time.

    Args:
        network: takes tensors (B, …) and gives a tensor whose rows are in the order of the examples.
        parts: how many, as equal as possible; never more than there are examples.
    """

    def __init__(self, network: nn.Module, parts: int) -> None:
        super().__init__()
        self._network, self._parts = network, parts

    def forward(self, *tensors: Tensor) -> Tensor:
        """Give the answers for the whole batch."""
        parts = min(self._parts, len(tensors[0]))
        shares = zip(*(torch.tensor_split(tensor, parts) for tensor in tensors), strict=True)
        return torch.cat([self._answer(share) for share in shares])

    def _answer(self, share: tuple[Tensor, ...]) -> Tensor:
        answer: Tensor = checkpoint(self._network, *share, use_reentrant=False, context_fn=self._once)
        return answer

    def _once(self) -> tuple[AbstractContextManager[None], AbstractContextManager[None]]:
        """Let running statistics count a part once, not again when its inner values are computed again."""
        return nullcontext(), _statistics_kept(self._network)


@contextmanager
def _statistics_kept(network: nn.Module) -> Iterator[None]:
    kept = [buffer for layer in network.modules() if isinstance(layer, _BatchNorm) for buffer in layer.buffers()]
    before = [buffer.clone() for buffer in kept]
    try:
        yield
    finally:
        for buffer, value in zip(kept, before, strict=True):
            buffer.copy_(value)
