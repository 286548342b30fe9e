"""A square cut out of the middle of every slice: pixels come back where they were, and beyond it there is nothing."""

from pathlib import Path

import numpy as np
import pytest

from napari_wsss.data.letterbox import Letterbox
from napari_wsss.data.preprocess import Preprocess, prepare_slices
from napari_wsss.data.volume import Geometry, Source, Volume


def pixels(*shape):
    """An image in which every pixel has its own value above 0."""
    return np.arange(1, np.prod(shape) + 1, dtype=np.float32).reshape(shape)


def test_the_middle_of_a_brats_slice_is_copied_pixel_by_pixel():
    box, image = Letterbox((240, 240), 128, crop=128), pixels(240, 240)
    assert box.window == (slice(56, 184), slice(56, 184))
    assert np.array_equal(box.apply(image), image[56:184, 56:184])


@pytest.mark.parametrize("shape", [(240, 240), (9, 12), (12, 7)])
def test_there_and_back_is_exact_inside_and_empty_outside(shape):
    side = 128 if shape[0] == 240 else 8
    box, image = Letterbox(shape, side, crop=side), pixels(2, *shape)
    expected = np.zeros_like(image)
    expected[(..., *box.window)] = image[(..., *box.window)]
    assert np.array_equal(box.invert(box.apply(image)), expected)
    labels = image.astype(np.uint16)
    assert np.array_equal(box.invert_labels(box.apply_labels(labels)), expected.astype(np.uint16))


def test_an_odd_rest_lies_after_the_window():
    assert Letterbox((9, 8), 4, crop=4).window == (slice(2, 6), slice(2, 6))


def test_a_slice_smaller_than_the_square_keeps_its_pixels_and_gets_margins():
    image = pixels(5, 6)
    box = Letterbox((5, 6), 8, crop=8)
    square = box.apply(image, fill=-1)
    assert np.array_equal(square[1:6, 1:7], image)
    assert (square == -1).sum() == 64 - 30
    assert np.array_equal(box.invert(square), image)


def test_only_one_axis_is_longer_than_the_square():
    box, image = Letterbox((6, 12), 8, crop=8), pixels(6, 12)
    assert np.array_equal(box.apply(image)[1:7], image[:, 2:10])


def test_a_crop_is_scaled_to_the_square():
    # 8 pixels become 4: each new pixel of a constant is that constant, and the two halves stay apart but for the
    # triangle filter that reaches over the border between them.
    image = np.zeros((12, 12), np.float32)
    image[:, 6:] = 1
    row = Letterbox((12, 12), 4, crop=8).apply(image)[0]
    np.testing.assert_allclose(row, [0, 1 / 8, 7 / 8, 1])


def test_cells_of_a_map_lie_in_the_crop():
    # One cell for each 32 pixels of a square of 128, cell 0 centred on pixel 0 of it: cell (1, 2) is pixel (32, 64) of
    # the square and (88, 120) of a slice of 240 × 240.
    maps = np.zeros((4, 4), np.float32)
    maps[1, 2] = 1
    grid = np.array([[0.5 / 128, 32 / 128]] * 2)
    found = Letterbox((240, 240), 128, crop=128).invert(maps, grid)
    assert np.unravel_index(found.argmax(), found.shape) == (56 + 32, 56 + 64)
    assert found[56 + 32, 56 + 64 + 16] == pytest.approx(0.5)


def test_a_peak_comes_back_where_it_was_when_the_crop_is_scaled():
    box = Letterbox((100, 90), 64, crop=32)
    image = np.zeros((100, 90), np.float32)
    image[50, 40] = 1
    found = box.invert(box.apply(image))
    assert np.unravel_index(found.argmax(), found.shape) == (50, 40)


def test_slices_are_cropped_after_their_grey_values_are_set():
    # The brightest voxels lie in a corner: they set the range, although the network never sees them.
    array = np.ones((1, 2, 48, 48), dtype=np.float32)
    array[..., 0, 0], array[..., 1:8, 1:8], array[..., 20:28, 20:28] = 0, 5, 3
    volume = Volume(array, Geometry(array.shape[1:], np.eye(4)), ("flair",), Source("nifti", Path("scan.nii.gz")))
    slices = prepare_slices(volume, Preprocess(size=32, crop=32))
    assert slices.shape == (2, 1, 32, 32)
    assert slices.max() == 0.5
    assert np.array_equal(slices[0, 0], prepare_slices(volume, Preprocess(size=64, crop=64))[0, 0, 16:48, 16:48])
