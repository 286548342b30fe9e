import numpy as np
import pytest

from napari_wsss.errors import RecipeError
from napari_wsss.refine.boxes import Boxes, apply_boxes, inside_boxes

MASK = np.arange(24, dtype=np.uint8).reshape(2, 3, 4) % 3
BOX = (0, 1, 1, 1, 3, 3)


def test_keep():
    kept = apply_boxes(MASK, Boxes(boxes=(BOX,)))
    expected = np.zeros_like(MASK)
    expected[0, 1:3, 1:3] = MASK[0, 1:3, 1:3]
    assert kept.tolist() == expected.tolist()
    assert kept.dtype == np.uint8


def test_drop():
    dropped = apply_boxes(MASK, Boxes(boxes=(BOX,), inside="drop"))
    assert (dropped + apply_boxes(MASK, Boxes(boxes=(BOX,)))).tolist() == MASK.tolist()
    assert not dropped[0, 1:3, 1:3].any()


def test_several_boxes_are_joined():
    inside = inside_boxes((1, 1, 6), ((0, 0, 0, 1, 1, 3), (0, 0, 2, 1, 1, 4)))
    assert inside[0, 0].tolist() == [True] * 4 + [False] * 2


def test_without_boxes_nothing_changes():
    for inside in ("keep", "drop"):
        assert apply_boxes(MASK, Boxes(inside=inside)).tolist() == MASK.tolist()


def test_parts_beyond_the_scan_count_for_nothing():
    assert inside_boxes((2, 2, 2), ((-5, -1, 1, 1, 9, 9),)).tolist() == [
        [[False, True], [False, True]],
        [[False, False], [False, False]],
    ]
    assert not inside_boxes((2, 2, 2), ((-5, -5, -5, -1, -1, -1),)).any()


def test_slices_alone_equal_the_volume():
    mask = np.ones((5, 2, 2), dtype=np.uint8)
    params = Boxes(boxes=((1, 0, 0, 3, 1, 2), (4, 0, 0, 5, 2, 2)))
    alone = [apply_boxes(mask[z : z + 1], params, first=z) for z in range(5)]
    assert np.concatenate(alone).tolist() == apply_boxes(mask, params).tolist()


@pytest.mark.parametrize("box", [(0, 0, 0, 0, 1, 1), (0, 0, 2, 1, 1, 1)])
def test_an_empty_box_is_refused(box):
    with pytest.raises(RecipeError, match="is empty"):
        Boxes.parse({"boxes": [box]})


def test_lists_as_read_from_a_file():
    assert Boxes.parse({"boxes": [list(BOX)]}).boxes == (BOX,)
    with pytest.raises(RecipeError, match=r"boxes\.0\.5"):
        Boxes.parse({"boxes": [[0, 0, 0, 1, 1]]})
