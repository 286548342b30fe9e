"""Dense CRF kernels on a bilateral grid, and mean field on them in few passes over memory. Imports numba."""

from __future__ import annotations

import numpy as np

from napari_wsss.refine.bilateral_grid import BilateralGrid
from napari_wsss.refine.gaussian import GaussianFilter
from napari_wsss.refine.grid_advance import Buffers, Tables, advance
from napari_wsss.refine.grid_axis import gaussian_taps
from napari_wsss.refine.theta import Theta
from napari_wsss.refine.threads import each
from napari_wsss.types import BoolArray, FloatArray


class GridKernel:
    """Both kernels of a dense CRF, symmetrically normalised, the appearance kernel on a bilateral grid.

    Attributes:
        shape: (Z, Y, X).
        grid: the appearance kernel before its normalisation.
        norm, smooth_norm: (A, B, X) float32, 1 / √ of the kernels' row sums; 0 outside the region.
        smooth_taps: the smoothness kernel along A, B and X.
    """

    def __init__(
        self, grid: BilateralGrid, theta: Theta, shape: tuple[int, int, int], inside: BoolArray | None
    ) -> None:
        self.shape, self.grid = shape, grid
        widths = (theta.smooth[1], 1.0, theta.smooth[2]) if shape[0] == 1 else theta.smooth
        a, b, x = (
            gaussian_taps(width, length, between_nodes=False) for width, length in zip(widths, grid.shape, strict=True)
        )
        self.smooth_taps = (a, b, x)
        ones = np.ones(shape, np.float32) if inside is None else inside.astype(np.float32)
        self.norm = _norm(grid(ones), ones).reshape(grid.shape)
        self.smooth_norm = _norm(GaussianFilter(theta.smooth)(ones), ones).reshape(grid.shape)

    @property
    def nbytes(self) -> int:
        """Bytes held."""
        return self.grid.nbytes + self.norm.nbytes + self.smooth_norm.nbytes

    def differences(self, unary: FloatArray, compat: tuple[float, float], iterations: int) -> FloatArray:
        """Give Q_c - Q_0 after mean field, (C, Z, Y, X) float32.

        Args:
            unary: (C, Z, Y, X) float32, log-ratio of every class to background.
            compat: weights of the smoothness and of the appearance kernel.
            iterations: 0 gives the unary's own.
        """
        start = np.array(unary, np.float32, order="C").reshape(-1, *self.grid.shape)
        scratch, smoothed = self.grid.scratch(len(start)), np.empty((2, *start.shape), np.float32)
        buffers = [Buffers(*pair) for pair in zip(scratch.flats, smoothed, strict=True)]
        tables = Tables(
            self.grid.layout, self.grid.table, self.norm, self.smooth_norm, self.smooth_taps,
            float(compat[0]), float(compat[1]),
        )  # fmt: skip
        result = np.empty_like(start)
        steps = iterations if any(compat) else 0
        for step in range(steps + 1):
            now = step % 2
            if step and compat[1]:
                self.grid.blur(scratch, 1 - now)
            # The first has no filters' results to read, the last has none to ask for.
            each(advance, [
                (start, *part, step > 0, step < steps, tables, buffers[1 - now], buffers[now], result)
                for part in scratch.parts
            ])  # fmt: skip
        return result.reshape(unary.shape)


def _norm(sums: FloatArray, inside: FloatArray) -> FloatArray:
    """Give 1 / √sums; the voxel's own term alone is 1, less is rounding."""
    result: FloatArray = inside / np.sqrt(np.maximum(sums, np.float32(1e-20)))
    return np.ascontiguousarray(result, np.float32)
