from pathlib import Path

import numpy as np
import pytest

from napari_wsss.data.preprocess import Preprocess, normalise, prepare_slices
from napari_wsss.data.volume import Geometry, Source, Volume


def volume(array: np.ndarray, rgb: bool = False) -> Volume:
    names = ("red", "green", "blue") if rgb else tuple(f"channel-{i}" for i in range(len(array)))
    return Volume(array, Geometry(array.shape[1:], np.eye(4)), names, Source("nifti", Path("scan.nii.gz")), rgb)


def test_robust_by_hand():
    # Body 0 … 100 in steps of 1 above a background of -1000: percentiles 1 and 99 are 1 and 99.
    body = np.arange(101, dtype=np.int16)
    array = np.concatenate([np.full(99, -1000, np.int16), body]).reshape(1, 1, 10, 20)
    result = normalise(volume(array), Preprocess())
    assert result.dtype == np.float32
    np.testing.assert_allclose(result.ravel()[:99], 0)
    np.testing.assert_allclose(result.ravel()[99:], ((body - 1) / 98).clip(0, 1), atol=1e-6)


def test_tissue_by_hand():
    # Air of 0 to 2, tissue of 98 to 102, bright fat of 1000: the lowest percentile is 1, the median of the tissue 100.
    body = np.repeat([1, 2, 98, 99, 100, 101, 102, 1000], [20, 20, 10, 10, 21, 10, 10, 4])
    array = np.concatenate([np.zeros(15), body]).astype(np.int16).reshape(1, 1, 10, 12)
    result = normalise(volume(array), Preprocess(intensity="tissue"))
    assert result.dtype == np.float32
    expected = (0.4 * (array - 1.0) / (100 - 1)).clip(0, 1)
    np.testing.assert_allclose(result[0], expected[0], atol=1e-6)
    assert (result[array == 1000] == 1).all()


def test_bright_fat_leaves_the_tissue_where_it_is():
    rng = np.random.default_rng(4)
    array = np.abs(rng.normal(0, 3, size=(1, 8, 32, 32)))
    array[:, :, 8:24, 8:24] = rng.normal(200, 10, size=(1, 8, 16, 16))
    fat = array.copy()
    fat[:, :, 6:8, 6:26] = 1500
    tissue = np.s_[:, :, 8:24, 8:24]
    for intensity, moves in (("tissue", 0.01), ("robust", 0.5)):
        plain, bright = (
            normalise(volume(scan), Preprocess(intensity=intensity))[tissue].mean() for scan in (array, fat)
        )
        assert (abs(plain - bright) > moves) == (intensity == "robust")


@pytest.mark.parametrize("intensity", ["robust", "tissue"])
def test_channels_are_scaled_apart(intensity):
    one = np.random.default_rng(0).random((1, 2, 8, 8)).astype(np.float32)
    both = normalise(volume(np.concatenate([one, 1000 * one + 5])), Preprocess(intensity=intensity))
    np.testing.assert_allclose(both[0], both[1], atol=1e-4)


def test_zscore_of_the_body_only():
    array = np.zeros((1, 2, 16, 16), np.float32)
    array[:, :, 4:12, 4:12] = np.random.default_rng(1).normal(500, 20, size=(1, 2, 8, 8))
    result = normalise(volume(array), Preprocess(intensity="zscore"))
    assert result[array > 0].mean() == pytest.approx(0, abs=1e-5)
    assert result[array > 0].std() == pytest.approx(1, abs=1e-5)


def test_window_by_hand():
    array = np.array([-1000, 0, 20, 40, 60, 80, 1000], np.int16).reshape(1, 1, 1, 7)
    result = normalise(volume(array), Preprocess(intensity="window"))
    np.testing.assert_allclose(result.ravel(), [0, 0, 0.25, 0.5, 0.75, 1, 1])


@pytest.mark.parametrize(("dtype", "full"), [(np.uint8, 255), (np.uint16, 65535)])
@pytest.mark.parametrize("intensity", ["robust", "tissue"])
def test_colours_keep_their_relation(dtype, full, intensity):
    array = np.zeros((3, 1, 4, 4), dtype)
    array[0], array[1, 0, 0, 0] = full, full // 5
    result = normalise(volume(array, rgb=True), Preprocess(intensity=intensity))
    assert result[0].min() == 1
    assert result[1, 0, 0, 0] == pytest.approx(0.2)
    assert result[2].max() == 0


def test_none_leaves_values():
    array = np.array([[[[-5, 7]]]], np.int16)
    assert np.array_equal(normalise(volume(array), Preprocess(intensity="none")), array)


@pytest.mark.parametrize("intensity", ["robust", "tissue", "zscore"])
def test_constant_channel_becomes_zero(intensity):
    result = normalise(volume(np.full((1, 1, 4, 4), 7, np.uint8)), Preprocess(intensity=intensity))
    assert (result == 0).all()


@pytest.mark.parametrize("intensity", ["robust", "tissue"])
def test_binary_image_stays_binary(intensity):
    array = np.zeros((1, 1, 4, 4), np.uint8)
    array[..., :2] = 200
    result = normalise(volume(array), Preprocess(intensity=intensity))
    assert np.array_equal(result, (array > 0).astype(np.float32))


@pytest.mark.parametrize("depth", [1, 3])
def test_slices_lie_in_the_square(depth):
    array = np.random.default_rng(2).normal(100, 20, size=(2, depth, 32, 64)).astype(np.float32)
    slices = prepare_slices(volume(array), Preprocess(size=64, intensity="zscore"))
    assert slices.shape == (depth, 2, 64, 64)
    assert slices.dtype == np.float16
    expected = normalise(volume(array), Preprocess(intensity="zscore"))
    np.testing.assert_allclose(slices[:, :, 16:48], expected.swapaxes(0, 1), atol=5e-3)
    for channel in range(2):  # margins look like the darkest voxel
        np.testing.assert_allclose(slices[:, channel, :16], expected[channel].min(), rtol=1e-3)


def test_half_precision_does_not_overflow():
    array = np.full((1, 1, 32, 32), 65535, np.uint16)
    slices = prepare_slices(volume(array), Preprocess(size=32, intensity="none"))
    assert np.isfinite(slices).all()
