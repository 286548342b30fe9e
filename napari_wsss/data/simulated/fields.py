"""Smooth random fields: the one source of irregularity in shapes, tissue and coil sensitivity."""

from __future__ import annotations

import numpy as np
from scipy.interpolate import BSpline

from napari_wsss.types import FloatArray, Spacing

_SPREAD = 0.479**1.5
"""Standard deviation of a cubic B-spline surface with white-noise coefficients: the basis' mean square sum
is 151 / 315 along each of three axes."""


def smooth_field(rng: np.random.Generator, shape: tuple[int, int, int], spacing: Spacing, scale: float) -> FloatArray:
    """Give a cubic B-spline with white-noise coefficients.

    Args:
        rng: source of randomness.
        shape: voxels along Z, Y, X.
        spacing: voxel size along Z, Y, X in mm.
        scale: distance of the spline's knots in mm; bumps are about twice as wide.

    Returns:
        (Z, Y, X) float32, expected mean 0 and standard deviation 1.
    """
    along_z, along_y, along_x = (_basis(count, size / scale) for count, size in zip(shape, spacing, strict=True))
    coefficients = rng.standard_normal((along_z.shape[1], along_y.shape[1], along_x.shape[1]), dtype=np.float32)
    rows = np.einsum("zi,ijk->zjk", along_z, coefficients)
    return np.asarray(along_y @ rows @ along_x.T / _SPREAD, dtype=np.float32)


def _basis(count: int, step: float) -> FloatArray:
    """Give (count, coefficients): the weight of each coefficient at ``count`` places, ``step`` knots apart."""
    places = step * np.arange(count)
    knots = np.arange(-3.0, np.floor(places[-1]) + 5.0)
    return np.asarray(BSpline.design_matrix(places, knots, 3).toarray(), dtype=np.float32)
