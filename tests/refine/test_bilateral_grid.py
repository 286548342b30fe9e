import numpy as np
import pytest
from scipy.ndimage import gaussian_filter

from napari_wsss.refine import bilateral_grid
from napari_wsss.refine.bilateral_grid import BilateralGrid
from napari_wsss.refine.exact import exact_kernel
from napari_wsss.refine.filter_kernel import NormalisedFilter
from napari_wsss.refine.theta import Theta


def _image(shape, seed=0):
    image = gaussian_filter(np.random.default_rng(seed).normal(size=shape), [0, *(min(n, 8) / 4 for n in shape[1:])])
    return ((image - image.min()) / np.ptp(image)).astype(np.float32)


def _theta(space, colour, channels):
    return Theta((3.0,) * 3, (space, 1.3 * space, space), (colour,) * channels)


@pytest.mark.parametrize(
    ("shape", "space", "colour", "density", "tolerance"),
    [
        ((1, 1, 24, 30), 20, 0.1, 3, 0.01),
        ((1, 1, 24, 30), 20, 0.1, 1, 0.1),
        ((1, 5, 12, 13), 4, 0.1, 3, 0.02),
        ((1, 5, 1, 13), 4, 0.1, 3, 0.02),
        ((1, 5, 12, 1), 4, 0.1, 3, 0.02),
        ((1, 1, 24, 30), 1.5, 0.02, 2, 0.03),  # grid rows too long to be gathered first
        ((2, 1, 24, 30), 12, 0.1, 2, 0.03),
        ((3, 1, 24, 30), 12, 0.3, 2, 0.03),
        ((4, 3, 10, 11), 8, 0.3, 1.5, 0.05),
    ],
)
def test_close_to_the_exact_kernel(shape, space, colour, density, tolerance):
    image = _image(shape)
    theta = _theta(space, colour, shape[0])
    values = np.random.default_rng(1).random(shape[1:]).astype(np.float32)
    exact = exact_kernel(image, theta).appearance(values)
    ours = NormalisedFilter(BilateralGrid(image, theta, density), np.ones(shape[1:], np.float32))(values)
    np.testing.assert_allclose(ours, exact, atol=tolerance)


@pytest.mark.parametrize("shape", [(2, 2, 12, 14), (1, 1, 30, 20), (1, 6, 9, 8), (3, 2, 9, 8)])
def test_is_its_own_transpose(shape):
    grid = BilateralGrid(_image(shape), _theta(6, 0.1, shape[0]), 1.5)
    first, second = np.random.default_rng(3).random((2, *shape[1:])).astype(np.float32)
    assert (grid(first) * second).sum() == pytest.approx((first * grid(second)).sum(), rel=1e-4)


@pytest.mark.parametrize("shape", [(1, 1, 61, 40), (2, 1, 61, 40), (3, 1, 61, 40), (1, 37, 9, 8)])
@pytest.mark.parametrize("cores", [2, 3, 8])
def test_parts_give_what_the_whole_gives(shape, cores, monkeypatch):
    image, values = _image(shape), np.random.default_rng(2).random(shape[1:]).astype(np.float32)
    theta = _theta(5, 0.1, shape[0])
    whole = BilateralGrid(image, theta, 1.5)(values)
    monkeypatch.setattr(bilateral_grid, "_SMALL", 0)
    monkeypatch.setattr(bilateral_grid, "threads", lambda: cores)
    grid = BilateralGrid(image, theta, 1.5)
    assert 1 < len(grid.scratch(1).parts) <= cores
    np.testing.assert_allclose(grid(values), whole, rtol=1e-5)


@pytest.mark.parametrize("axis", [1, 2])
def test_flips_with_the_image(axis):
    image = _image((1, 1, 20, 27))
    theta = _theta(9, 0.08, 1)
    values = np.random.default_rng(2).random((1, 20, 27)).astype(np.float32)
    flipped = BilateralGrid(np.flip(image, axis + 1), theta, 2)(np.flip(values, axis))
    np.testing.assert_allclose(np.flip(flipped, axis), BilateralGrid(image, theta, 2)(values), rtol=1e-3)


def test_edges_in_the_image_are_kept():
    image = np.zeros((1, 1, 16, 16), np.float32)
    image[..., 8:] = 1
    values = image[0]
    kernel = NormalisedFilter(BilateralGrid(image, _theta(10, 0.05, 1), 3), np.ones((1, 16, 16), np.float32))
    result = kernel(values)
    assert np.abs(result[..., :8]).max() < 1e-4
    np.testing.assert_allclose(result[..., 8:].mean(), 1, atol=0.02)
