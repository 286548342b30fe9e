import numpy as np

from napari_wsss.refine.normalise import min_max

MAPS = np.array([[[[-1.0, 3.0], [1.0, 0.0]], [[5.0, 5.0], [5.0, 5.0]]]], dtype=np.float32)  # (1, 2, 2, 2)


def test_by_slice():
    result = min_max(MAPS, "slice")
    np.testing.assert_allclose(result[0, 0], [[0, 1], [0.5, 0.25]])
    assert not result[0, 1].any()  # constant
    assert result.dtype == np.float32


def test_by_volume():
    result = min_max(MAPS, "volume")
    np.testing.assert_allclose(result[0, 0], [[0, 4 / 6], [2 / 6, 1 / 6]], rtol=1e-6)
    np.testing.assert_allclose(result[0, 1], 1)


def test_classes_do_not_mix():
    both = np.concatenate([MAPS, 100 * MAPS])
    result = min_max(both, "volume")
    np.testing.assert_allclose(result[0], result[1], rtol=1e-6)


def test_rounding_of_a_constant_map_is_not_stretched():
    wavering = np.float32(3) + np.random.default_rng(0).uniform(0, 1e-6, (1, 2, 8, 8)).astype(np.float32)
    assert not min_max(wavering, "slice").any()
    assert not min_max(-wavering, "volume").any()
