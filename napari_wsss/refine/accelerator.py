"""Something faster than the CPU for the dense CRF, where it was put in place. No torch here.

The worker puts in its GPU (:mod:`napari_wsss.refine.crf_gpu_torch`), the window a line to the worker
(:mod:`napari_wsss.session.remote_crf`). Neither has to answer: the CPU stands behind them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Protocol

from napari_wsss.refine.theta import Theta
from napari_wsss.types import BoolArray, FloatArray


@dataclass(frozen=True, eq=False)
class Plan:
    """What the kernels of a scan are built from.

    Attributes:
        image: (channels, Z, Y, X).
        theta: widths in voxels and in the image's units.
        apart: every slice by itself.
        region: (Z, Y, X), the voxels that take part; all when None.
    """

    image: FloatArray
    theta: Theta
    apart: bool = False
    region: BoolArray | None = None


class FastKernel(Protocol):
    """The kernels of a whole scan somewhere else than on the CPU. May be asked by several threads at once."""

    @property
    def nbytes(self) -> int:
        """Bytes held at present."""

    def differences(
        self, unary: FloatArray, compat: tuple[float, float], iterations: int, slices: Sequence[int] | None = None
    ) -> FloatArray | None:
        """Give Q_c - Q_0 after mean field, (C, n, Y, X) float32; None where the CPU should answer instead.

        Args:
            unary: (C, n, Y, X), log-ratio of every class to background.
            compat: weights of the smoothness and of the appearance kernel, ≥ 0.
            iterations: 0 gives the unary's own.
            slices: numbers of the n slices; None for all, as a volume wants it.
        """


Accelerator = Callable[[Plan], FastKernel | None]
"""Builds kernels, or leaves them to the CPU (None)."""

_in_place: list[Accelerator] = []


@contextmanager
def accelerated(accelerator: Accelerator | None) -> Iterator[None]:
    """Offer all kernels of this process to ``accelerator`` while the context lasts; None changes nothing."""
    if accelerator is None:
        yield
        return
    _in_place.append(accelerator)
    try:
        yield
    finally:
        _in_place.remove(accelerator)


def fast_kernel(plan: Plan) -> FastKernel | None:
    """Give kernels built by what is in place, if anything is and it can."""
    newest = _in_place[-1:]  # another thread may take its own away meanwhile
    return newest[0](plan) if newest else None
