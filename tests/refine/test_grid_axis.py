import numpy as np
import pytest

from napari_wsss.refine.grid_axis import grid_axis


@pytest.mark.parametrize(("length", "theta", "density"), [(50, 10, 2), (240, 30, 3), (33, 7, 1), (2, 30, 2)])
def test_interpolates_positions_between_end_nodes(length, theta, density):
    axis = grid_axis(length, theta, density)
    places = axis.lower + axis.upper_weight
    np.testing.assert_allclose(places, np.linspace(0, axis.nodes - 1, length), atol=1e-4)
    assert (axis.lower + (axis.upper_weight > 0) < axis.nodes).all()
    assert (length - 1) / (axis.nodes - 1) <= max(theta / density, 1)


def test_flipping_changes_nothing():
    axis = grid_axis(50, 10, 2)
    places = axis.lower + axis.upper_weight
    np.testing.assert_allclose(places, (axis.nodes - 1) - places[::-1], atol=1e-4)


def test_narrow_kernels_are_exact():
    axis = grid_axis(20, 1.5, 3)
    assert axis.nodes == 20
    assert not axis.upper_weight.any()
    difference = np.subtract.outer(np.arange(20), np.arange(20))
    np.testing.assert_allclose(axis.blur, np.exp(-0.5 * (difference / 1.5) ** 2), atol=1e-6)


def test_a_single_slice_has_one_node():
    axis = grid_axis(1, 30, 3)
    assert axis.blur.tolist() == [[1]]
    assert axis.lower.tolist() == axis.upper_weight.tolist() == [0]


@pytest.mark.parametrize("density", [1, 2, 3])
def test_wide_kernels_are_close(density):
    axis = grid_axis(100, 15, density)
    matrix = np.zeros((100, axis.nodes))
    rows = np.arange(100)
    matrix[rows, axis.lower] += 1 - axis.upper_weight
    matrix[rows, np.minimum(axis.lower + 1, axis.nodes - 1)] += axis.upper_weight
    ours = matrix @ axis.blur @ matrix.T
    exact = np.exp(-0.5 * (np.subtract.outer(rows, rows) / 15) ** 2)
    ours *= exact.mean() / ours.mean()  # normalised away in the CRF
    assert np.abs(ours - exact).max() < {1: 0.25, 2: 0.04, 3: 0.02}[density]


def test_no_voxel_reaches_beyond_the_last_node():
    """Compiled code does not check bounds: a rounding error here would end the process."""
    for length in (1, 2, 3, 7, 155, 197, 203, 223, 241, 256, 511):
        for theta in (0.7, 1.9, 4.76, 10.0, 33.3):
            for density in (1.0, 1.2, 1.5, 2.0, 2.5, 3.0):
                axis = grid_axis(length, theta, density)
                highest = axis.lower + (axis.upper_weight > 0)
                assert axis.lower.min() >= 0
                assert highest.max() <= axis.nodes - 1, (length, theta, density)
