"""What a dense CRF builds from a scan alone, kept while the inference's knobs move."""

from __future__ import annotations

from collections.abc import Sequence
from threading import Lock
from typing import TYPE_CHECKING

import numpy as np

from napari_wsss.refine.accelerator import Plan, fast_kernel
from napari_wsss.refine.crf_settings import KernelWidths, MeanField
from napari_wsss.types import BoolArray, FloatArray, Spacing

if TYPE_CHECKING:
    from napari_wsss.refine.cpu_kernels import CpuKernels


class ScanKernel:
    """The kernels of a scan; moving ``compat``, ``iterations`` or ``gt_prob`` uses them again.

    Several threads may use it at once. numba is loaded by the first.

    Args:
        image: (channels, Z, Y, X), any number of channels, each spanning about 0 … 1.
        spacing: voxel size along Z, Y, X in mm.
        widths: knobs; in ``mode`` "2d" every slice has a kernel by itself, built when it is first asked for.
        region: (Z, Y, X); voxels outside neither send nor receive anything. None for all.

    Attributes:
        shape: (Z, Y, X).
        apart: every slice stands by itself.

    Raises:
        InputError: the image is not finite, or the region does not fit.
        RecipeError: ``srgb`` does not fit the channels.
    """

    def __init__(
        self, image: FloatArray, spacing: Spacing, widths: KernelWidths, region: BoolArray | None = None
    ) -> None:
        z, y, x = image.shape[1:]
        self.shape, self.apart = (z, y, x), widths.mode == "2d"
        self._plan = Plan(image, widths.theta(spacing, len(image)), self.apart, region)
        self._own = widths.engine == "own"
        self._fast = fast_kernel(self._plan) if self._own else None
        self._cpu: CpuKernels | None = None
        self._lock = Lock()
        if self._own and self._fast is None and not self.apart:
            self._on_cpu()

    @property
    def nbytes(self) -> int:
        """Bytes held by what has been built so far."""
        return sum(one.nbytes for one in (self._fast, self._cpu) if one is not None)

    @property
    def seconds(self) -> float:
        """Time spent so far on building, as far as the CPU did it."""
        return self._cpu.seconds if self._cpu is not None else 0.0

    def infer(self, unary_prob: FloatArray, params: MeanField, slices: Sequence[int] | None = None) -> FloatArray:
        """Infer class probabilities.

        Args:
            unary_prob: (C + 1, n, Y, X) in [0, 1], background first.
            params: knobs of the inference.
            slices: numbers of the n slices; None for all of them, as a volume wants it.

        Returns:
            (C + 1, n, Y, X) float32, summing to 1; outside the region the unary as it was.

        Raises:
            InputError: the image is not finite, or the region does not fit.
            RecipeError: the engine asked for is not installed.
        """
        from napari_wsss.refine.meanfield import log_ratios, probabilities

        compat = (params.compat_smooth, params.compat)
        if not self._own:
            return self._by_pydensecrf(unary_prob, compat, params.iterations, slices)
        unary = log_ratios(unary_prob)
        found = self._fast.differences(unary, compat, params.iterations, slices) if self._fast is not None else None
        if found is None:
            found = self._on_cpu().differences(unary, compat, params.iterations, slices)
        return probabilities(found)

    def _on_cpu(self) -> CpuKernels:
        from napari_wsss.refine.cpu_kernels import CpuKernels

        with self._lock:
            if self._cpu is None:
                self._cpu = CpuKernels(self._plan)
            return self._cpu

    def _by_pydensecrf(
        self, unary_prob: FloatArray, compat: tuple[float, float], iterations: int, slices: Sequence[int] | None
    ) -> FloatArray:
        from napari_wsss.refine.pydensecrf_engine import mean_field_by_pydensecrf

        result = np.empty(unary_prob.shape, np.float32)
        numbers = slices if slices is not None else range(self.shape[0])
        pieces = [(slice(n, n + 1), slice(z, z + 1)) for n, z in enumerate(numbers)]
        for here, there in pieces if self.apart else [(slice(None), slice(None))]:
            region = None if self._plan.region is None else self._plan.region[there]
            image = self._plan.image[:, there]
            result[:, here] = mean_field_by_pydensecrf(
                image, self._plan.theta, unary_prob[:, here], compat, iterations, region
            )
        return result
