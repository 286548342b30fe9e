"""A stroke is told on the grid of the file, whatever way up napari shows it."""

from itertools import product

import numpy as np
import pytest
from napari.layers import Labels

from napari_wsss.data.view import View
from napari_wsss.widgets._stroke import stroke_delta

VIEWS = [View(*turns) for turns in product([False, True], repeat=3)]


def strokes(layer):
    """Draw with every tool, several times over the same place."""
    layer.brush_size = 4
    with layer.block_history():
        layer.paint((1, 2, 2), 1)
        layer.paint((1, 3, 4), 2)
        layer.paint((1, 2, 2), 2)
    layer.n_edit_dimensions = 3
    layer.paint((2, 3, 3), 1)
    layer.n_edit_dimensions = 2
    layer.fill((3, 0, 0), 2)
    layer.fill((3, 0, 0), 0)
    layer.paint_polygon([[0, 1, 1], [0, 1, 4], [0, 4, 4]], 1)
    layer.data_setitem((np.array([3, 0]), np.array([1, 2]), np.array([2, 1])), np.array([1, 2]))


@pytest.mark.parametrize("view", VIEWS, ids=str)
def test_the_deltas_lead_from_mask_to_mask_and_back(view):
    rng = np.random.default_rng(0)
    mask = rng.integers(0, 3, (4, 6, 7)).astype(np.uint8)
    mask[3] = 1
    begin, told, deltas = mask.copy(), mask.copy(), []
    layer = Labels(view.apply(mask))

    def listen(event):
        deltas.append(stroke_delta(mask, view.apply, event.value))
        deltas[-1].apply(told)

    layer.events.paint.connect(listen)
    strokes(layer)
    assert len(deltas) == 6
    np.testing.assert_array_equal(told, mask)
    for delta in reversed(deltas):
        assert len(delta)
        delta.revert(told)
    np.testing.assert_array_equal(told, begin)


def test_a_voxel_by_hand():
    mask = np.zeros((2, 3, 4), np.uint8)
    view = View(transpose=True, flip_rows=True)  # shown row r, column c is on disk row c, column 3 - r
    layer, heard = Labels(view.apply(mask)), []
    layer.events.paint.connect(lambda event: heard.append(stroke_delta(mask, view.apply, event.value)))
    layer.data_setitem((np.array([1]), np.array([0]), np.array([2])), 1)
    assert heard[0].where.tolist() == [12 + 2 * 4 + 3]
    assert (heard[0].before.tolist(), heard[0].after.tolist()) == ([0], [1])
