"""The kernels of a dense CRF, built once for an image and its widths. Imports numba."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from napari_wsss.errors import InputError
from napari_wsss.refine.bilateral_grid import BilateralGrid, choose_density
from napari_wsss.refine.blas import one_core
from napari_wsss.refine.gaussian import GaussianFilter
from napari_wsss.refine.permutohedral import PermutohedralLattice
from napari_wsss.refine.theta import Theta
from napari_wsss.types import FloatArray

Filter = Callable[[FloatArray], FloatArray]
"""K v for a volume v (Z, Y, X) float32."""


class NormalisedKernel:
    """D^-½ K D^-½ with D the row sums of K: symmetric normalisation, the voxel's own term kept.

    Attributes:
        of_ones: (Z, Y, X), the kernel applied to a volume of ones.
    """

    def __init__(self, kernel: Filter, shape: tuple[int, int, int]) -> None:
        self._kernel = kernel
        sums = kernel(np.ones(shape, np.float32))
        # The voxel's own term alone is 1; less is rounding.
        self._norm: FloatArray = 1 / np.sqrt(np.maximum(sums, np.float32(1e-20)))
        self.of_ones: FloatArray = self(np.ones(shape, np.float32))

    def __call__(self, values: FloatArray) -> FloatArray:
        """Filter (Z, Y, X) float32."""
        result: FloatArray = self._norm * self._kernel(self._norm * values)
        return result


@dataclass(frozen=True, eq=False)
class CrfKernel:
    """Everything of a dense CRF that depends on the image and the widths alone.

    Attributes:
        shape: (Z, Y, X).
        smooth: the smoothness kernel (position alone).
        appearance: the appearance kernel (position and brightness).
    """

    shape: tuple[int, int, int]
    smooth: NormalisedKernel
    appearance: NormalisedKernel


def build_kernel(image: FloatArray, theta: Theta) -> CrfKernel:
    """Build both kernels: the smoothness one exact, the appearance one on the finest bearable bilateral grid.

    Where no grid is bearable (narrow kernels with many channels) the appearance kernel runs on a permutohedral lattice.

    Args:
        image: (channels, Z, Y, X); a single slice has Z = 1.
        theta: kernel widths in voxels and in the image's units.

    Raises:
        InputError: the image has another number of axes or channels than ``theta``, or is not finite.
    """
    shape = check(image, theta)
    density = choose_density(image, theta)
    appearance: Filter = (
        PermutohedralLattice(features(image, theta)) if density is None else BilateralGrid(image, theta, density)
    )
    smooth = GaussianFilter(theta.smooth)
    with one_core():
        return CrfKernel(shape, NormalisedKernel(smooth, shape), NormalisedKernel(appearance, shape))


def check(image: FloatArray, theta: Theta) -> tuple[int, int, int]:
    """Give the image's (Z, Y, X). Raises InputError as :func:`build_kernel`."""
    if image.ndim != 4 or len(image) != len(theta.colour):
        raise InputError(
            f"The CRF got an image of shape {image.shape}; expected (channels, Z, Y, X) with {len(theta.colour)} "
            "channels."
        )
    if not np.isfinite(image).all():
        raise InputError("The CRF got an image with NaN or infinite voxels; repair the scan first.")
    z, y, x = image.shape[1:]
    return z, y, x


def features(image: FloatArray, theta: Theta) -> FloatArray:
    """Give position (axes longer than 1) and brightness of every voxel in standard deviations, (d, N) float32."""
    shape = image.shape[1:]
    places = [
        (np.arange(length) / width).reshape([-1 if axis == other else 1 for other in range(3)])
        for axis, (length, width) in enumerate(zip(shape, theta.space, strict=True))
    ]
    kept = [np.broadcast_to(place, shape).ravel() for place, length in zip(places, shape, strict=True) if length > 1]
    colours = [channel.ravel() / width for channel, width in zip(image, theta.colour, strict=True)]
    return np.ascontiguousarray([*kept, *colours], dtype=np.float32)
