import numpy as np
import pytest

from napari_wsss.data.augment import Augment, draw
from napari_wsss.errors import RecipeError


def test_same_generator_same_draw():
    one, two = (draw(Augment(), 20, np.random.default_rng(7)) for _ in range(2))
    assert np.array_equal(one.angle, two.angle)
    assert np.array_equal(one.flip_y, two.flip_y)
    assert np.array_equal(one.flip_x, two.flip_x)
    assert np.array_equal(one.noise, two.noise)
    assert one.noise_seed == two.noise_seed


def test_published_values_and_shares():
    drawn = draw(Augment(), 4000, np.random.default_rng(0))
    assert len(drawn) == 4000
    assert set(np.unique(drawn.angle)) == {-25, 0, 25, 90, 180, 270}
    for angle in (-25, 25, 90, 180, 270):
        assert np.mean(drawn.angle == angle) == pytest.approx(0.1, abs=0.02)
    assert drawn.flip_x.mean() == pytest.approx(0.5, abs=0.03)
    assert drawn.flip_y.mean() == pytest.approx(0.5, abs=0.03)
    noisy = drawn.noise[drawn.noise > 0]
    assert len(noisy) / 4000 == pytest.approx(0.5, abs=0.03)
    assert 0.3 <= noisy.min() < 0.31
    assert 0.69 < noisy.max() <= 0.7


def test_everything_off():
    drawn = draw(Augment(flip_probability=0, rotation_probability=0, noise_probability=0), 50, np.random.default_rng(0))
    assert not drawn.angle.any()
    assert not drawn.flip_x.any()
    assert not drawn.flip_y.any()
    assert not drawn.noise.any()


def test_noise_bounds_are_checked():
    with pytest.raises(RecipeError, match="noise_low"):
        Augment.parse({"noise_low": 0.8})


def test_gain_is_drawn_last_so_that_everything_else_stays():
    plain, gained = (draw(Augment(gain=gain), 500, np.random.default_rng(3)) for gain in (0.0, 0.3))
    assert (plain.gain == 1).all()
    for name in ("angle", "flip_y", "flip_x", "noise"):
        assert (getattr(plain, name) == getattr(gained, name)).all()
    assert plain.noise_seed == gained.noise_seed
    assert 0.7 <= gained.gain.min() < 0.71
    assert 1.29 < gained.gain.max() <= 1.3
