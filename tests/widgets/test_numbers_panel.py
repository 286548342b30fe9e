"""The numbers of the mask on the desk."""

from __future__ import annotations

import csv

import numpy as np
import pytest
from qtpy.QtCore import Qt

from napari_wsss.widgets._numbers_panel import NumbersPanel

pytestmark = pytest.mark.gui


@pytest.fixture
def panel(opened, qtbot):
    made = NumbersPanel(opened)
    qtbot.addWidget(made)
    made.show()
    qtbot.waitUntil(lambda: made.measured is not None)
    return made


ONE, OTHER = np.s_[1:3, 2:6, 2:6], np.s_[4:5, 15:17, 10:12]


def show(desk, *boxes):
    """Put boxes of one class on the desk, as an edit would."""
    mask = np.zeros_like(desk.layers.mask)
    for box in boxes:
        mask[box] = 1
    desk.layers.show_mask(mask)
    desk.mask.changed.emit()
    return mask


def cells(table, name):
    content = table.content
    place = content.names.index(name) if name in content.names else 0
    return [content.index(row, place).data() for row in range(content.rowCount())]


def test_table_follows_the_mask_and_a_click_goes_to_the_lesion(opened, panel, qtbot):
    content = panel.table.content
    headings = [content.headerData(place, Qt.Orientation.Horizontal) for place in range(content.columnCount())]
    assert headings[:3] == ["Lesion", "ml", "Diameter mm"]  # what fits a dock; one class: its name says nothing
    assert headings[-4:] == ["Mean image", "SD image", "Min image", "Max image"]
    show(opened, OTHER)
    qtbot.waitUntil(lambda: cells(panel.table, "voxels") == ["4", "4"])
    assert "<b>1</b> lesion," in panel.summary.text()
    show(opened, ONE, OTHER)
    qtbot.waitUntil(lambda: cells(panel.table, "lesion") == ["all", "1", "2"])
    assert cells(panel.table, "voxels") == ["36", "32", "4"]
    assert "<b>2</b> lesions" in panel.summary.text()
    assert "<b>0.09</b> ml" in panel.summary.text()  # 36 voxels of 2.5 mm³
    panel.table.selectRow(2)
    assert opened.layers.slice_index == 4
    assert opened.layers.mask[opened.layers.point] == 1
    panel.table.selectRow(1)
    assert opened.layers.slice_index in {1, 2}

    # it rests while nobody sees it
    panel.hide()
    before = panel.measured
    show(opened, OTHER)
    assert not panel._soon.isActive()
    assert panel.measured is before
    assert not panel.save.isEnabled()
    panel.show()
    qtbot.waitUntil(lambda: cells(panel.table, "voxels") == ["4", "4"])
    # the newest mask wins
    for last in range(3, 9):
        show(opened, np.s_[1:2, 2:last, 2:3])
    qtbot.waitUntil(lambda: cells(panel.table, "voxels")[:1] == ["6"])


def test_saving_under_a_pseudonym_and_turning_to_another_case(opened, panel, qtbot, monkeypatch, tmp_path):
    show(opened, ONE)
    qtbot.waitUntil(panel.save.isEnabled)
    asked = []

    def choose(_parent, _title, proposed, _kinds):
        asked.append(proposed)
        return str(tmp_path / "numbers.csv"), ""

    monkeypatch.setattr("napari_wsss.widgets._numbers_panel.QFileDialog.getSaveFileName", choose)
    with qtbot.waitSignal(opened.writer.written):
        panel.save.click()
    name = opened.session.project.pseudonym(opened.loaded.case_id)
    assert asked == [f"{name}-numbers.csv"]
    rows = list(csv.DictReader((tmp_path / "numbers.csv").read_text().splitlines()))
    assert [(row["case"], row["lesion"], row["voxels"]) for row in rows] == [(name, "all", "32"), (name, "1", "32")]
    # another case is measured anew, and without a project there is nothing
    first = panel.measured
    with qtbot.waitSignal(opened.case_opened, timeout=20_000):
        opened.step_case(1)
    qtbot.waitUntil(lambda: panel.measured is not first and panel.measured is not None)
    assert panel.measured.loaded is opened.loaded
    opened.close_project()
    qtbot.waitUntil(lambda: panel.measured is None)
    assert not panel.save.isEnabled()
    assert panel.table.content.rowCount() == 0
