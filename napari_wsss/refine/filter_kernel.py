"""Dense CRF kernels made of any two filters, and mean field on them step by step."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from napari_wsss.refine.meanfield import normalised
from napari_wsss.types import FloatArray

Filter = Callable[[FloatArray], FloatArray]
"""K v for a volume v (Z, Y, X) float32."""


class NormalisedFilter:
    """D^-½ K D^-½ with D the row sums of K: symmetric normalisation, the voxel's own term kept."""

    def __init__(self, kernel: Filter, inside: FloatArray) -> None:
        """``inside``: (Z, Y, X), 1 for voxels that take part and 0 for others, which neither send nor receive."""
        self._kernel = kernel
        # The voxel's own term alone is 1; less is rounding.
        self._norm: FloatArray = inside / np.sqrt(np.maximum(kernel(inside), np.float32(1e-20)))

    @property
    def nbytes(self) -> int:
        """Bytes held."""
        return self._norm.nbytes + getattr(self._kernel, "nbytes", 0)

    def __call__(self, values: FloatArray) -> FloatArray:
        """Filter (Z, Y, X) float32."""
        result: FloatArray = self._norm * self._kernel(self._norm * values)
        return result


@dataclass(frozen=True, eq=False)
class FilterKernel:
    """Both kernels of a dense CRF as filters.

    Attributes:
        shape: (Z, Y, X).
        smooth: the smoothness kernel (position alone).
        appearance: the appearance kernel (position and brightness).
    """

    shape: tuple[int, int, int]
    smooth: NormalisedFilter
    appearance: NormalisedFilter

    @property
    def nbytes(self) -> int:
        """Bytes held."""
        return self.smooth.nbytes + self.appearance.nbytes

    def differences(self, unary: FloatArray, compat: tuple[float, float], iterations: int) -> FloatArray:
        """As :meth:`napari_wsss.refine.kernel.Kernel.differences`."""
        terms = [(term, np.float32(w)) for term, w in zip((self.smooth, self.appearance), compat, strict=True) if w]
        result = normalised(unary)
        for _ in range(iterations if terms else 0):
            logits = unary.astype(np.float32)
            for term, weight in terms:
                for c, difference in enumerate(result):
                    logits[c] += weight * term(difference)
            result = normalised(logits)
        return result
