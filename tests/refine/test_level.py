import numpy as np
import pytest

from napari_wsss.refine.level import SHARES, against_level, level_at, levels_of


def test_the_share_asked_for_lies_above_the_level():
    values = np.random.default_rng(0).permutation(100_000).reshape(10, 100, 100).astype(np.float32)
    levels = levels_of(values)
    assert levels.shape == SHARES.shape
    assert (np.diff(levels) < 0).all()
    for share in (0.0001, 0.003, 0.01, 0.2, 0.5):
        above = (values > level_at(levels[None], share)[0]).mean()
        assert above == pytest.approx(share, rel=0.05)


def test_between_two_shares_the_level_lies_between_theirs_by_the_logarithm():
    levels = np.stack([np.linspace(37.0, 0.0, 38), np.full(38, 2.0)]).astype(np.float32)
    middle = float(np.sqrt(SHARES[10] * SHARES[11]))
    np.testing.assert_allclose(level_at(levels, middle), [26.5, 2.0], rtol=1e-6)
    np.testing.assert_allclose(level_at(levels, 1e-9), [37.0, 2.0])  # no rarer than what was kept


def test_half_at_the_level_by_hand():
    maps = np.array([[[[1.0, 2.0, 3.0]]], [[[-60.0, 0.0, 60.0]]]], dtype=np.float32)
    soft = against_level(maps, np.array([2.0, 0.0], np.float32))
    assert soft.dtype == np.float32
    np.testing.assert_allclose(soft[0, 0, 0], [1 / (1 + np.e), 0.5, np.e / (1 + np.e)], rtol=1e-6)
    np.testing.assert_allclose(soft[1, 0, 0], [0, 0.5, 1], atol=1e-6)
