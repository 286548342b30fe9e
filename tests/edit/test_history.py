"""History: undo and redo over all edits, in bounded memory, and what was done in words."""

import numpy as np
import pytest

from napari_wsss.edit.delta import Delta
from napari_wsss.edit.history import Edit, History, Record


def paint(history, mask, name, value, *places):
    before = mask.copy()
    for place in places:
        mask[place] = value
    history.do(Edit(name, Delta.between(before, mask)))


@pytest.fixture
def mask():
    return np.zeros((3, 4, 4), np.uint8)


def test_undo_and_redo_walk_through_all_states(mask):
    history, states = History(), [mask.copy()]
    for step, place in enumerate([(0, 1, 1), (1, 2, 2), (0, 1, 1), (2, 3, 3)]):
        paint(history, mask, f"stroke {step}", step + 1, place)
        states.append(mask.copy())
    for state in states[-2::-1]:
        history.undo(mask)
        np.testing.assert_array_equal(mask, state)
    assert history.undo(mask) is None
    for state in states[1:]:
        history.redo(mask)
        np.testing.assert_array_equal(mask, state)
    assert history.redo(mask) is None


def test_a_new_edit_ends_redo(mask):
    history = History()
    paint(history, mask, "paint", 1, (0, 0, 0))
    history.undo(mask)
    assert history.redo_name == "paint"
    paint(history, mask, "erase", 2, (1, 1, 1))
    assert history.redo_name is None
    assert history.undo_name == "erase"


def test_an_edit_that_changes_nothing_is_none(mask):
    history = History()
    paint(history, mask, "paint", 0, (0, 0, 0))
    assert history.undo_name is None


def test_memory_is_bounded_and_the_last_edit_can_always_be_undone(mask):
    history = History(limit=20)  # an edit of one voxel takes 6 bytes
    for number in range(5):
        paint(history, mask, f"stroke {number}", 1, (0, number % 4, number // 4))
    assert history.nbytes == 18
    assert [history.undo(mask).name for _ in range(3)] == ["stroke 4", "stroke 3", "stroke 2"]
    assert history.undo(mask) is None
    before = mask.copy()
    paint(history, mask, "all", 2, (slice(None),))
    assert history.nbytes > history.limit
    history.undo(mask)
    np.testing.assert_array_equal(mask, before)


def test_the_summary_tells_all_that_was_done_and_not_undone(mask):
    history = History(limit=7)
    paint(history, mask, "paint", 1, (0, 0, 0))
    paint(history, mask, "fill", 1, (0, 0, 1))
    paint(history, mask, "erase", 0, (0, 0, 1))
    history.undo(mask)
    assert [(line["edit"], line["voxels"]) for line in history.summary()] == [("paint", 1), ("fill", 1)]
    history.clear()
    assert history.summary() == []


def test_records_tell_the_history_again(mask):
    base, history, records = mask.copy(), History(), []
    for value, place in enumerate([(0, 0, 0), (1, 1, 1), (0, 0, 0)], start=1):
        before = mask.copy()
        mask[place] = value
        records.append(Record("do", Edit("paint", Delta.between(before, mask))))
        history.do(records[-1].edit)
    history.undo(mask)
    history.undo(mask)
    history.redo(mask)
    records += [Record("undo"), Record("undo"), Record("redo")]
    again = History()
    for record in records:
        again.replay(record, base)
    np.testing.assert_array_equal(base, mask)
    assert again.summary() == history.summary()
    assert (again.undo_name, again.redo_name) == ("paint", "paint")


def test_the_start_is_found_again_as_long_as_nothing_is_forgotten(mask):
    begin, history = mask.copy(), History(limit=13)
    paint(history, mask, "paint", 1, (0, 0, 0))
    paint(history, mask, "paint", 2, (0, 0, 0))
    np.testing.assert_array_equal(history.start(mask), begin)
    assert [edit.name for edit in history.done] == ["paint", "paint"]
    paint(history, mask, "paint", 3, (0, 0, 0))
    assert history.start(mask) is None
