import numpy as np
import pytest

from napari_wsss.data.equalise import equalise


def test_each_value_becomes_the_part_that_is_no_brighter():
    channel = np.array([[[5.0, 1.0, 2.0, 2.0, 9.0]]], dtype=np.float32)
    inside = channel < 9
    # of 1, 2, 2, 5 a quarter is no brighter than 1, three quarters than 2, all than 5
    assert equalise(channel, inside).ravel() == pytest.approx([1, 0.25, 0.75, 0.75, 0], abs=1e-6)


def test_an_uneven_histogram_becomes_even():
    channel = np.random.default_rng(0).random((4, 50, 50)).astype(np.float32) ** 4
    even = equalise(channel, np.ones(channel.shape, dtype=bool))
    counts, _ = np.histogram(even, bins=5, range=(0, 1))
    before, _ = np.histogram(channel, bins=5, range=(0, 1))
    assert before.max() > 6000  # two thirds of all values in a fifth of the range
    assert counts.tolist() == pytest.approx([channel.size / 5] * 5, abs=1)
    assert even.dtype == np.float32


def test_nothing_inside():
    assert equalise(np.ones((1, 2, 2), np.float32), np.zeros((1, 2, 2), bool)).max() == 0
