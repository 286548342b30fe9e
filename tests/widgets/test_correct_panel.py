"""Correcting in the Review dock: brush in mm, effects, smart fill, difference, and their keys."""

from dataclasses import replace

import numpy as np
import pytest
from qtpy.QtCore import QPoint, Qt

from napari_wsss.edit.catalogue import OPERATIONS
from napari_wsss.edit.logical import Logical
from napari_wsss.edit.margin import MoveMargin
from napari_wsss.edit.smart_fill import SmartFill
from napari_wsss.widgets._brush_row import BrushRow
from napari_wsss.widgets._correct_panel import CorrectPanel
from napari_wsss.widgets._difference import ADDED, REMOVED
from napari_wsss.widgets._keys_correct import CORRECT_KEYS, copy_slice, fill_between, restore_slice, smart_fill
from napari_wsss.widgets._scene_on_desk import other_masks, scene_of

pytestmark = pytest.mark.gui


@pytest.fixture
def panel(opened, qtbot):
    made = CorrectPanel(opened)
    qtbot.addWidget(made)
    return made


def empty(desk):
    desk.layers.show_mask(np.zeros_like(desk.layers.mask))
    desk.mask.based.emit(None)
    return desk.layers.mask


def run(desk, qtbot, act):
    """Start an operation and wait until it is over."""
    act()
    qtbot.waitUntil(lambda: not desk.operating.busy, timeout=10_000)


@pytest.fixture
def told(monkeypatch):
    heard = []
    monkeypatch.setattr("napari_wsss.widgets._operating.tell", heard.append)
    monkeypatch.setattr("napari_wsss.widgets._operating.tell_error", lambda error: heard.append(str(error)))
    return heard


# ---- brush ---------------------------------------------------------------------------------------------------------


def test_the_ball_is_round_in_mm(opened, panel):
    # Voxels of 2.5 × 1 × 1 mm, a ball of 7 mm: r² ≤ 12.25 in the slice holds 37 places, r² ≤ 6 in the next ones 21.
    mask = empty(opened)
    panel.brush.ball.setChecked(True)
    panel.brush.set_diameter(7.0)
    assert panel.brush.readout.text() == "7.0 mm"
    opened.layers.mask_layer.mode = "paint"
    opened.layers.mask_layer.paint((2, 12, 10), 1)
    assert np.count_nonzero(mask, axis=(1, 2)).tolist() == [0, 21, 37, 21, 0]
    z, y, x = np.nonzero(mask)
    assert (((z - 2) * 2.5) ** 2 + (y - 12.0) ** 2 + (x - 10.0) ** 2 <= 3.5**2).all()


def test_the_disc_stays_in_its_slice(opened, panel):
    mask = empty(opened)
    panel.brush.set_diameter(7.0)
    opened.layers.mask_layer.mode = "paint"
    opened.layers.mask_layer.paint((2, 12, 10), 1)
    assert np.count_nonzero(mask, axis=(1, 2)).tolist() == [0, 0, 37, 0, 0]


def test_the_size_in_mm_stays_where_slices_are_finer_than_pixels(opened, qtbot):
    row = BrushRow(opened)
    qtbot.addWidget(row)
    layer = opened.layers.mask_layer
    layer.scale = (0.5, 1.0, 1.0)
    row.set_diameter(7.0)
    assert layer.brush_size == 7
    row.ball.setChecked(True)
    assert (layer.brush_size, row.diameter) == (13, 6.5), "in 3D napari counts in half millimetres"
    row.ball.setChecked(False)
    assert (layer.brush_size, row.diameter) == (7, 7.0)


def test_the_slider_follows_napari(opened, panel):
    opened.layers.mask_layer.brush_size = 11
    assert panel.brush.size.value() == 5
    assert panel.brush.readout.text() == "11.0 mm"


def test_a_polygon_lies_in_a_slice(opened, panel):
    panel.brush.ball.setChecked(True)
    panel.tools["polygon"].click()
    assert not panel.brush.ball.isChecked()
    assert opened.layers.mask_layer.mode == "polygon"
    panel.brush.ball.setChecked(True)
    assert opened.layers.mask_layer.mode == "paint"


# ---- operations ----------------------------------------------------------------------------------------------------


def test_an_operation_is_one_edit_that_undo_takes_back(opened, qtbot, panel):
    mask = empty(opened)
    mask[2, 10, 10] = 1
    before = mask.copy()
    run(opened, qtbot, lambda: opened.operating.run(MoveMargin(distance=2.0)))
    assert np.count_nonzero(mask) == 13
    assert opened.edits.names == ("margin", None)
    assert opened.mask.edited
    assert panel.last.text() == "Last edit: margin"
    assert opened.edits.history.summary()[0]["details"]["distance"] == 2.0
    panel.undo.click()
    np.testing.assert_array_equal(mask, before)
    panel.redo.click()
    assert np.count_nonzero(mask) == 13


def test_an_operation_is_dropped_where_the_mask_changed_meanwhile(opened, qtbot, told):
    mask = empty(opened)
    mask[2, 10, 10] = 1

    def act():
        opened.operating.run(MoveMargin(distance=2.0))
        opened.edits.do("paint", np.ones_like(mask))

    run(opened, qtbot, act)
    assert mask.all()
    assert "changed meanwhile" in told[0]


def test_of_operations_asked_for_meanwhile_the_newest_comes_next(opened, qtbot):
    mask = empty(opened)
    mask[2, 10, 10] = 1

    def act():
        for distance in (1.0, 5.0, 2.0):
            opened.operating.run(MoveMargin(distance=distance))

    run(opened, qtbot, act)
    distances = [line["details"]["distance"] for line in opened.edits.history.summary()]
    assert distances == [1.0, 2.0]


def test_what_cannot_be_done_is_told(opened, qtbot, told):
    empty(opened)
    run(opened, qtbot, lambda: fill_between(opened))
    run(opened, qtbot, lambda: opened.operating.run(Logical(how="clear")))
    assert "no two painted slices" in told[0]
    assert told[1] == "Logical operators: nothing to change."
    assert opened.edits.untouched


def test_the_quick_steps(opened, qtbot):
    mask = empty(opened)
    mask[1, 10, 10] = mask[3, 4, 4] = 1
    run(opened, qtbot, lambda: copy_slice(opened, "previous"))
    assert np.argwhere(mask[2]).tolist() == [[10, 10]]
    run(opened, qtbot, lambda: copy_slice(opened, "next"))
    assert np.argwhere(mask[2]).tolist() == [[4, 4]]
    run(opened, qtbot, lambda: restore_slice(opened))
    np.testing.assert_array_equal(mask[2], opened.proposal.mask[2])
    assert mask[1].sum() == 1
    mask[:] = 0
    mask[0, 10, 10] = mask[4, 10, 10] = 1
    run(opened, qtbot, lambda: fill_between(opened))
    assert (mask[:, 10, 10] == 1).all()
    assert mask.sum() == 5


def test_the_proposal_follows_the_sliders_while_the_mask_is_corrected(opened, qtbot):
    opened.edits.do("clear", np.zeros_like(opened.layers.mask))
    with qtbot.waitSignal(opened.live.settled, timeout=10_000):
        opened.tune("cut", value=0.3)
    assert not opened.layers.mask.any()
    run(opened, qtbot, lambda: restore_slice(opened))
    np.testing.assert_array_equal(opened.layers.mask[2], opened.tuner.mask(2))


def test_every_effect_has_its_form(panel):
    effects = panel.effects
    names = [effects.effect.itemData(index) for index in range(effects.effect.count())]
    assert names == [name for name in OPERATIONS if name != "smart-fill"]
    for index in range(len(names)):
        effects.effect.setCurrentIndex(index)
        assert effects.operation.title == effects.effect.currentText()
        assert "scope" not in effects.form.names
        assert effects.scope.count() == len(effects.operation.scopes)


def test_an_effect_keeps_its_settings(opened, panel, qtbot):
    mask, effects = empty(opened), panel.effects
    effects.effect.setCurrentIndex(effects.effect.findData("margin"))
    effects.form.editor("distance").set(3.0)
    effects.scope.setCurrentIndex(effects.scope.findData("range"))
    effects.scope.activated.emit(effects.scope.currentIndex())
    effects.first.setValue(1)
    effects.last.setValue(2)
    effects.effect.setCurrentIndex(0)
    effects.effect.setCurrentIndex(effects.effect.findData("margin"))
    assert (effects.operation.distance, effects.operation.scope) == (3.0, "range")
    mask[:, 10, 10] = 1
    run(opened, qtbot, effects.apply.click)
    assert np.count_nonzero(mask, axis=(1, 2)).tolist() == [1, 29, 29, 1, 1]


def test_a_range_picked_on_the_strip_is_taken_over(opened, panel):
    opened.labelling.choose_range(3, 1)
    assert (panel.effects.first.value(), panel.effects.last.value()) == (1, 3)
    panel.effects.first.setValue(2)
    assert (opened.labelling.first, opened.labelling.last) == (1, 3), "labels are not moved by it"


def test_other_masks_of_the_case(opened, session, qtbot):
    first, second = np.zeros_like(opened.layers.mask), np.ones_like(opened.layers.mask)
    for mask in (first, second):
        session.project.accept("case0", mask, {"edited": True})
    with qtbot.waitSignals([opened.case_opened, opened.live.settled], timeout=10_000):
        opened.show_case("case0")
    assert list(other_masks(opened)) == ["proposal", "start", "accepted", "version 1"]
    np.testing.assert_array_equal(other_masks(opened)["version 1"](), first)
    assert opened.layers.mask.all()
    run(opened, qtbot, lambda: opened.operating.run(Logical(how="copy", other="version 1", scope="volume")))
    assert not opened.layers.mask.any()
    np.testing.assert_array_equal(other_masks(opened)["start"](), second)


# ---- smart fill ----------------------------------------------------------------------------------------------------


def test_the_scene_holds_what_is_on_the_screen(opened):
    opened.layers.images[0].contrast_limits = (10.0, 90.0)
    scene = scene_of(opened, (1, 2, 3))
    assert (scene.z, scene.label, scene.seed, scene.windows) == (2, 1, (1, 2, 3), ((10.0, 90.0),))
    np.testing.assert_array_equal(scene.evidence, opened.tuner.evidence())


def test_smart_fill_fills_and_another_setting_does_it_over(opened, qtbot, panel):
    mask = empty(opened)
    smart_fill(opened)
    assert opened.clicks.on
    assert panel.tools["smart"].isChecked()
    assert panel.smart.isVisibleTo(panel)
    seed = tuple(int(at) for at in np.unravel_index(opened.loaded.volume.array[0].argmax(), mask.shape))
    opened.clicks.smart = opened.clicks.operation = SmartFill(tolerance=30.0, mode="3d")
    run(opened, qtbot, lambda: opened.clicks.at(seed))
    ball = mask.copy()
    assert 10 < ball.sum() < 200
    run(opened, qtbot, lambda: opened.clicks.change(SmartFill(tolerance=30.0, mode="2d")))
    np.testing.assert_array_equal(mask[seed[0]], ball[seed[0]])
    assert mask.sum() == ball[seed[0]].sum()
    assert len(opened.edits.history.done) == 1
    run(opened, qtbot, lambda: opened.clicks.at(seed, remove=True))
    assert not mask.any()
    opened.edits.undo()
    opened.edits.undo()
    assert opened.edits.untouched


def test_of_settings_moved_quickly_the_last_one_holds(opened, qtbot):
    mask = empty(opened)
    opened.clicks.start(SmartFill())
    run(opened, qtbot, lambda: opened.clicks.at((2, 8, 6)))

    def act():
        for radius in (1.0, 20.0, 2.0):
            opened.clicks.change(SmartFill(tolerance=100.0, radius=radius))

    run(opened, qtbot, act)
    assert mask.sum() == 13, "a disc of 2 mm"
    assert [edit.details["radius"] for edit in opened.edits.history.done] == [2.0]


def test_a_setting_moved_while_a_click_is_computed_never_moves_the_click(opened, qtbot):
    mask = empty(opened)
    wide = SmartFill(tolerance=100.0, radius=2.0)
    opened.clicks.start(wide)
    run(opened, qtbot, lambda: opened.clicks.at((1, 8, 6)))

    def act():
        opened.clicks.at((3, 8, 6))
        opened.clicks.change(wide.replace(radius=1.0))

    run(opened, qtbot, act)
    assert (mask[1].sum(), mask[3].sum()) == (13, 13)
    run(opened, qtbot, lambda: opened.clicks.change(wide.replace(radius=1.0)))
    assert (mask[1].sum(), mask[3].sum()) == (13, 5)


def test_another_setting_does_nothing_over_after_another_edit(opened, qtbot):
    mask = empty(opened)
    opened.clicks.start(SmartFill())
    run(opened, qtbot, lambda: opened.clicks.at((2, 8, 6)))
    edited = mask.copy()
    edited[0, 0, 0] = 1
    opened.edits.do("paint", edited)
    run(opened, qtbot, lambda: opened.clicks.change(SmartFill(tolerance=90.0)))
    np.testing.assert_array_equal(mask, edited)


def test_taking_up_a_brush_ends_smart_fill(opened, panel):
    panel.tools["smart"].click()
    assert opened.clicks.on
    panel.tools["paint"].click()
    assert not opened.clicks.on
    panel.tools["smart"].click()
    opened.layers.mask_layer.mode = "erase"
    assert not opened.clicks.on
    panel.tools["smart"].click()
    opened.viewer.layers.selection.active = opened.layers.map_layer
    assert not opened.clicks.on


def test_a_click_into_the_picture_is_a_seed_and_a_drag_is_none(shown, qtbot):
    canvas = shown.viewer.window._qt_viewer.canvas.native
    shown.clicks.start(SmartFill())
    seeds = []
    shown.clicks.at = lambda seed, remove=False: seeds.append((seed, remove))
    middle = QPoint(canvas.width() // 2, canvas.height() // 2)
    qtbot.mouseClick(canvas, Qt.MouseButton.LeftButton, pos=middle)
    _, height, width = shown.layers.mask.shape
    (z, y, x), remove = seeds[0]
    assert (z, remove) == (2, False)
    assert abs(y - height / 2) <= 1
    assert abs(x - width / 2) <= 1
    qtbot.mouseClick(canvas, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.AltModifier, middle)
    assert seeds[1][1] is True
    qtbot.mousePress(canvas, Qt.MouseButton.LeftButton, pos=middle)
    qtbot.mouseMove(canvas, middle + QPoint(30, 0))
    qtbot.mouseRelease(canvas, Qt.MouseButton.LeftButton, pos=middle + QPoint(30, 0))
    assert len(seeds) == 2


# ---- difference ----------------------------------------------------------------------------------------------------


def marks(desk):
    return np.asarray(shown_difference(desk).data)


def shown_difference(desk):
    return next(layer for layer in desk.viewer.layers if layer.name == "difference")


def test_the_difference_follows_every_edit(opened):
    mask = empty(opened)
    mask[2, 5:8, 5:8] = 1
    opened.mask.based.emit(None)
    opened.difference.toggle()
    assert not marks(opened).any()
    assert opened.viewer.layers.selection.active is opened.layers.mask_layer
    edited = mask.copy()
    edited[2, 5, 5:8], edited[3, 1, 1] = 0, 1
    opened.edits.do("islands", edited)
    expected = np.zeros_like(mask)
    expected[2, 5, 5:8], expected[3, 1, 1] = REMOVED, ADDED
    np.testing.assert_array_equal(marks(opened), opened.layers.shown(expected))
    assert opened.difference.counts == (1, 3)
    opened.layers.mask_layer.data_setitem((np.array([4]), np.array([2]), np.array([2])), 1)
    assert opened.difference.counts == (2, 3)
    opened.edits.undo()
    opened.edits.undo()
    assert opened.difference.counts == (0, 0)
    opened.difference.toggle()
    assert not shown_difference(opened).visible
    opened.edits.redo()
    shown_difference(opened).visible = True
    assert opened.difference.on
    assert opened.difference.counts == (1, 3)


def test_the_difference_to_the_proposal(opened):
    opened.edits.do("clear", np.zeros_like(opened.layers.mask))
    opened.difference.toggle()
    opened.difference.compare_with("proposal")
    assert opened.difference.counts == (0, int(opened.proposal.mask.sum()))


def test_the_difference_goes_with_the_case(opened, qtbot):
    opened.difference.toggle()
    opened.edits.do("clear", np.zeros_like(opened.layers.mask))
    with qtbot.waitSignals([opened.case_opened, opened.live.settled], timeout=10_000):
        opened.show_case("case1")
    assert opened.difference.counts == (0, 0)
    opened.viewer.layers.remove(shown_difference(opened))
    assert not opened.difference.on


# ---- keys ----------------------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("told")
def test_every_key_does_something(opened, qtbot):
    empty(opened)
    for key in CORRECT_KEYS:
        run(opened, qtbot, lambda key=key: key.do(opened))
    assert len({replace(key, do=None) for key in CORRECT_KEYS}) == len(CORRECT_KEYS)
    assert opened.clicks.on
    assert opened.difference.on
