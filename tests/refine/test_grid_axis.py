import numpy as np
import pytest

from napari_wsss.refine.grid_axis import gaussian_taps, grid_axis


@pytest.mark.parametrize(("length", "theta", "density"), [(50, 10, 2), (240, 30, 3), (33, 7, 1), (2, 30, 2)])
def test_interpolates_positions_between_end_nodes(length, theta, density):
    axis = grid_axis(length, theta, density)
    places = axis.lower + axis.upper_weight
    np.testing.assert_allclose(places, np.linspace(0, axis.nodes - 1, length), atol=1e-4)
    assert (length - 1) / (axis.nodes - 1) <= max(theta / density, 1)


def test_flipping_changes_nothing():
    axis = grid_axis(50, 10, 2)
    places = axis.lower + axis.upper_weight
    np.testing.assert_allclose(places, (axis.nodes - 1) - places[::-1], atol=1e-4)


def test_narrow_kernels_are_exact():
    axis = grid_axis(20, 1.5, 3)
    assert axis.nodes == 20
    np.testing.assert_array_equal(axis.lower + axis.upper_weight, np.arange(20))
    np.testing.assert_allclose(axis.taps, np.exp(-0.5 * (np.arange(7) / 1.5) ** 2), atol=1e-7)


def test_a_single_slice_has_one_node():
    axis = grid_axis(1, 30, 3)
    assert (axis.nodes, axis.taps.tolist()) == (1, [1])
    assert axis.lower.tolist() == axis.upper_weight.tolist() == [0]


def test_taps_by_hand():
    np.testing.assert_allclose(gaussian_taps(1, 9, between_nodes=False), np.exp([0, -0.5, -2, -4.5, -8]), rtol=1e-6)
    assert len(gaussian_taps(1, 3, between_nodes=False)) == 3, "not beyond the axis' end"
    # Interpolating to and from the nodes adds a variance of 1/3: (4/3) - 1/3 = 1.
    wide = gaussian_taps(np.sqrt(4 / 3), 9, between_nodes=True)
    np.testing.assert_allclose(wide, np.exp([0, -0.5, -2, -4.5, -8, -12.5]), rtol=1e-6)


@pytest.mark.parametrize("density", [1, 2, 3])
def test_wide_kernels_are_close(density):
    axis = grid_axis(100, 15, density)
    matrix = np.zeros((100, axis.nodes))
    rows, nodes = np.arange(100), np.arange(axis.nodes)
    matrix[rows, axis.lower] += 1 - axis.upper_weight
    matrix[rows, axis.lower + 1] += axis.upper_weight
    distance = np.abs(np.subtract.outer(nodes, nodes))
    blur = np.where(distance < len(axis.taps), axis.taps[distance.clip(max=len(axis.taps) - 1)], 0)
    ours = matrix @ blur @ matrix.T
    exact = np.exp(-0.5 * (np.subtract.outer(rows, rows) / 15) ** 2)
    ours *= exact.mean() / ours.mean()  # normalised away in the CRF
    assert np.abs(ours - exact).max() < {1: 0.25, 2: 0.04, 3: 0.02}[density]


def test_no_voxel_reaches_beyond_the_last_node():
    """Compiled code does not check bounds: a rounding error here would end the process."""
    for length in (1, 2, 3, 7, 155, 197, 203, 223, 241, 256, 511):
        for theta in (0.7, 1.9, 4.76, 10.0, 33.3):
            for density in (1.0, 1.25, 1.5, 2.0, 2.5, 3.0):
                axis = grid_axis(length, theta, density)
                assert axis.lower.min() >= 0
                assert axis.lower.max() <= max(axis.nodes - 2, 0), (length, theta, density)
                assert 0 <= axis.upper_weight.min() <= axis.upper_weight.max() <= 1
