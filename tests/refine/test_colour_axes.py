import numpy as np
import pytest

from napari_wsss.refine.colour_axes import colour_axes, turn


def _distances(values):
    flat = values.reshape(len(values), -1).T
    return np.linalg.norm(flat[:, None] - flat[None], axis=2)


def test_turning_keeps_distances_in_standard_deviations():
    image = np.random.default_rng(0).random((3, 1, 5, 6)).astype(np.float32)
    widths = (0.1, 0.2, 0.05)
    spread = turn(image, widths)
    scaled = image / np.reshape(widths, (3, 1, 1, 1))
    np.testing.assert_allclose(_distances(spread.values), _distances(scaled), atol=1e-3)
    np.testing.assert_allclose(spread.lengths, spread.values.max(axis=(1, 2, 3)), rtol=1e-5)
    assert spread.values.min() == 0
    assert list(spread.lengths) == sorted(spread.lengths), "the widest last"


def test_channels_that_say_the_same_share_an_axis():
    grey = np.random.default_rng(0).random((1, 2, 5, 6)).astype(np.float32)
    spread = turn(np.repeat(grey, 3, axis=0), (0.1,) * 3)
    assert len(spread.values) == 1
    np.testing.assert_allclose(spread.lengths[0], np.sqrt(3) * np.ptp(grey) / 0.1, rtol=1e-5)
    assert len(turn(np.concatenate([grey, 0 * grey]), (0.1, 0.1)).values) == 1


@pytest.mark.parametrize("value", [0.0, 0.7])
def test_a_uniform_image_keeps_one_axis(value):
    axes = colour_axes(turn(np.full((2, 1, 4, 4), value, np.float32), (0.1, 0.1)), 2.0)
    assert axes.nodes == (2,)
    assert axes.places.shape == (1, 1, 4, 4)
    np.testing.assert_allclose(axes.places, axes.places[0, 0, 0, 0], atol=1e-3)


@pytest.mark.parametrize("density", [1.0, 1.25, 1.5, 2.0, 3.0])
@pytest.mark.parametrize("seed", range(20))
def test_places_lie_between_nodes(density, seed):
    """Compiled code does not check bounds."""
    rng = np.random.default_rng(seed)
    image = (rng.random((rng.integers(1, 4), 1, 9, 7)) * rng.choice([1e-3, 1, 100])).astype(np.float32)
    axes = colour_axes(turn(image, tuple(rng.uniform(0.01, 0.3, len(image)))), density)
    for place, nodes in zip(axes.places, axes.nodes, strict=True):
        assert place.min() >= 0
        assert np.floor(place).max() <= nodes - 2


def test_nodes_by_hand():
    ramp = np.linspace(0, 1, 11, dtype=np.float32).reshape(1, 1, 1, 11)
    axes = colour_axes(turn(ramp, (0.1,)), 1.5)  # ten standard deviations
    assert axes.nodes == (16,)
    np.testing.assert_allclose(axes.places.ravel(), np.arange(11) * 1.5, atol=1e-4)
