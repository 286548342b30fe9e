"""The kernels of a dense CRF, built once for an image and its widths. Imports numba."""

from __future__ import annotations

from typing import Protocol

import numpy as np

from napari_wsss.errors import InputError
from napari_wsss.refine.bilateral_grid import BilateralGrid
from napari_wsss.refine.colour_axes import turn
from napari_wsss.refine.filter_kernel import FilterKernel, NormalisedFilter
from napari_wsss.refine.gaussian import GaussianFilter
from napari_wsss.refine.grid_density import choose_density
from napari_wsss.refine.grid_kernel import GridKernel
from napari_wsss.refine.meanfield import normalised
from napari_wsss.refine.permutohedral import PermutohedralLattice
from napari_wsss.refine.theta import Theta
from napari_wsss.types import BoolArray, FloatArray


class Kernel(Protocol):
    """Everything of a dense CRF that depends on the image, the region and the widths alone."""

    @property
    def shape(self) -> tuple[int, int, int]:
        """(Z, Y, X)."""

    @property
    def nbytes(self) -> int:
        """Bytes held."""

    def differences(self, unary: FloatArray, compat: tuple[float, float], iterations: int) -> FloatArray:
        """Give Q_c - Q_0 after mean field, (C, Z, Y, X) float32.

        Args:
            unary: (C, Z, Y, X) float32, log-ratio of every class to background.
            compat: weights of the smoothness and of the appearance kernel.
            iterations: 0 gives the unary's own.
        """


def build_kernel(image: FloatArray, theta: Theta, region: BoolArray | None = None) -> Kernel:
    """Build both kernels: the smoothness one as good as exact, the appearance one on the finest bearable grid.

    Where no grid is bearable (narrow kernels with many channels) the appearance kernel runs on a permutohedral lattice.

    Args:
        image: (channels, Z, Y, X); a single slice has Z = 1.
        theta: kernel widths in voxels and in the image's units.
        region: (Z, Y, X); voxels outside it neither send nor receive anything. None for all.

    Raises:
        InputError: the image has another number of axes or channels than ``theta``, or is not finite; the region has
            another shape.
    """
    shape = check(image, theta, region)
    if region is None or region.all():
        return _build(image, theta, None)
    box = bounding_box(region)
    if box is None:
        return Cut(None, (slice(0, 0),) * 3, shape)
    return Cut(_build(image[(slice(None), *box)], theta, region[box]), box, shape)


class Cut:
    """A kernel of the box around a region; outside of it the unary stands as it is.

    Attributes:
        shape: (Z, Y, X) of the whole.
        inner: kernel of the box, None where the region is empty.
        box: slices along Z, Y, X.
    """

    def __init__(self, inner: Kernel | None, box: tuple[slice, slice, slice], shape: tuple[int, int, int]) -> None:
        self.inner, self.box, self.shape = inner, box, shape

    @property
    def nbytes(self) -> int:
        """Bytes held."""
        return self.inner.nbytes if self.inner is not None else 0

    def differences(self, unary: FloatArray, compat: tuple[float, float], iterations: int) -> FloatArray:
        """As :meth:`Kernel.differences`."""
        result = normalised(unary)
        if self.inner is not None:
            here = (slice(None), *self.box)
            result[here] = self.inner.differences(unary[here], compat, iterations)
        return result


def bounding_box(region: BoolArray) -> tuple[slice, slice, slice] | None:
    """Give the smallest box around the True voxels of (Z, Y, X), None where there are none."""
    sides = []
    for axis in range(3):
        found = np.flatnonzero(region.any(axis=tuple(other for other in range(3) if other != axis)))
        if not len(found):
            return None
        sides.append(slice(int(found[0]), int(found[-1]) + 1))
    z, y, x = sides
    return z, y, x


def check(image: FloatArray, theta: Theta, region: BoolArray | None = None) -> tuple[int, int, int]:
    """Give the image's (Z, Y, X). Raises InputError as :func:`build_kernel`."""
    if image.ndim != 4 or len(image) != len(theta.colour):
        raise InputError(
            f"The CRF got an image of shape {image.shape}; expected (channels, Z, Y, X) with {len(theta.colour)} "
            "channels."
        )
    if not np.isfinite(image).all():
        raise InputError("The CRF got an image with NaN or infinite voxels; repair the scan first.")
    if region is not None and region.shape != image.shape[1:]:
        raise InputError(f"The CRF got a region of shape {region.shape}; expected the scan's, {image.shape[1:]}.")
    z, y, x = image.shape[1:]
    return z, y, x


def _build(image: FloatArray, theta: Theta, inside: BoolArray | None) -> Kernel:
    z, y, x = image.shape[1:]
    spread = turn(image, theta.colour)
    density = choose_density((z, y, x), spread, theta)
    if density is not None:
        return GridKernel(BilateralGrid(image, theta, density, spread), theta, (z, y, x), inside)
    lattice, smooth = PermutohedralLattice(features(image, theta)), GaussianFilter(theta.smooth)
    ones = np.ones((z, y, x), np.float32) if inside is None else inside.astype(np.float32)
    return FilterKernel((z, y, x), NormalisedFilter(smooth, ones), NormalisedFilter(lattice, ones))


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
