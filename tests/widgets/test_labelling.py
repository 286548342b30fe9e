"""Labelling by keys, and the strip above the slice slider."""

import numpy as np
import pytest
from qtpy.QtCore import QPoint, Qt

from napari_wsss.data.labels import LabelTable
from napari_wsss.widgets._keys_label import LABEL_KEYS
from napari_wsss.widgets._label_strip import ensure_label_strip
from napari_wsss.widgets._open_desk import open_desk, show_dock
from napari_wsss.widgets._strip_painter import runs

from fake import make_session  # isort: skip

pytestmark = pytest.mark.gui
KEYS = {key.name: key for key in LABEL_KEYS}


def slices(desk, index=0):
    return desk.session.project.labels.slice_labels("case0")[:, index].tolist()


def on_disk(desk):
    project = desk.session.project
    return LabelTable.read(project.folder / "labels.csv", dict.fromkeys(project.cases, 5))


def press(desk, name):
    KEYS[name].do(desk)


@pytest.fixture
def two(make_napari_viewer, tmp_path, qtbot):
    """A desk whose project has two classes."""
    session = make_session(tmp_path, classes=("bleed", "tumour"))
    viewer = make_napari_viewer(show=True)
    viewer.window.resize(1280, 720)
    desk = open_desk(viewer)
    with qtbot.waitSignals([desk.case_opened, desk.live.settled], timeout=60_000):
        desk.adopt(session)
    yield desk
    session.project.close()


def test_a_digit_goes_from_unknown_to_yes_to_no_to_yes(opened, qtbot, monkeypatch):
    opened.layers.go_to(2)
    seen = []
    for _ in range(4):
        press(opened, "label-1")
        seen.append(slices(opened)[2])
    assert seen == [1, 0, 1, 0]
    qtbot.waitUntil(lambda: opened.writer.idle)
    assert on_disk(opened).slice_labels("case0")[:, 0].tolist() == [-1, -1, 0, -1, -1]
    press(opened, "label-forget")
    assert slices(opened) == [-1] * 5
    press(opened, "label-2")
    assert slices(opened) == [-1] * 5, "there is no second class"
    project, writes = opened.session.project, []
    real = project.save_labels
    monkeypatch.setattr(project, "save_labels", lambda: (writes.append(1), real()))
    for z in range(5):
        opened.layers.go_to(z)
        press(opened, "label-1")
    qtbot.waitUntil(lambda: opened.writer.idle)
    assert len(writes) <= 5
    assert on_disk(opened).slice_labels("case0")[:, 0].tolist() == [1] * 5


def test_a_range_the_whole_scan_and_the_page_keys(opened):
    opened.labelling.choose_range(3, 1)
    press(opened, "label-1")
    assert slices(opened) == [-1, 1, 1, 1, -1]
    opened.labelling.choose_range(2, 4)
    press(opened, "label-1")
    assert slices(opened) == [-1, 1, 1, 1, 1], "where slices differ, all become yes"
    press(opened, "label-1")
    assert slices(opened) == [-1, 1, 0, 0, 0]
    opened.labelling.choose("scan")
    press(opened, "label-none")
    assert opened.session.project.labels.volume_labels("case0").tolist() == [0]
    assert slices(opened) == [0] * 5
    opened.layers.go_to(0)
    went = []
    for name in ("slice-up", "slice-down", "slice-down", "slice-up", *["slice-down"] * 9):
        press(opened, name)
        went.append(opened.layers.slice_index)
    assert went[:4] == [0, 1, 2, 1]
    assert went[-1] == 4


def test_nought_says_no_to_every_class_and_j_finds_what_is_left(two):
    two.layers.go_to(1)
    press(two, "label-none")
    two.layers.go_to(0)
    press(two, "label-2")
    assert (slices(two, 0)[:2], slices(two, 1)[:2]) == ([-1, 0], [1, 0])
    went = []
    for _ in range(4):
        press(two, "unlabelled")
        went.append(two.layers.slice_index)
    assert went == [2, 3, 4, 0], "slice 0 is labelled for one class only"


def test_labels_that_cannot_be_written_are_told_and_kept_in_memory(opened, qtbot, monkeypatch, capsys):
    def fail():
        from napari_wsss.errors import ProjectError

        raise ProjectError("disk full")

    monkeypatch.setattr(opened.session.project, "save_labels", fail)
    press(opened, "label-1")
    qtbot.waitUntil(lambda: opened.writer.idle)
    assert "disk full" in capsys.readouterr().out
    monkeypatch.undo()
    assert slices(opened)[2] == 1
    opened.layers.go_to(0)
    press(opened, "label-1")
    qtbot.waitUntil(lambda: opened.writer.idle)
    assert on_disk(opened).slice_labels("case0")[:, 0].tolist() == [1, -1, 1, -1, -1]
    monkeypatch.setattr(opened.session.project, "read_only_reason", "It is open elsewhere.")
    press(opened, "label-1")
    assert slices(opened)[0] == 1
    assert "Nothing was changed" in capsys.readouterr().out


# ---- the strip -----------------------------------------------------------------------------------------------------


def strip_of(desk, qtbot):
    strip = ensure_label_strip(desk)
    qtbot.waitUntil(strip.isVisible)
    qtbot.waitUntil(lambda: strip.width() > 100)
    return strip


def colour_at(strip, z, row):
    picture = strip.grab().toImage()
    ratio = picture.width() / strip.width()
    cell = strip.x_of(1) - strip.x_of(0)
    x, y = strip.x_of(z) + cell / 4, 4 + row * 7 + 1
    return picture.pixelColor(int(x * ratio), int(y * ratio)).name()


def test_there_is_one_strip_over_the_slider_and_yes_no_unknown_look_different(two, qtbot):
    strip = strip_of(two, qtbot)
    assert ensure_label_strip(two) is strip
    sliders = two.viewer.window._qt_viewer.dims
    assert strip.parent() is sliders
    slider = sliders.slider_widgets[0].slider
    assert strip.geometry().bottom() <= sliders.slider_widgets[0].geometry().top()
    left = slider.mapTo(sliders, QPoint(0, 0)).x() - strip.x()
    assert strip.x_of(0) == pytest.approx(left + slider.width() / 10)
    assert strip.x_of(4) == pytest.approx(left + slider.width() * 9 / 10)
    two.labelling.set_in(["bleed"], 1, [0])
    two.labelling.set_in(["tumour"], 1, [0])
    two.labelling.set_in(["bleed"], 0, [1])
    assert colour_at(strip, 0, 0) == "#ff5a36"
    assert colour_at(strip, 0, 1) == "#36c5ff"
    assert colour_at(strip, 1, 0) == colour_at(strip, 3, 0) != colour_at(strip, 0, 0)
    no = strip.grab().toImage()
    ratio = no.width() / strip.width()
    column = [no.pixelColor(int((strip.x_of(1) + 9) * ratio), int(y * ratio)).name() for y in (6, 7, 8)]
    assert any(colour != colour_at(strip, 3, 0) for colour in column), "a line says no"
    assert "bleed: no" in strip.words(1)
    assert "tumour: not known" in strip.words(1)


def test_a_click_goes_there_and_a_drag_picks_what_the_keys_label(two, qtbot):
    strip = strip_of(two, qtbot)

    def at(z):
        return QPoint(round(strip.x_of(z)), strip.height() // 2)

    qtbot.mouseClick(strip, Qt.MouseButton.LeftButton, pos=at(3))
    assert (two.layers.slice_index, two.labelling.scope) == (3, "slice")
    qtbot.mousePress(strip, Qt.MouseButton.LeftButton, pos=at(3))
    qtbot.mouseMove(strip, pos=at(2))
    qtbot.mouseMove(strip, pos=at(1))
    qtbot.mouseRelease(strip, Qt.MouseButton.LeftButton, pos=at(1))
    assert (two.labelling.scope, two.labelling.first, two.labelling.last) == ("range", 1, 3)
    panel = show_dock(two.viewer, "Project").labels
    assert (panel.first.value(), panel.last.value()) == (1, 3)
    press(two, "label-1")
    assert slices(two) == [-1, 1, 1, 1, -1]
    qtbot.mouseClick(strip, Qt.MouseButton.LeftButton, pos=at(0))
    assert two.labelling.slices() == [0]


def test_accepted_slices_are_marked_and_the_theme_is_followed(two, qtbot):
    strip = strip_of(two, qtbot)
    before = strip.grab().toImage()
    two.viewer.theme = "light"
    assert strip.grab().toImage() != before
    from dataclasses import replace

    two.loaded = replace(two.loaded, accepted_slices=np.array([False, True, True, False, False]))
    two.cases_changed.emit()
    assert "accepted" in strip.words(1)
    assert "accepted" not in strip.words(0)
    panel = show_dock(two.viewer, "Project").labels
    panel.scope.setCurrentIndex(1)
    panel.first.setValue(3)
    assert (panel.first.value(), panel.last.value()) == (3, 3)
    panel.last.setValue(1)
    assert two.labelling.slices() == [1]
    two.viewer.dims.ndisplay = 3
    assert not strip.isVisible()
    two.viewer.dims.ndisplay = 2
    assert strip.isVisible()
    two.close_project()
    assert not strip.isVisible()


def test_runs_of_equal_values():
    assert runs(np.array([1, 1, 0, -1, -1], np.int8)) == [(1, 0, 1), (0, 2, 2), (-1, 3, 4)]
    assert runs(np.array([0], np.int8)) == [(0, 0, 0)]
