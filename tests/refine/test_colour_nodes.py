import numpy as np
import pytest

from napari_wsss.refine import colour_nodes as module
from napari_wsss.refine.colour_axes import turn
from napari_wsss.refine.colour_nodes import colour_nodes, count_colours, locate_all


@pytest.fixture
def spread():
    image = np.random.default_rng(0).random((3, 2, 9, 8)).astype(np.float32)
    return turn(image, (0.2,) * 3)


@pytest.mark.parametrize(("density", "tolerance"), [(1.0, 0.12), (2.0, 0.04)])
def test_close_to_the_gaussian_between_colours(spread, density, tolerance):
    nodes = colour_nodes(spread, density)
    assert nodes.corners.shape == nodes.shares.shape == (2, 9, 8, 4)
    matrix = np.zeros((144, len(nodes.between)))
    np.put_along_axis(matrix, nodes.corners.reshape(144, 4), nodes.shares.reshape(144, 4), axis=1)
    flat = spread.values.reshape(3, -1).T
    exact = np.exp(-0.5 * ((flat[:, None] - flat[None]) ** 2).sum(axis=2))
    ours = matrix @ nodes.between @ matrix.T
    ours *= exact.mean() / ours.mean()  # normalised away in the CRF
    assert np.abs(ours - exact).mean() < tolerance / 10
    assert np.abs(ours - exact).max() < 6 * tolerance


def test_a_sample_tells_how_many_colours_there_are(spread):
    assert count_colours(spread, 1.5) == len(colour_nodes(spread, 1.5).between)
    rng = np.random.default_rng(0)
    image = (0.5 + 0.05 * rng.normal(size=(3, 1, 200, 200)) + 0.2 * rng.random((3, 1, 1, 200))).astype(np.float32)
    large = turn(image, (0.05,) * 3)
    for density in (1.0, 1.5):
        assert count_colours(large, density) == pytest.approx(len(colour_nodes(large, density).between), rel=0.25)


def test_pieces_on_threads_give_the_same(monkeypatch):
    points = np.random.default_rng(0).normal(0, 20, size=(3, 500)).astype(np.float32)
    whole = locate_all(points, np.ones(3, np.float32))
    monkeypatch.setattr(module, "_SMALL", 0)
    monkeypatch.setattr(module, "threads", lambda: 3)
    for ours, theirs in zip(locate_all(points, np.ones(3, np.float32))[::3], whole[::3], strict=True):
        np.testing.assert_array_equal(ours, theirs)
