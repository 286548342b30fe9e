import numpy as np
import pytest

from napari_wsss.errors import InputError
from napari_wsss.refine.filter_kernel import FilterKernel, NormalisedFilter
from napari_wsss.refine.grid_kernel import GridKernel
from napari_wsss.refine.kernel import bounding_box, build_kernel, features
from napari_wsss.refine.theta import Theta

THETA = Theta((3, 3, 3), (9, 9, 9), (0.1,))


def test_normalisation_by_hand():
    matrix = np.array([[1.0, 0.5], [0.5, 1.0]])
    kernel = NormalisedFilter(lambda v: (matrix @ v.ravel()).reshape(v.shape), np.ones((1, 1, 2)))
    np.testing.assert_allclose(kernel(np.array([[[1.0, 0.0]]])).ravel(), [1 / 1.5, 0.5 / 1.5], rtol=1e-6)
    alone = NormalisedFilter(lambda v: (matrix @ v.ravel()).reshape(v.shape), np.array([[[1.0, 0.0]]]))
    np.testing.assert_allclose(alone(np.array([[[1.0, 7.0]]])).ravel(), [1, 0], rtol=1e-6)


def test_features_by_hand():
    image = np.array([0.0, 0.5, 1.0, 0.2], np.float32).reshape(1, 1, 2, 2)
    points = features(image, Theta((1, 1, 1), (9, 2, 4), (0.1,)))
    np.testing.assert_allclose(points, [[0, 0, 0.5, 0.5], [0, 0.25, 0, 0.25], [0, 5, 10, 2]], rtol=1e-6)


def test_a_grid_where_it_is_bearable_else_the_lattice():
    noise = np.random.default_rng(0).random((4, 1, 64, 64)).astype(np.float32)
    assert isinstance(build_kernel(noise[:1], THETA), GridKernel)
    kernel = build_kernel(noise, Theta((3, 3, 3), (10, 10, 10), (0.01,) * 4))
    assert isinstance(kernel, FilterKernel)
    assert kernel.nbytes > noise.nbytes
    assert np.isfinite(kernel.differences(noise[:1], (3.0, 5.0), 2)).all()


def test_bounding_box_by_hand():
    region = np.zeros((3, 5, 6), bool)
    assert bounding_box(region) is None
    region[1, 2, 4] = region[2, 1, 4] = True
    assert bounding_box(region) == (slice(1, 3), slice(1, 3), slice(4, 5))


@pytest.mark.parametrize("shape", [(1, 8, 8), (2, 1, 8, 8)])
def test_wrong_axes_or_channels(shape):
    with pytest.raises(InputError, match="with 1 channels"):
        build_kernel(np.zeros(shape, np.float32), THETA)


def test_nan_is_named():
    image = np.full((1, 1, 4, 4), np.nan, np.float32)
    with pytest.raises(InputError, match="NaN"):
        build_kernel(image, THETA)


def test_a_region_of_another_shape_is_named():
    with pytest.raises(InputError, match=r"region of shape \(1, 4, 5\); expected the scan's, \(1, 4, 4\)"):
        build_kernel(np.zeros((1, 1, 4, 4), np.float32), THETA, np.ones((1, 4, 5), bool))
