import numpy as np
import pytest
import torch
from skimage.transform import resize

from napari_wsss.data.letterbox import Letterbox
from napari_wsss.errors import InputError


def ramp(rows: int, columns: int) -> np.ndarray:
    y, x = np.mgrid[:rows, :columns]
    return (3.0 * y + 2.0 * x + 1.0).astype(np.float32)


def test_square_of_the_right_size_is_the_identity():
    image = np.random.default_rng(0).normal(size=(2, 64, 64)).astype(np.float32)
    box = Letterbox((64, 64), 64)
    assert np.array_equal(box.apply(image), image)
    assert box.apply(image) is not image
    assert np.array_equal(box.invert(image), image)
    labels = (image > 0).astype(np.uint8)
    assert np.array_equal(box.apply_labels(labels), labels)
    assert np.array_equal(box.invert_labels(labels), labels)


@pytest.mark.parametrize(
    ("shape", "size", "margins"),
    [((64, 64), 64, (0, 0)), ((32, 64), 64, (16, 0)), ((100, 50), 64, (0, 16)), ((300, 200), 256, (0, 42)),
     ((1, 500), 64, (31, 0)), ((33, 64), 64, (15, 0)), ((3, 5), 7, (1, 0))],
)  # fmt: skip
def test_margins_by_hand(shape, size, margins):
    assert Letterbox(shape, size).margins == margins


@pytest.mark.parametrize(("shape", "size"), [((40, 40), 64), ((100, 100), 64), ((64, 48), 96), ((97, 61), 64)])
def test_apply_equals_torch_antialiased_resizing(shape, size):
    image = np.random.default_rng(1).normal(size=shape).astype(np.float32)
    box = Letterbox(shape, size)
    inside = box.apply(image, fill=9.0)[box.box]
    target = torch.nn.functional.interpolate(
        torch.from_numpy(image)[None, None], inside.shape, mode="bilinear", align_corners=False, antialias=True
    )
    np.testing.assert_allclose(inside, target[0, 0].numpy(), atol=5e-5)  # torch computes weights in float32


def test_margins_hold_the_fill():
    square = Letterbox((32, 64), 64).apply(np.ones((32, 64), np.float16), fill=-2.0)
    assert square.dtype == np.float32
    assert (square[:16] == -2).all()
    assert (square[16:48] == 1).all()
    assert (square[48:] == -2).all()


@pytest.mark.parametrize("resolution", [(8, 8), (16, 16), (64, 64), (128, 128), (5, 9)])
def test_invert_keeps_constants(resolution):
    result = Letterbox((97, 61), 64).invert(np.full((2, *resolution), 0.25, np.float16))
    assert result.shape == (2, 97, 61)
    np.testing.assert_allclose(result, 0.25, atol=1e-6)


def test_invert_equals_torch_when_there_are_no_margins():
    maps = np.random.default_rng(2).normal(size=(3, 8, 8)).astype(np.float32)
    expected = torch.nn.functional.interpolate(torch.from_numpy(maps)[None], (100, 100), mode="bilinear")[0].numpy()
    np.testing.assert_allclose(Letterbox((100, 100), 64).invert(maps), expected, atol=5e-6)


def test_invert_keeps_straight_lines_and_places():
    shape, size = (90, 60), 96
    box = Letterbox(shape, size)
    inner = (slice(3, -3), slice(3, -3))
    # Up, then down again: a plane goes through both unchanged away from the borders.
    np.testing.assert_allclose(box.invert(box.apply(ramp(*shape)))[inner], ramp(*shape)[inner], rtol=1e-4)


def test_invert_at_feature_resolution_points_to_the_same_place():
    # A map cell covers 8 pixels of the square; its centre of mass must come back where it was.
    box = Letterbox((64, 64), 64)
    coarse = np.zeros((8, 8), np.float32)
    coarse[2, 5] = 1
    fine = box.invert(coarse)
    y, x = np.mgrid[:64, :64]
    assert (fine * y).sum() / fine.sum() == pytest.approx(2 * 8 + 3.5)
    assert (fine * x).sum() / fine.sum() == pytest.approx(5 * 8 + 3.5)


@pytest.mark.parametrize("shape", [(90, 45), (64, 64)])
def test_grid_of_cells_shared_out_evenly_changes_nothing(shape):
    maps = np.random.default_rng(7).random((3, 8, 5)).astype(np.float32)
    grid = np.array([[0.5 / 8, 1 / 8], [0.5 / 5, 1 / 5]])
    box = Letterbox(shape, 64)
    np.testing.assert_allclose(box.invert(maps, grid), box.invert(maps), atol=1e-6)


def test_grid_by_hand():
    # Cells on pixels 0, 4, 8 along Y and 3, 5, 7 along X of a square of 12: constant before the first, after the last.
    grid = np.array([[0.5 / 12, 4 / 12], [3.5 / 12, 2 / 12]])
    maps = np.array([[0.0], [4], [8]]) + np.array([[0.0, 20, 100]])
    rows = np.minimum(np.arange(12), 8)
    columns = np.interp(np.arange(12), [3, 5, 7], [0, 20, 100])
    np.testing.assert_allclose(Letterbox((12, 12), 12).invert(maps, grid), rows[:, None] + columns, rtol=1e-5)


def test_grid_lies_in_the_square_not_in_the_slice():
    # 4 × 8 slice, doubled into rows 4 … 11 of the square: cells on rows 5, 9 are rows 0.25 and 2.25 of the slice.
    grid = np.array([[5.5 / 16, 4 / 16], [0.5, 1.0]])
    result = Letterbox((4, 8), 16).invert(np.array([[0.0], [2]]), grid)
    np.testing.assert_allclose(result[:, 0], [0, 0.75, 1.75, 2])


def test_grid_of_another_shape_is_refused():
    with pytest.raises(InputError, match=r"shape \(2,\).*along Y and X"):
        Letterbox((8, 8), 8).invert(np.zeros((4, 4)), np.array([0.5, 0.25]))


@pytest.mark.parametrize("shape", [(90, 45), (62, 100), (128, 128)])
def test_flips_commute(shape):
    box = Letterbox(shape, 64)
    image = np.random.default_rng(3).random(shape).astype(np.float32)
    np.testing.assert_allclose(box.apply(image[::-1, ::-1])[::-1, ::-1], box.apply(image), atol=1e-6)
    maps = np.random.default_rng(4).random((8, 8)).astype(np.float32)
    np.testing.assert_allclose(box.invert(maps[::-1, ::-1])[::-1, ::-1], box.invert(maps), atol=1e-6)


@pytest.mark.parametrize(("shape", "size"), [((30, 20), 96), ((33, 64), 64)])
def test_labels_survive_enlarging_and_back(shape, size):
    labels = np.random.default_rng(5).integers(0, 4, size=(2, *shape)).astype(np.uint8)
    box = Letterbox(shape, size)
    square = box.apply_labels(labels)
    assert square.dtype == np.uint8
    assert square.shape == (2, size, size)
    assert np.array_equal(box.invert_labels(square), labels)


def test_pixels_are_copied_where_the_scale_is_one():
    image = np.random.default_rng(8).normal(size=(33, 64)).astype(np.float32)
    box = Letterbox((33, 64), 64)
    assert np.array_equal(box.apply(image)[15:48], image)
    assert np.array_equal(box.invert(box.apply(image)), image)


def test_labels_follow_skimage_nearest():
    labels = np.random.default_rng(6).integers(0, 4, size=(50, 50)).astype(np.uint8)
    expected = resize(labels, (30, 30), order=0, preserve_range=True, anti_aliasing=False).astype(np.uint8)
    assert np.array_equal(Letterbox((50, 50), 30).apply_labels(labels), expected)


def test_margins_of_labels_are_background():
    square = Letterbox((32, 64), 64).apply_labels(np.ones((32, 64), np.int8))
    assert square.dtype == np.int8
    assert square.sum() == 32 * 64


def test_colour_and_stacks_keep_their_leading_axes():
    assert Letterbox((10, 12), 32).apply(np.zeros((3, 5, 10, 12), np.uint8)).shape == (3, 5, 32, 32)


def test_wrong_shapes_are_refused():
    with pytest.raises(InputError, match=r"\(7, 12\).*10 × 12"):
        Letterbox((10, 12), 32).apply(np.zeros((7, 12)))
    with pytest.raises(InputError, match="must be ≥ 1"):
        Letterbox((0, 12), 32)
