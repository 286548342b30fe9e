"""The Tune dock as a person uses it: chips, boxes, undo, presets, settings of a case, search, calibration."""

import numpy as np
import pytest
from fake import FakeSession, write_scan
from qtpy.QtCore import QPoint, Qt
from qtpy.QtTest import QTest
from qtpy.QtWidgets import QAbstractButton, QApplication

from napari_wsss.data.cohort import scan_cohort
from napari_wsss.data.labels import LabelTable
from napari_wsss.data.view import view_of
from napari_wsss.progress import drain
from napari_wsss.store.project import Project
from napari_wsss.widgets import open_desk
from napari_wsss.widgets._box_grid import rectangle_of
from napari_wsss.widgets._open_desk import show_dock

pytestmark = pytest.mark.gui


@pytest.fixture
def dock(shown, qtbot):
    made = show_dock(shown.viewer, "Tune")
    qtbot.waitUntil(made.isVisible)
    return made


def click(qtbot, button):
    qtbot.waitUntil(button.isVisible)
    assert button.isEnabled()
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)


def settle(desk, qtbot, do, *args):
    with qtbot.waitSignal(desk.live.settled, timeout=10_000):
        do(*args)


def slide(desk, qtbot, dock, value):
    settle(desk, qtbot, lambda: setattr(dock.forms["cut"].editor("value").widget, "value", value))
    desk.tuning._moves.rest()


def drag(desk, places):
    """Press the mouse at the first of ``places`` (row, column of the slice as shown), drag to the last, let go."""
    viewer = desk.viewer
    camera, canvas = getattr(viewer, "scene", viewer).camera, viewer.window._qt_viewer.canvas.native
    middle = np.array([canvas.height() / 2, canvas.width() / 2])
    pixels = [middle + (np.array(place) - camera.center[-2:]) * camera.zoom for place in places]
    points = [QPoint(round(x), round(y)) for y, x in pixels]
    QTest.mousePress(canvas, Qt.MouseButton.LeftButton, pos=points[0])
    for point in points[1:]:
        QTest.mouseMove(canvas, point)
        QApplication.processEvents()
    QTest.mouseRelease(canvas, Qt.MouseButton.LeftButton, pos=points[-1])


def test_filters_are_chips_and_their_numbers_show_while_they_are_on(shown, dock, qtbot):
    chips = dock.steps.chips.chips
    assert [chip.text() for chip in chips.values()] == ["Box", "Islands"]
    assert not dock.forms["islands"].isVisible()
    settle(shown, qtbot, click, qtbot, chips["islands"])
    assert shown.tuner.steps["islands"].on is True
    assert chips["islands"].text() == "✓ Islands"
    assert dock.forms["islands"].isVisible()
    settle(shown, qtbot, click, qtbot, chips["islands"])
    assert shown.tuner.steps["islands"].on is False
    assert not dock.forms["islands"].isVisible()


def test_headings_say_how_long_each_step_took(shown, dock, qtbot):
    slide(shown, qtbot, dock, 0.4)
    headings = [group._fold.heading.text() for group in dock.steps.groups.values()]
    assert headings[:2] == ["Cut · 1 ms", "Smooth · 2 ms"]
    assert dock.times.text() == "All steps: 3 ms"


def test_slider_moves_are_undone_and_done_again(shown, dock, qtbot):
    assert not dock.history.undo.isEnabled()
    first = shown.layers.mask.copy()
    slide(shown, qtbot, dock, 0.2)
    moved = shown.layers.mask.copy()
    settle(shown, qtbot, click, qtbot, dock.steps.chips.chips["islands"])
    settle(shown, qtbot, click, qtbot, dock.history.undo)
    assert not dock.steps.chips.chips["islands"].isChecked()
    settle(shown, qtbot, click, qtbot, dock.history.undo)
    assert dock.forms["cut"].editor("value").widget.value == 0.5
    np.testing.assert_array_equal(shown.layers.mask, first)
    assert not dock.history.undo.isEnabled()
    settle(shown, qtbot, click, qtbot, dock.history.redo)
    assert dock.forms["cut"].editor("value").widget.value == 0.2
    np.testing.assert_array_equal(shown.layers.mask, moved)


def test_the_keys_of_undo_leave_the_brush_its_own(shown, dock, qtbot):
    show_dock(shown.viewer, "Review")
    canvas = shown.viewer.window._qt_viewer.canvas.native
    alt, shift = Qt.KeyboardModifier.AltModifier, Qt.KeyboardModifier.ShiftModifier
    slide(shown, qtbot, dock, 0.2)
    settle(shown, qtbot, qtbot.keyClick, canvas, Qt.Key.Key_Z, alt)
    assert shown.tuning.steps["cut"].value == 0.5
    settle(shown, qtbot, qtbot.keyClick, canvas, Qt.Key.Key_Z, alt | shift)
    assert shown.tuning.steps["cut"].value == 0.2
    shown.layers.mask_layer.data_setitem((np.array([0]), np.array([1]), np.array([2])), 1)
    qtbot.keyClick(canvas, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert shown.tuning.steps["cut"].value == 0.2


def test_a_drag_is_one_move(shown, dock, qtbot):
    with qtbot.waitSignal(shown.live.settled, timeout=10_000):
        for percent in range(50, 20, -1):
            dock.forms["cut"].editor("value").widget.value = percent / 100
    settle(shown, qtbot, click, qtbot, dock.history.undo)
    assert shown.tuning.steps["cut"].value == 0.5


def test_another_case_has_a_history_of_its_own(shown, dock, qtbot):
    slide(shown, qtbot, dock, 0.2)
    with qtbot.waitSignals([shown.case_opened, shown.live.settled], timeout=10_000):
        shown.show_case("case1")
    assert not dock.history.undo.isEnabled()
    assert dock.forms["cut"].value().value == 0.5


def test_settings_kept_for_a_case_are_that_cases_alone(shown, session, dock, qtbot):
    slide(shown, qtbot, dock, 0.31)
    click(qtbot, dock.keeping.case)
    assert session.own["case0"] == {("cut", "value"): 0.31}
    assert session.recipe.steps["cut"].value == 0.5
    assert "cut.value = 0.31" in dock.keeping.own.text()
    assert not dock.history.reset.isEnabled()
    for case_id, value in (("case1", 0.5), ("case0", 0.31)):
        with qtbot.waitSignals([shown.case_opened, shown.live.settled], timeout=10_000):
            shown.show_case(case_id)
        assert dock.forms["cut"].value().value == value
    settle(shown, qtbot, click, qtbot, dock.keeping.forget)
    assert dock.forms["cut"].value().value == 0.5
    assert dock.keeping.own.isHidden()


def test_a_setting_taken_back_to_the_projects_is_no_setting_of_the_case(shown, session, dock, qtbot):
    slide(shown, qtbot, dock, 0.31)
    click(qtbot, dock.keeping.case)
    slide(shown, qtbot, dock, 0.5)
    click(qtbot, dock.keeping.case)
    assert session.own["case0"] == {}


def test_presets_are_saved_applied_and_deleted(shown, session, dock, qtbot):
    keeping = dock.keeping
    assert not keeping.save.isEnabled()
    slide(shown, qtbot, dock, 0.2)
    qtbot.keyClicks(keeping.names.lineEdit(), "small bleeds")
    click(qtbot, keeping.save)
    assert session.kept["small bleeds"]["cut"] == {"value": 0.2}
    assert "box" not in session.kept["small bleeds"]
    settle(shown, qtbot, click, qtbot, dock.history.reset)
    settle(shown, qtbot, click, qtbot, keeping.apply)
    assert dock.forms["cut"].value().value == 0.2
    click(qtbot, keeping.delete)
    assert session.kept == {}
    assert keeping.names.count() == 0


def open_box_panel(shown, dock, qtbot):
    settle(shown, qtbot, click, qtbot, dock.steps.chips.chips["box"])
    panel = next(
        button for button in dock.steps.findChildren(QAbstractButton) if button.text() == "Draw box"
    ).parentWidget()
    qtbot.waitUntil(panel.isVisible)
    return panel


def draw_box(shown, panel, qtbot, rows, columns):
    """Draw a rectangle from voxel to voxel, both included, on the slice as shown."""
    click(qtbot, panel.draw)
    layer = shown.viewer.layers["boxes"]
    assert layer.mode == "add_rectangle"
    top, left = rows[0] - 0.4, columns[0] - 0.4
    bottom, right = rows[1] + 0.4, columns[1] + 0.4
    with qtbot.waitSignal(shown.live.settled, timeout=10_000):
        drag(shown, [(top, left), ((top + bottom) / 2, right - 1), (bottom, right)])
    qtbot.waitUntil(lambda: not panel._boxes._show_soon.isActive())
    return layer


def test_a_box_drawn_in_the_viewer_keeps_the_mask_inside_it(shown, session, dock, qtbot):
    slide(shown, qtbot, dock, 0.2)
    panel = open_box_panel(shown, dock, qtbot)
    layer = draw_box(shown, panel, qtbot, (3, 9), (4, 12))
    view = view_of(shown.loaded.volume)
    outside = np.ones((5, 24, 20), bool)
    view.apply(outside)[:, 3:10, 4:13] = False
    assert len(shown.tuning.steps["box"].boxes) == 1
    assert shown.layers.mask.any()
    assert not shown.layers.mask[outside].any()
    assert session.own["case0"]["box", "boxes"] == shown.tuning.steps["box"].boxes
    assert layer.mode == "select"
    np.testing.assert_array_equal(layer.data[0].min(axis=0), [2.5, 3.5])
    np.testing.assert_array_equal(layer.data[0].max(axis=0), [9.5, 12.5])


@pytest.mark.parametrize("signs", [(1, 1), (1, -1), (-1, 1)])
def test_a_box_lies_where_it_was_drawn_however_the_scan_is_turned(make_napari_viewer, tmp_path, qtbot, signs):
    affine = np.diag([1.0 * signs[0], 1.0 * signs[1], 2.5, 1.0])
    write_scan(tmp_path / "scans" / "turned.nii.gz", affine=affine)
    found = drain(scan_cohort(tmp_path / "scans", None))
    labels = LabelTable.empty(("lesion",), {case.id: 5 for case in found})
    viewer = make_napari_viewer(show=True)
    desk = open_desk(viewer)
    with qtbot.waitSignals([desk.case_opened, desk.live.settled, desk.way_changed], timeout=20_000):
        desk.adopt(FakeSession(Project.create(tmp_path / "project", "Turned", found, labels)))
    view = view_of(desk.loaded.volume)
    assert view.flip_rows or view.flip_columns
    dock = show_dock(viewer, "Tune")
    qtbot.waitUntil(dock.isVisible)
    draw_box(desk, open_box_panel(desk, dock, qtbot), qtbot, (3, 9), (4, 12))
    [(z0, y0, x0, z1, y1, x1)] = desk.tuning.steps["box"].boxes
    inside = np.zeros((5, 24, 20), bool)
    inside[z0:z1, y0:y1, x0:x1] = True
    expected = np.zeros(view.apply(inside).shape, bool)
    expected[:, 3:10, 4:13] = True
    np.testing.assert_array_equal(view.apply(inside), expected)


def test_boxes_come_back_with_their_case_and_deleted_ones_vanish(shown, session, dock, qtbot):
    panel = open_box_panel(shown, dock, qtbot)
    draw_box(shown, panel, qtbot, (3, 9), (4, 12))
    boxes = shown.tuning.steps["box"].boxes
    with qtbot.waitSignals([shown.case_opened, shown.live.settled], timeout=10_000):
        shown.show_case("case1")
    assert shown.tuning.steps["box"].boxes == ()
    assert len(shown.viewer.layers["boxes"].data) == 0
    with qtbot.waitSignals([shown.case_opened, shown.live.settled], timeout=10_000):
        shown.show_case("case0")
    assert shown.tuning.steps["box"].boxes == boxes
    assert dock.steps.chips.chips["box"].isChecked()
    layer = shown.viewer.layers["boxes"]
    np.testing.assert_array_equal(layer.data[0], rectangle_of(boxes[0], view_of(shown.loaded.volume), (5, 24, 20)))
    layer.selected_data = {0}
    with qtbot.waitSignal(shown.live.settled, timeout=10_000):
        layer.remove_selected()
    assert shown.tuning.steps["box"].boxes == ()
    assert session.own["case0"] == {}
    qtbot.waitUntil(lambda: len(layer.data) == 0)


def test_a_box_is_seen_and_works_on_its_own_slices_only(shown, dock, qtbot):
    slide(shown, qtbot, dock, 0.2)
    panel = open_box_panel(shown, dock, qtbot)
    panel.reach.setCurrentIndex(1)
    panel.around.setValue(1)
    layer = draw_box(shown, panel, qtbot, (3, 9), (4, 12))
    [box] = shown.tuning.steps["box"].boxes
    assert (box[0], box[3]) == (1, 4)
    assert not shown.layers.mask[0].any()
    shown.layers.go_to(4)
    assert len(layer.data) == 0
    shown.layers.go_to(3)
    assert len(layer.data) == 1
    panel.last.setValue(4)
    settle(shown, qtbot, panel.last.editingFinished.emit)
    assert shown.tuning.steps["box"].boxes[0][3] == 5
    shown.layers.go_to(4)
    assert len(layer.data) == 1


def test_a_box_is_out_of_sight_while_its_filter_is_off(shown, session, dock, qtbot):
    panel = open_box_panel(shown, dock, qtbot)
    layer = draw_box(shown, panel, qtbot, (3, 9), (4, 12))
    settle(shown, qtbot, click, qtbot, dock.steps.chips.chips["box"])
    assert not layer.visible
    assert session.own["case0"]["box", "on"] is False
    settle(shown, qtbot, click, qtbot, dock.steps.chips.chips["box"])
    assert layer.visible
    assert len(layer.data) == 1


def test_moving_a_box_moves_the_cases_and_undo_moves_it_back(shown, dock, qtbot):
    panel = open_box_panel(shown, dock, qtbot)
    layer = draw_box(shown, panel, qtbot, (3, 9), (4, 12))
    shown.tuning._moves.rest()
    before = shown.tuning.steps["box"].boxes
    with qtbot.waitSignal(shown.live.settled, timeout=10_000):
        drag(shown, [(6.0, 8.0), (7.0, 9.0), (8.0, 10.0)])
    np.testing.assert_array_equal(layer.data[0].min(axis=0), [4.5, 5.5])
    assert shown.tuning.steps["box"].boxes != before
    settle(shown, qtbot, click, qtbot, dock.history.undo)
    assert shown.tuning.steps["box"].boxes == before
    qtbot.waitUntil(lambda: layer.data[0].min(axis=0).tolist() == [2.5, 3.5])


def test_searched_thresholds_are_a_map_and_a_click_applies_one(shown, dock, qtbot):
    panel = dock.search
    panel.parentWidget().heading.click()
    click(qtbot, panel.search)
    qtbot.waitUntil(panel.map.isVisible, timeout=10_000)
    assert "Searched with 2 accepted masks" in panel.words.text()
    assert panel.map.words(0, 3) == "threshold – cut 0.3: Dice 1.000"
    place = panel.map.cell(0, 3).center().toPoint()
    settle(shown, qtbot, lambda: qtbot.mouseClick(panel.map, Qt.MouseButton.LeftButton, pos=place))
    assert shown.tuning.steps["cut"].value == 0.3


@pytest.mark.parametrize("decision", ["apply", "discard"])
def test_a_calibration_is_applied_or_discarded(shown, session, dock, qtbot, decision):
    panel = dock.calibrate
    panel.parentWidget().heading.click()
    click(qtbot, panel.start)
    qtbot.waitUntil(panel.discard.isVisible, timeout=10_000)
    assert [panel.table.item(0, column).text() for column in range(4)] == ["case0", "0.600", "0.800", "0.750"]
    assert "cut.value: 0.5 → <b>0.3</b>" in panel.words.text()
    qtbot.waitUntil(lambda: shown.idle)
    if decision == "apply":
        settle(shown, qtbot, click, qtbot, panel.apply)
    else:
        click(qtbot, panel.discard)
    expected = 0.3 if decision == "apply" else 0.5
    assert session.recipe.steps["cut"].value == expected
    assert dock.forms["cut"].value().value == expected
    assert panel.table.isHidden()
    assert panel.apply.isHidden()
