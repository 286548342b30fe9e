"""Reads losses off the device without making it wait."""

from __future__ import annotations

import math
from collections import deque

import torch
from torch import Tensor

from napari_wsss.errors import WsssError


class LossMeter:
    """Mean loss of an epoch.

    A CUDA device runs ahead of the program; reading a value at once would stop both at every step. So values are
    copied in the background and counted when they arrive, a step or two later.

    Attributes:
        latest: the newest loss that has arrived, NaN before the first.
        total: sum of loss times examples of those that arrived.
        examples: their examples.
    """

    def __init__(self, total: float = 0.0, examples: int = 0) -> None:
        self.latest = math.nan
        self.total, self.examples = total, examples
        self._pending: deque[tuple[torch.cuda.Event, Tensor, int]] = deque()

    @property
    def mean(self) -> float:
        """Mean loss per example."""
        return self.total / self.examples if self.examples else math.nan

    def add(self, loss: Tensor, examples: int) -> None:
        """Count the mean loss of ``examples`` examples.

        Raises:
            WsssError: a loss that arrived is not finite.
        """
        if loss.device.type != "cuda":
            self._take(loss.item(), examples)
            return
        host = torch.empty((), dtype=loss.dtype, pin_memory=True)
        host.copy_(loss, non_blocking=True)
        event = torch.cuda.Event()  # type: ignore[no-untyped-call]
        event.record()
        self._pending.append((event, host, examples))
        while self._pending and self._pending[0][0].query():  # type: ignore[no-untyped-call]
            self._arrive()

    def settle(self) -> None:
        """Wait for every loss under way. Raises WsssError as :meth:`add`."""
        while self._pending:
            self._pending[0][0].synchronize()
            self._arrive()

    def _arrive(self) -> None:
        _, host, examples = self._pending.popleft()
        self._take(host.item(), examples)

    def _take(self, loss: float, examples: int) -> None:
        if not math.isfinite(loss):
            raise WsssError(
                f"The training diverged: the loss became {loss}. Lower learning_rate (a tenth is a good try), or set "
                "precision to 32."
            )
        self.latest = loss
        self.total += loss * examples
        self.examples += examples
