import numpy as np
import pytest
from scipy.ndimage import distance_transform_edt

from napari_wsss.refine.margin import Margin, move_border, within

UNIT = (1.0, 1.0, 1.0)


def line(text):
    return np.array([[[int(letter) for letter in text]]], dtype=np.uint8)


@pytest.mark.parametrize(
    ("distance", "expected"),
    [
        (0.0, "000111000"),
        (1.0, "001111100"),
        (1.5, "001111100"),
        (2.0, "011111110"),
        (9.0, "111111111"),
        (-1.0, "000010000"),
        (-2.0, "000000000"),
    ],
)
def test_one_line(distance, expected):
    assert move_border(line("000111000"), UNIT, Margin(distance=distance)).tolist() == line(expected).tolist()


def test_millimetres():
    grown = move_border(line("000010000"), (1.0, 1.0, 0.5), Margin(distance=1.0))
    assert grown.tolist() == line("001111100").tolist()
    assert move_border(line("00100"), (1.0, 1.0, 3.0), Margin(distance=2.5)).tolist() == line("00100").tolist()


@pytest.mark.parametrize(("spacing", "distance"), [(0.1, 0.5), (0.4, 2.0), (0.6, 3.0), (1.2, 6.0)])
def test_a_spacing_as_a_file_holds_it_reaches_as_far(spacing, distance):
    held = float(np.float32(spacing))  # a little more than 0.4, say: 2 mm must still be five voxels
    mask = np.zeros((1, 15, 15), np.uint8)
    mask[0, 7, 7] = 1
    grown = move_border(mask, (held,) * 3, Margin(distance=distance))
    assert grown[0, 7].tolist() == line("001111111111100")[0, 0].tolist()
    np.testing.assert_array_equal(grown, move_border(mask, (spacing,) * 3, Margin(distance=distance)))


def test_a_disc():
    mask = np.zeros((1, 7, 7), np.uint8)
    mask[0, 3, 3] = 1
    grown = move_border(mask, UNIT, Margin(distance=2.0))
    y, x = np.mgrid[-3:4, -3:4]
    assert (grown[0] > 0).tolist() == (y**2 + x**2 <= 4).tolist()


def test_other_slices_only_in_3d():
    mask = np.zeros((3, 3, 3), np.uint8)
    mask[1, 1, 1] = 1
    assert move_border(mask, UNIT, Margin(distance=1.0)).sum(axis=(1, 2)).tolist() == [0, 5, 0]
    assert move_border(mask, UNIT, Margin(distance=1.0, mode="3d")).sum(axis=(1, 2)).tolist() == [1, 5, 1]
    assert move_border(mask, (1.5, 1, 1), Margin(distance=1.0, mode="3d")).sum(axis=(1, 2)).tolist() == [0, 5, 0]


def test_beyond_the_image_nothing_is_outside():
    assert move_border(line("111100"), UNIT, Margin(distance=-1.0)).tolist() == line("111000").tolist()
    full = np.ones((2, 3, 4), np.uint8)
    assert move_border(full, UNIT, Margin(distance=-5.0, mode="3d")).all()


def test_classes_do_not_overrun_each_other():
    assert move_border(line("0010020"), UNIT, Margin(distance=2.0)).tolist() == line("1111122").tolist()
    assert move_border(line("0122210"), UNIT, Margin(distance=-1.0)).tolist() == line("0002000").tolist()


@pytest.mark.parametrize("distance", [0.9, 2.5, 6.0])
def test_as_a_distance_transform(distance):
    mask = np.random.default_rng(0).random((6, 20, 25)) < 0.01
    spacing = (3.0, 0.9, 1.1)
    assert within(mask, spacing, distance).tolist() == (distance_transform_edt(~mask, spacing) <= distance).tolist()


def test_slices_alone_equal_the_volume():
    mask = (np.random.default_rng(1).random((5, 20, 20)) < 0.1).astype(np.uint8)
    for distance in (2.0, -1.0):
        params = Margin(distance=distance)
        alone = [move_border(mask[z : z + 1], UNIT, params) for z in range(5)]
        assert np.concatenate(alone).tolist() == move_border(mask, UNIT, params).tolist()
