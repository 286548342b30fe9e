import numpy as np
import pytest

from napari_wsss.refine.correlate import SHORT, correlate, correlate_line, weigh


def test_weigh_by_hand():
    target = np.empty(2, np.float32)
    weigh(np.arange(12, dtype=np.float32), 1, 2, 5, 2, np.array([1, 0.5, 0.25], np.float32), target)
    # 0.25 · [1, 2] + 0.5 · [3, 4] + [5, 6] + 0.5 · [7, 8] + 0.25 · [9, 10]
    assert target.tolist() == [12.5, 15]


@pytest.mark.parametrize("shape", [(1, 7, 5), (3, 12, 1), (2, 4, SHORT + 3), (4, 1, 3), (1, 30, SHORT)])
@pytest.mark.parametrize("reach", [0, 2, 9])
def test_correlate(shape, reach):
    source = np.random.default_rng(0).random(shape).astype(np.float32)
    taps = np.concatenate([[1], np.random.default_rng(1).random(reach)]).astype(np.float32)
    distance = np.abs(np.subtract.outer(np.arange(shape[1]), np.arange(shape[1])))
    matrix = np.where(distance <= reach, taps[distance.clip(max=reach)], 0)
    target = np.empty(source.size, np.float32)
    correlate(source.ravel(), shape[1], shape[2], taps, target)
    expected = np.einsum("ij,ojk->oik", matrix, source)
    np.testing.assert_allclose(target.reshape(shape), expected, rtol=1e-5)


@pytest.mark.parametrize("length", [1, 40, 3000])
def test_correlate_line(length):
    taps = np.array([1, 0.5, 0.25, 0.1], np.float32)
    source = np.random.default_rng(0).random(length + 6).astype(np.float32)
    target = np.empty(length, np.float32)
    correlate_line(source, 3, taps, target)
    expected = np.convolve(source, [0.1, 0.25, 0.5, 1, 0.5, 0.25, 0.1], mode="valid")
    np.testing.assert_allclose(target, expected, rtol=1e-5)
