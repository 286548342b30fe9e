import numpy as np
import pytest
from scipy.ndimage import gaussian_filter

from napari_wsss.refine.bilateral_grid import BilateralGrid
from napari_wsss.refine.colour_axes import turn
from napari_wsss.refine.grid_density import DENSITIES, choose_density, cost
from napari_wsss.refine.theta import Theta


def _image(shape, seed=0):
    image = gaussian_filter(np.random.default_rng(seed).normal(size=shape), [0, *(min(n, 8) / 4 for n in shape[1:])])
    return ((image - image.min()) / np.ptp(image)).astype(np.float32)


def _theta(space, colour, channels):
    return Theta((3.0,) * 3, (space, 1.3 * space, space), (colour,) * channels)


def _density(image, theta):
    return choose_density(image.shape[1:], turn(image, theta.colour), theta)


def test_grey_images_get_a_fine_grid():
    assert _density(_image((1, 1, 64, 64)), _theta(30, 0.04, 1)) == DENSITIES[0][0]
    assert _density(_image((1, 1, 240, 240)), _theta(10, 0.04, 1)) >= 1.5
    assert _density(_image((1, 32, 64, 64)), _theta(10, 0.04, 1)) >= 1.5


@pytest.mark.parametrize("channels", [2, 3, 4, 5])
def test_many_narrow_channels_get_none(channels):
    noise = np.random.default_rng(0).random((channels, 1, 64, 64)).astype(np.float32)
    assert _density(noise, _theta(4, 0.003, channels)) is None


def test_more_axes_than_there_is_room_for_get_none():
    noise = np.random.default_rng(0).random((16, 1, 8, 8)).astype(np.float32)
    assert _density(noise, _theta(10, 0.5, 16)) is None
    assert _density(noise[:12], _theta(10, 0.5, 12)) is not None


def test_nodes_are_counted_as_they_are_laid():
    for shape, colour in (((1, 1, 30, 41), 0.1), ((2, 4, 11, 12), 0.2)):
        image, theta = _image(shape), _theta(6, colour, shape[0])
        layout = BilateralGrid(image, theta, 1.5).layout
        assert cost(shape[1:], turn(image, theta.colour), theta, 1.5)[0] == layout.rows * layout.length
