"""The kernels of a whole scan on the CPU: one, or one for each slice, built when first asked for."""

from __future__ import annotations

from collections.abc import Sequence
from threading import Lock
from time import perf_counter

import numpy as np

from napari_wsss.refine.accelerator import Plan
from napari_wsss.refine.kernel import Kernel, build_kernel
from napari_wsss.refine.threads import each
from napari_wsss.types import FloatArray


class CpuKernels:
    """Kernels of a scan; several threads may use them at once, each slice's is built once.

    Args:
        plan: image, widths and region; one kernel for the volume is built at once, those of slices at need.

    Attributes:
        seconds: time spent so far on building.

    Raises:
        InputError: the image is not finite, or the region does not fit.
    """

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self.seconds = 0.0
        self._lock = Lock()
        self._locks = [Lock() for _ in range(plan.image.shape[1])]
        self._kernels: dict[int, Kernel] = {}
        if not plan.apart:
            self.kernel(0)

    @property
    def nbytes(self) -> int:
        """Bytes held by the kernels built so far."""
        with self._lock:
            return sum(kernel.nbytes for kernel in self._kernels.values())

    def differences(
        self, unary: FloatArray, compat: tuple[float, float], iterations: int, slices: Sequence[int] | None = None
    ) -> FloatArray:
        """As :meth:`napari_wsss.refine.accelerator.FastKernel.differences`, and never None."""
        if not self._plan.apart:
            return self.kernel(0).differences(unary, compat, iterations)
        result = np.empty(unary.shape, np.float32)

        def one(place: int, z: int) -> None:
            here = slice(place, place + 1)
            result[:, here] = self.kernel(z).differences(unary[:, here], compat, iterations)

        each(one, list(enumerate(slices if slices is not None else range(unary.shape[1]))))
        return result

    def kernel(self, z: int) -> Kernel:
        """Give the kernel of slice ``z`` (0 for that of the volume), built at the first call."""
        with self._locks[z]:
            if z not in self._kernels:
                begun = perf_counter()
                where = slice(z, z + 1) if self._plan.apart else slice(None)
                region = None if self._plan.region is None else self._plan.region[where]
                built = build_kernel(self._plan.image[:, where], self._plan.theta, region)
                with self._lock:
                    self._kernels[z] = built
                    self.seconds += perf_counter() - begun
            return self._kernels[z]
