"""The dense CRF on a GPU for as long as its memory suffices. Only the worker loads torch."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from threading import Lock
from typing import TypeVar

import torch

from napari_wsss.refine.accelerator import FastKernel, Plan
from napari_wsss.refine.crf_torch import TorchKernel
from napari_wsss.types import FloatArray

T = TypeVar("T")

FULL = "The GPU's memory was too small for the CRF of some scans; the CPU computed these, which takes longer."


class TorchCrf:
    """Builds kernels on a device and asks them, one at a time from any thread.

    Attributes:
        notes: lines for the person, each once.
    """

    def __init__(self, device: str) -> None:
        self.device = torch.device(device)
        self.notes: list[str] = []
        self._one_at_a_time = Lock()

    def __call__(self, plan: Plan) -> FastKernel | None:
        """Build kernels; None where the device is full."""
        kernel = self.attempt(lambda: TorchKernel(plan.image, plan.theta, self.device, plan.apart, plan.region))
        return None if kernel is None else _OnDevice(self, kernel)

    def attempt(self, work: Callable[[], T]) -> T | None:
        """Do ``work`` on the device; None when its memory does not suffice."""
        with self._one_at_a_time:
            try:
                return work()
            except torch.OutOfMemoryError:
                if FULL not in self.notes:
                    self.notes.append(FULL)
            # Not in the except block: while the error lives, its traceback holds the tensors of the attempt.
            if self.device.type == "cuda":
                torch.cuda.empty_cache()
            return None


class _OnDevice:
    """A kernel on the device, until its memory runs out."""

    def __init__(self, engine: TorchCrf, kernel: TorchKernel) -> None:
        self._engine = engine
        self._kernel: TorchKernel | None = kernel

    @property
    def nbytes(self) -> int:
        """Bytes held on the device."""
        return self._kernel.nbytes if self._kernel is not None else 0

    def differences(
        self, unary: FloatArray, compat: tuple[float, float], iterations: int, slices: Sequence[int] | None = None
    ) -> FloatArray | None:
        """As :meth:`napari_wsss.refine.accelerator.FastKernel.differences`."""
        kernel = self._kernel
        if kernel is None:
            return None
        result = self._engine.attempt(lambda: kernel.differences(unary, compat, iterations, slices))
        if result is None:
            self._kernel = None
        return result
