import numpy as np
import pytest
from scipy.ndimage import binary_fill_holes

from napari_wsss.refine.holes import Holes, fill_holes

UNIT = (1.0, 1.0, 1.0)


def plane(*rows):
    return np.array([[[int(letter) for letter in row] for row in rows]], dtype=np.uint8)


RINGS = plane("111011110", "101010010", "111011110", "000000000", "011100000", "010000000", "011100000")
FILLED = plane("111011110", "111011110", "111011110", "000000000", "011100000", "010000000", "011100000")


def test_a_ring_is_filled_and_a_bay_is_not():
    assert fill_holes(RINGS, UNIT, Holes()).tolist() == FILLED.tolist()


def test_up_to_a_size():
    assert fill_holes(RINGS, UNIT, Holes(largest=1.0))[0, 1].tolist() == [1, 1, 1, 0, 1, 0, 0, 1, 0]
    assert fill_holes(RINGS, (0.5, 1.0, 1.0), Holes(largest=1.0)).tolist() == FILLED.tolist()


def test_a_hole_at_the_border_of_the_image_is_open():
    assert fill_holes(plane("101", "101", "111"), UNIT, Holes()).tolist() == plane("101", "101", "111").tolist()


def test_a_tube_is_a_hole_in_2d_alone():
    tube = np.repeat(plane("111", "101", "111"), 3, axis=0)
    assert fill_holes(tube, UNIT, Holes(mode="2d")).all()
    assert (fill_holes(tube, UNIT, Holes(mode="3d")) == tube).all()
    tube[[0, 2]] = 1
    assert fill_holes(tube, UNIT, Holes(mode="3d")).all()


def test_another_class_inside_stays():
    assert (
        fill_holes(plane("11111", "10021", "11111"), UNIT, Holes()).tolist()
        == plane("11111", "11121", "11111").tolist()
    )


def test_a_gap_between_two_classes_is_no_hole():
    assert (
        fill_holes(plane("11222", "10002", "11222"), UNIT, Holes()).tolist()
        == plane("11222", "10002", "11222").tolist()
    )


@pytest.mark.parametrize("seed", range(3))
def test_as_scipy(seed):
    mask = np.random.default_rng(seed).random((6, 12, 12)) < 0.62
    assert (fill_holes(mask.astype(np.uint8), UNIT, Holes(mode="3d")) > 0).tolist() == binary_fill_holes(mask).tolist()
    by_slice = [binary_fill_holes(part) for part in mask]
    assert (fill_holes(mask.astype(np.uint8), UNIT, Holes()) > 0).tolist() == np.stack(by_slice).tolist()


def test_an_empty_mask():
    assert not fill_holes(np.zeros((2, 3, 4), np.uint8), UNIT, Holes()).any()
