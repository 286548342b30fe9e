import numpy as np

from napari_wsss.refine.unary import unary_from_labels, unary_from_maps


def test_labels_by_hand():
    unary = unary_from_labels(np.array([[[0, 2]]], np.uint8), 2, 0.7)
    np.testing.assert_allclose(unary[:, 0, 0, 0], [0.7, 0.15, 0.15], rtol=1e-6)
    np.testing.assert_allclose(unary[:, 0, 0, 1], [0.15, 0.15, 0.7], rtol=1e-6)
    assert unary.dtype == np.float32


def test_one_map_is_its_own_probability_clipped():
    unary = unary_from_maps(np.array([[[[0.0, 0.3, 1.0]]]], np.float32))
    np.testing.assert_allclose(unary[1, 0, 0], [0.02, 0.3, 0.98], rtol=1e-6)
    np.testing.assert_allclose(unary.sum(axis=0), 1, rtol=1e-6)


def test_several_maps_by_hand():
    unary = unary_from_maps(np.array([0.6, 0.2], np.float32).reshape(2, 1, 1, 1))
    np.testing.assert_allclose(unary.ravel(), np.array([0.4, 0.6, 0.2]) / 1.2, rtol=1e-6)
