"""The Models dock, driven as a person does."""

from pathlib import Path

import numpy as np
import pytest
from fake_models import comparison, entry
from qtpy.QtCore import Qt
from qtpy.QtWidgets import QFileDialog, QInputDialog, QMessageBox, QTabBar

from napari_wsss.widgets._compare_panel import ComparePanel
from napari_wsss.widgets._dock import WIDTH
from napari_wsss.widgets._open_desk import DOCKS, show_dock

pytestmark = pytest.mark.gui
ROWS = (("p0", 0.5, 0.7, False), ("p1", 0.6, 0.9, True), ("p2", 0.4, 0.5, False))


def click(qtbot, button):
    assert button.isEnabled()
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)


@pytest.fixture
def dock(shown, session, qtbot):
    """The dock over three models, the newer segmenter in use."""
    newer = entry("newer", current=True, made="2026-01-02T10:00:00+00:00")
    session.library = [newer, entry("older"), entry("eyes", role="classifier")]
    made = show_dock(shown.viewer, "Models")
    with qtbot.waitSignal(made.models.changed, timeout=10_000):
        shown.models_changed.emit()
    qtbot.waitUntil(lambda: not shown.loading)
    return made


def chosen(dock, place):
    """Click a row of the table."""
    dock.table.clicked.emit(dock.rows.index(place, 0))


def test_the_models_are_listed_and_the_one_in_use_is_shown(dock):
    assert [dock.rows.data(dock.rows.index(row, 0)) for row in range(2)] == ["✓ newer", "older"]
    assert dock.rows.rowCount() == 2
    assert "in use" in dock.details.about.text()
    assert "15 accepted scans" in dock.details.about.text()
    assert "epochs: 2" in dock.details.settings.text()
    assert not dock.details.losses.isHidden()
    dock.others.setChecked(True)
    assert dock.rows.rowCount() == 3
    assert not dock.use.isEnabled(), "it is in use"
    assert not dock.remove.isEnabled()


def test_another_model_is_put_to_use(dock, session, qtbot):
    chosen(dock, 1)
    with qtbot.waitSignal(dock.models.changed, timeout=10_000):
        click(qtbot, dock.use)
    qtbot.waitUntil(lambda: [one.name for one in dock.models.entries if one.current] == ["older"])
    assert session.did == [("use", "segmenter-older")]


def test_rename_and_remove(dock, session, qtbot, monkeypatch):
    chosen(dock, 1)
    monkeypatch.setattr(QInputDialog, "getText", lambda *_, **__: ("first try", True))
    with qtbot.waitSignal(dock.models.changed, timeout=10_000):
        click(qtbot, dock.rename)
    assert dock.chosen.name == "first try"
    monkeypatch.setattr(QMessageBox, "question", lambda *_: QMessageBox.StandardButton.Yes)
    with qtbot.waitSignal(dock.models.changed, timeout=10_000):
        click(qtbot, dock.remove)
    assert [one.name for one in session.library] == ["newer", "eyes"]
    assert dock.chosen.name == "newer"


def test_out_and_in(dock, session, qtbot, monkeypatch, tmp_path):
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(tmp_path / "m.zip"), ""))
    dock.format.setCurrentIndex(dock.format.findData("torchscript"))
    with qtbot.waitSignal(dock.desk.work.ended, timeout=10_000):
        click(qtbot, dock.export)
    monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *_: (str(tmp_path / "folder" / "model.yaml"), ""))
    with qtbot.waitSignal(dock.desk.models_changed, timeout=10_000):
        click(qtbot, dock.take_in)
    assert session.did == [
        ("export", "segmenter-newer", Path(tmp_path / "m.zip"), "torchscript"), ("import", tmp_path / "folder"),
    ]  # fmt: skip


def test_a_model_is_compared_with_the_one_in_use_the_older_first(dock, shown, session, qtbot):
    session.compared = comparison(*ROWS)
    chosen(dock, 1)
    with qtbot.waitSignal(shown.work.ended, timeout=10_000):
        click(qtbot, dock.compare)
    assert session.did == [("compare", "segmenter-older", "segmenter-newer")]
    panel = dock.compared
    qtbot.waitUntil(panel.isVisible)
    assert panel.gist.text().startswith("Dice 0.600, before 0.450, in 2 patients that neither model learnt from")
    table = panel.patients
    headings = [table.horizontalHeaderItem(column).text() for column in range(table.columnCount())]
    assert headings == ["Patient", "Before", "Now", "Change", "In training"]
    assert [table.item(1, column).text() for column in range(5)] == ["p1", "0.600", "0.900", "0.300", "by the newer"]
    assert panel.keep.isHidden(), "the dock has Use for that"


def test_after_a_training_one_may_go_back(shown, session, qtbot):
    session.compared = comparison(*ROWS)
    session.library = [entry("newer", current=True), entry("older")]
    panel = show_dock(shown.viewer, "Train").compared
    assert isinstance(panel, ComparePanel)
    assert panel.isHidden()
    with qtbot.waitSignal(shown.models_changed, timeout=10_000):
        panel.compare_new()
    assert session.start_from == "segmenter"
    qtbot.waitUntil(lambda: panel.back.isEnabled() and not panel.back.isHidden())
    with qtbot.waitSignal(shown.models_changed, timeout=10_000):
        click(qtbot, panel.back)
    assert session.did == [("use", "segmenter-older")]
    assert panel.back.isHidden()
    qtbot.waitUntil(lambda: not shown.loading)


def test_scans_start_from_the_segmenters_masks(dock, shown, session, qtbot):
    mask = np.zeros((5, 24, 20), np.uint8)
    mask[2, 3:6, 4:9] = 1
    session.project.write_prediction("prediction", "case0", mask, {"key": "k"})
    session.predicts = lambda case_id: case_id == "case0"
    with qtbot.waitSignals([shown.models_changed, shown.case_opened], timeout=10_000):
        dock.start.setCurrentIndex(1)
        dock.start.activated.emit(1)
    assert (session.start_from, shown.mask.origin) == ("segmenter", "prediction")
    np.testing.assert_array_equal(shown.layers.mask, mask)
    with qtbot.waitSignals([shown.models_changed, shown.case_opened, shown.live.settled], timeout=10_000):
        dock.start.setCurrentIndex(0)
        dock.start.activated.emit(0)
    assert shown.mask.origin == "proposal"


def test_the_tabs_of_all_docks_can_be_read(shown):
    (bar,) = (bar for bar in shown.viewer.window._qt_window.findChildren(QTabBar) if bar.count() == len(DOCKS))
    assert bar.sizeHint().width() <= WIDTH


def test_nothing_is_cut_off_and_every_control_says_what_it_does(dock):
    dock.compared.show_result(comparison(*ROWS))
    dock.resize(300, 900)
    for control in (
        dock.use,
        dock.compare,
        dock.rename,
        dock.remove,
        dock.export,
        dock.take_in,
        dock.start,
        dock.format,
    ):
        assert control.toolTip()
        assert control.sizeHint().width() <= 290
        assert control.focusPolicy() & Qt.FocusPolicy.TabFocus
