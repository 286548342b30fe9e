"""The Export dock asks the session for what was chosen."""

from __future__ import annotations

from pathlib import Path

import pytest

from napari_wsss.export.formats import FORMATS
from napari_wsss.widgets._export_dock import ExportDock
from napari_wsss.widgets._preferences import preferences_here

pytestmark = pytest.mark.gui

DIALOG = "napari_wsss.widgets._export_dock.QFileDialog"


@pytest.fixture
def dock(opened, qtbot):
    made = ExportDock(opened.viewer)
    qtbot.addWidget(made)
    return made


@pytest.fixture
def folder(monkeypatch, tmp_path):
    monkeypatch.setattr(f"{DIALOG}.getExistingDirectory", lambda *_: str(tmp_path))
    return tmp_path


def test_what_was_chosen_is_asked_for(dock, opened, folder, monkeypatch, qtbot):
    assert not dock.open.isEnabled()
    with qtbot.waitSignal(opened.work.ended):
        dock.export.click()
    usual = {"what": "accepted", "cases": None, "format": "nifti", "names": False, "overwrite": False}
    assert opened.session.exported == [(folder, usual)]
    assert dock.open.isEnabled()
    for box, choice in ((dock.what, "predictions"), (dock.cases, "here"), (dock.format, "dicom-seg")):
        box.setCurrentIndex(box.findData(choice))
    dock.names.setChecked(True)
    dock.overwrite.setChecked(True)
    with qtbot.waitSignal(opened.work.ended):
        dock.export.click()
    here = opened.loaded.case_id
    other = {"what": "predictions", "cases": [here], "format": "dicom-seg", "names": True, "overwrite": True}
    assert opened.session.exported[1] == (folder, other)
    monkeypatch.setattr(f"{DIALOG}.getExistingDirectory", lambda *_: "")
    dock.export.click()
    assert opened.job is None
    # the preference ticks the box
    dock.names.setChecked(False)
    preferences_here().set(pseudonyms=False)
    assert dock.names.isChecked()
    preferences_here().set(pseudonyms=True)
    assert not dock.names.isChecked()


def test_formats_explain_themselves_then_report_key_and_no_project(dock, opened, monkeypatch, qtbot, tmp_path):
    assert [dock.format.itemData(index) for index in range(dock.format.count())] == list(FORMATS)
    for index, kind in enumerate(FORMATS.values()):
        dock.format.setCurrentIndex(index)
        assert dock.help.text() == kind.help
    asked, shown = [], []

    def choose(_parent, _title, proposed, _kinds):
        asked.append(Path(proposed))
        return str(tmp_path / "page.html"), ""

    monkeypatch.setattr(f"{DIALOG}.getSaveFileName", choose)
    monkeypatch.setattr("napari_wsss.widgets._export_dock.QDesktopServices.openUrl", shown.append)
    with qtbot.waitSignal(opened.work.ended):
        dock.report.click()
    assert asked == [opened.session.project.folder / "accepted.html"]
    assert [url.toLocalFile() for url in shown] == [str(tmp_path / "page.html")]
    with qtbot.waitSignal(opened.writer.written):
        dock.key.click()
    opened.close_project()
    assert not any(made.isEnabled() for made in (dock.export, dock.report, dock.key))
