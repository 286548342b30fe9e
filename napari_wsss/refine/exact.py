"""Dense CRF kernels written out, every voxel against every voxel: the measure for the fast ones. Small images only."""

from __future__ import annotations

import numpy as np

from napari_wsss.refine.filter_kernel import Filter, FilterKernel, NormalisedFilter
from napari_wsss.refine.kernel import check, features
from napari_wsss.refine.theta import Theta
from napari_wsss.types import BoolArray, FloatArray


def exact_kernel(image: FloatArray, theta: Theta, region: BoolArray | None = None) -> FilterKernel:
    """Build both kernels as N × N matrices (memory 8 N² bytes each; 64 × 64 pixels take 134 MB).

    Args and errors as :func:`napari_wsss.refine.kernel.build_kernel`.
    """
    shape = check(image, theta, region)
    nowhere = np.zeros((0, *shape), np.float32)
    smooth = _matrix(features(nowhere, Theta(theta.smooth, theta.smooth, ())))
    appearance = _matrix(features(image, theta))
    inside = np.ones(shape, np.float32) if region is None else region.astype(np.float32)
    return FilterKernel(shape, NormalisedFilter(smooth, inside), NormalisedFilter(appearance, inside))


def _matrix(points: FloatArray) -> Filter:
    wide = points.astype(np.float64)
    squares = (wide**2).sum(axis=0)
    matrix = np.exp(-0.5 * np.maximum(squares[:, None] + squares - 2 * wide.T @ wide, 0))

    def apply(values: FloatArray) -> FloatArray:
        result: FloatArray = (matrix @ values.ravel()).reshape(values.shape)
        return result

    return apply
