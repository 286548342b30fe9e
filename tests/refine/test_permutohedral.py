import numpy as np

from napari_wsss.refine.permutohedral import PermutohedralLattice


def _features(points=900, d=3):
    return np.random.default_rng(0).normal(0, 1, size=(d, points)).astype(np.float32)


def test_approximates_a_gaussian_up_to_a_factor():
    features = _features()
    values = np.random.default_rng(1).random(features.shape[1]).astype(np.float32)
    squares = ((features[:, :, None] - features[:, None]) ** 2).sum(axis=0)
    exact = np.exp(-0.5 * squares) @ values
    approximate = PermutohedralLattice(features)(values)
    factor = (exact / approximate).mean()
    assert np.corrcoef(exact, approximate)[0, 1] > 0.99
    assert np.abs(approximate * factor / exact - 1).mean() < 0.1


def test_linear_and_shape_kept():
    lattice = PermutohedralLattice(_features(60))
    first, second = np.random.default_rng(2).random((2, 3, 4, 5)).astype(np.float32)
    assert lattice(first).shape == (3, 4, 5)
    np.testing.assert_allclose(lattice(2 * first + second), 2 * lattice(first) + lattice(second), rtol=1e-4)


def test_far_points_do_not_meet():
    features = np.array([[0.0, 100.0], [0.0, 0.0]], np.float32)
    result = PermutohedralLattice(features)(np.array([1.0, 0.0], np.float32))
    assert result[0] > 0
    assert result[1] == 0
