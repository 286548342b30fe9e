"""One undo and redo over strokes and operations, whatever way up the scan lies on disk."""

import numpy as np
import pytest

from napari_wsss.edit.history import History, Record
from napari_wsss.widgets._key_binding import keys_on

pytestmark = pytest.mark.gui


def begin_empty(desk):
    """Let a test begin with an empty mask."""
    desk.layers.show_mask(np.zeros_like(desk.layers.mask))
    desk.mask.based.emit(None)
    return desk.layers.mask_layer


def set_voxel(desk, z, row, column, value=1):
    place = (np.array([z]), np.array([row]), np.array([column]))
    desk.layers.mask_layer.data_setitem(place, value)


def heard(desk):
    records = []
    desk.edits.recorded.connect(records.append)
    return records


def test_a_stroke_of_the_brush_is_one_edit_on_the_grid_of_the_file(opened):
    layer, records = begin_empty(opened), heard(opened)
    layer.mode, layer.brush_size = "paint", 1
    with layer.block_history():  # as napari does while the button is held
        layer.paint((2, 5, 6), 1)
        layer.paint((2, 5, 7), 1)
    (record,) = records
    expected = np.zeros_like(opened.layers.mask)
    record.edit.delta.apply(expected)
    np.testing.assert_array_equal(expected, opened.layers.mask)
    assert (record.kind, record.edit.name, record.edit.details) == ("do", "paint", {"class": "lesion"})
    assert expected.sum() == 2
    np.testing.assert_array_equal(opened.layers.shown(expected), layer.data)


@pytest.mark.parametrize("mode", ["paint", "erase", "fill", "polygon"])
def test_every_tool_of_napari_is_recorded_and_undone(opened, mode):
    layer = begin_empty(opened)
    set_voxel(opened, 2, 5, 5)
    before = opened.layers.mask.copy()
    layer.mode, layer.brush_size = mode, 3
    if mode == "polygon":
        layer.paint_polygon([[2, 3, 3], [2, 3, 9], [2, 9, 9]], 1)
    elif mode == "fill":
        layer.fill((2, 0, 0), 1)
    else:
        layer.paint((2, 5, 5), int(mode == "paint"))
    after = opened.layers.mask.copy()
    assert opened.edits.history.undo_name == mode
    opened.edits.undo()
    np.testing.assert_array_equal(opened.layers.mask, before)
    opened.edits.redo()
    np.testing.assert_array_equal(opened.layers.mask, after)


def test_strokes_that_overlap_are_undone_one_by_one(opened):
    layer = begin_empty(opened)
    layer.mode = "paint"
    states = [opened.layers.mask.copy()]
    for row, size in [(5, 3), (6, 5), (12, 1)]:
        layer.brush_size = size
        layer.paint((1, row, 6), 1)
        states.append(opened.layers.mask.copy())
    layer.mode = "erase"
    layer.paint((1, 5, 6), 0)
    for state in states[::-1]:
        opened.edits.undo()
        np.testing.assert_array_equal(opened.layers.mask, state)


def test_a_ball_through_slices_is_one_edit(opened):
    layer = begin_empty(opened)
    layer.n_edit_dimensions, layer.brush_size, layer.mode = 3, 7, "paint"
    layer.paint((2, 10, 10), 1)
    assert sorted(np.flatnonzero(opened.layers.mask.any(axis=(1, 2)))) == [1, 2, 3]
    opened.edits.undo()
    assert not opened.layers.mask.any()


def test_napari_keeps_no_undo_of_its_own(opened):
    begin_empty(opened)
    set_voxel(opened, 1, 2, 3)
    opened.layers.mask_layer.undo()
    assert opened.layers.mask.sum() == 1


def test_operations_and_strokes_share_one_history(opened):
    begin_empty(opened)
    records = heard(opened)
    set_voxel(opened, 1, 2, 3)
    grown = opened.layers.mask.copy()
    grown[0:3, 4:8, 4:8] = 1
    opened.edits.do("margin", grown, {"distance": 2.0})
    set_voxel(opened, 3, 2, 3)
    assert opened.edits.names == ("edit", None)
    opened.edits.undo()
    assert opened.edits.names == ("margin", "edit")
    opened.edits.undo()
    assert opened.layers.mask.sum() == 1
    opened.edits.redo()
    np.testing.assert_array_equal(opened.layers.mask, grown)
    assert [record.kind for record in records] == ["do", "do", "do", "undo", "undo", "redo"]
    assert opened.edits.history.summary()[1]["details"] == {"distance": 2.0}


def test_a_stroke_under_the_hand_stays_with_its_case_when_another_comes(opened, session, qtbot):
    layer = begin_empty(opened)
    layer.mode, layer.brush_size = "paint", 1
    first, second = list(session.project.cases)[:2]

    def drag():
        with layer.block_history():
            layer.paint((2, 5, 6), 1)
            yield
            layer.paint((3, 7, 7), 1)
            yield

    layer._mouse_drag_gen["draw"] = held = drag()
    next(held)
    with qtbot.waitSignal(opened.case_opened):
        opened.show_case(second)
    assert next(held, "let go") == "let go"
    del layer._mouse_drag_gen["draw"]
    assert opened.edits.untouched
    with qtbot.waitSignal(opened.case_opened):
        opened.show_case(first)
    assert opened.mask.edited
    assert opened.layers.mask.sum() == 1
    opened.edits.undo()
    assert not opened.layers.mask.any()


def test_an_operation_that_changes_nothing_is_no_edit(opened):
    begin_empty(opened)
    opened.edits.do("islands", opened.layers.mask.copy())
    assert opened.edits.untouched
    assert not opened.mask.edited


def test_the_mask_is_edited_before_the_record_is_told_and_itself_again_once_all_is_undone(opened):
    begin_empty(opened)
    told = []
    opened.edits.recorded.connect(lambda record: told.append((record.kind, opened.mask.origin)))
    set_voxel(opened, 1, 2, 3)
    opened.edits.undo()
    assert told == [("do", "edited"), ("undo", "proposal")]


def test_records_tell_the_mask_again(opened):
    layer = begin_empty(opened)
    base, records = opened.layers.mask.copy(), heard(opened)
    layer.mode, layer.brush_size = "paint", 5
    layer.paint((2, 10, 10), 1)
    opened.edits.do("clear", np.zeros_like(base))
    opened.edits.undo()
    again = History()
    for record in records:
        assert isinstance(record, Record)
        again.replay(record, base)
    np.testing.assert_array_equal(base, opened.layers.mask)


def test_a_move_of_a_slider_begins_anew(opened, qtbot):
    set_voxel(opened, 1, 2, 3)
    opened.edits.undo()
    with qtbot.waitSignal(opened.live.settled, timeout=10_000):
        opened.tune("cut", value=0.3)
    assert opened.edits.names == (None, None)


def test_an_answer_does_not_paint_over_a_stroke_being_drawn(opened):
    layer = begin_empty(opened)
    layer.mode, layer.brush_size = "paint", 3
    with layer.block_history():
        layer.paint((2, 5, 5), 1)
        drawn = opened.layers.mask.copy()
        opened.mask.propose(np.zeros_like(drawn), None)
        opened.edits.undo()
        np.testing.assert_array_equal(opened.layers.mask, drawn)
    opened.edits.undo()
    assert not opened.layers.mask.any()


def test_the_keys_undo_operations_too(opened):
    begin_empty(opened)
    keys_on(opened)
    opened.edits.do("fill", np.ones_like(opened.layers.mask))
    handler = opened.viewer.window._qt_viewer.canvas._key_map_handler
    handler.press_key("Control-Z")
    assert not opened.layers.mask.any()
    handler.press_key("Control-Shift-Z")
    assert opened.layers.mask.all()


def test_a_change_is_drawn_only_where_it_is_seen(opened):
    begin_empty(opened)
    drawn = []
    opened.layers.mask_layer.events.set_data.connect(lambda _: drawn.append(1))
    opened.layers.go_to(0)
    drawn.clear()
    after = opened.layers.mask.copy()
    after[4, 3, 3] = 1
    opened.edits.do("margin", after)
    assert drawn == []
    opened.edits.do("clear", np.zeros_like(after) + np.uint8(1))
    assert drawn == [1]
