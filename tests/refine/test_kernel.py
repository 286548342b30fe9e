import numpy as np
import pytest

from napari_wsss.errors import InputError
from napari_wsss.refine.kernel import NormalisedKernel, build_kernel, features
from napari_wsss.refine.permutohedral import PermutohedralLattice
from napari_wsss.refine.theta import Theta


def test_normalisation_by_hand():
    matrix = np.array([[1.0, 0.5], [0.5, 1.0]])
    kernel = NormalisedKernel(lambda v: (matrix @ v.ravel()).reshape(v.shape), (1, 1, 2))
    np.testing.assert_allclose(kernel(np.array([[[1.0, 0.0]]])).ravel(), [1 / 1.5, 0.5 / 1.5], rtol=1e-6)
    np.testing.assert_allclose(kernel.of_ones, 1, rtol=1e-6)


def test_features_by_hand():
    image = np.array([0.0, 0.5, 1.0, 0.2], np.float32).reshape(1, 1, 2, 2)
    points = features(image, Theta((1, 1, 1), (9, 2, 4), (0.1,)))
    np.testing.assert_allclose(points, [[0, 0, 0.5, 0.5], [0, 0.25, 0, 0.25], [0, 5, 10, 2]], rtol=1e-6)


def test_falls_back_to_the_lattice():
    noise = np.random.default_rng(0).random((4, 1, 64, 64)).astype(np.float32)
    kernel = build_kernel(noise, Theta((3, 3, 3), (10, 10, 10), (0.01,) * 4))
    assert isinstance(kernel.appearance._kernel, PermutohedralLattice)
    assert np.isfinite(kernel.appearance.of_ones).all()


@pytest.mark.parametrize("shape", [(1, 8, 8), (2, 1, 8, 8)])
def test_wrong_axes_or_channels(shape):
    with pytest.raises(InputError, match="with 1 channels"):
        build_kernel(np.zeros(shape, np.float32), Theta((3, 3, 3), (9, 9, 9), (0.1,)))


def test_nan_is_named():
    image = np.full((1, 1, 4, 4), np.nan, np.float32)
    with pytest.raises(InputError, match="NaN"):
        build_kernel(image, Theta((3, 3, 3), (9, 9, 9), (0.1,)))
