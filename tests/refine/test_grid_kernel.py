"""The fused loops against the same mean field taken step by step."""

import numpy as np
import pytest

from napari_wsss.refine import bilateral_grid
from napari_wsss.refine.bilateral_grid import BilateralGrid
from napari_wsss.refine.filter_kernel import FilterKernel, NormalisedFilter
from napari_wsss.refine.gaussian import GaussianFilter
from napari_wsss.refine.grid_kernel import GridKernel
from napari_wsss.refine.theta import Theta


@pytest.mark.parametrize("cores", [1, 3])
@pytest.mark.parametrize("compat", [(3.0, 5.0), (0.0, 5.0), (3.0, 0.0)])
@pytest.mark.parametrize("size", [(1, 1, 33, 21), (1, 9, 12, 11), (2, 1, 33, 21), (3, 4, 9, 10)])
@pytest.mark.parametrize("classes", [1, 3])
def test_fused_equals_step_by_step(size, classes, compat, cores, monkeypatch):
    channels, *shape = size
    shape = tuple(shape)
    monkeypatch.setattr(bilateral_grid, "_SMALL", 0)
    monkeypatch.setattr(bilateral_grid, "threads", lambda: cores)
    rng = np.random.default_rng(0)
    image = rng.random((channels, *shape)).astype(np.float32)
    theta = Theta((1.5, 2.0, 2.0), (3.0, 4.0, 4.0), (0.3,) * channels)
    inside = rng.random(shape) < 0.8
    unary = rng.normal(0, 3, size=(classes, *shape)).astype(np.float32)
    grid = BilateralGrid(image, theta, 1.5)
    ones = inside.astype(np.float32)
    steps = FilterKernel(
        shape, NormalisedFilter(GaussianFilter(theta.smooth), ones), NormalisedFilter(grid, ones)
    ).differences(unary, compat, 4)
    np.testing.assert_allclose(GridKernel(grid, theta, shape, inside).differences(unary, compat, 4), steps, atol=2e-4)


def test_says_what_it_holds():
    image = np.random.default_rng(0).random((1, 1, 32, 32)).astype(np.float32)
    theta = Theta((3.0,) * 3, (9.0,) * 3, (0.1,))
    kernel = GridKernel(BilateralGrid(image, theta, 1.5), theta, (1, 32, 32), None)
    assert kernel.nbytes == 3 * 32 * 32 * 4 + 8, "places, two norms and a stride"
