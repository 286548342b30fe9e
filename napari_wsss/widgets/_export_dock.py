"""The Export dock: masks, statistics and a report out of the project."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from qtpy.QtCore import Qt, QUrl
from qtpy.QtGui import QDesktopServices
from qtpy.QtWidgets import QCheckBox, QComboBox, QFileDialog

from napari_wsss.export.formats import FORMATS
from napari_wsss.notice import NOT_FOR_DIAGNOSIS
from napari_wsss.session.preferences import Preferences
from napari_wsss.widgets._controls import button, heading, line, row, wrapped
from napari_wsss.widgets._dock import Dock
from napari_wsss.widgets._job_panel import JobPanel
from napari_wsss.widgets._jobs import work_of
from napari_wsss.widgets._notify import tell
from napari_wsss.widgets._preferences import preferences_here

if TYPE_CHECKING:
    from napari import Viewer

KINDS = {
    "accepted": ("Accepted masks", "What a person decided; the only masks that were looked at one by one"),
    "predictions": ("Segmenter's masks", "What the trained segmenter marked, as it came out"),
    "proposals": ("Proposals", "What was proposed from the maps, as kept in the project"),
}


class ExportDock(Dock):
    """Last of the docks."""

    def __init__(self, napari_viewer: Viewer) -> None:
        super().__init__(napari_viewer)
        self._folder: Path | None = None
        self.what = _list("Which masks leave the project")
        for name, (title, help_text) in KINDS.items():
            _add(self.what, title, name, help_text)
        self.cases = _list("Whose masks leave the project")
        _add(self.cases, "All cases that have one", None, "Every case of the project that has such a mask")
        _add(self.cases, "The case on the desk", "here", "Only the case that is open now")
        self.format = _list("The kind of file")
        for name, kind in FORMATS.items():
            _add(self.format, kind.title, name, kind.help)
        self.format.setCurrentIndex(self.format.findData("nifti"))
        self.help = line(tooltip="What this kind of file is good for")
        self.names = QCheckBox("Names as in the project")
        self.names.setToolTip(
            wrapped(
                "Files, tables and reports bear the cases' own names, and DICOM files the patient's. Otherwise they "
                "bear pseudonyms; which is whose is known to the project alone."
            )
        )
        self.overwrite = QCheckBox("Replace files that are there already")
        self.overwrite.setToolTip(
            wrapped("Also those that no export left there. Otherwise such a file is kept, and you are told.")
        )
        self.export = button("Export …", "Choose a folder and write the masks into it", self._export)
        self.open = button("Open folder", "Show the folder of the last export", self._open)
        self.report = button(
            "Report …",
            "Write a page (HTML) with a picture of every accepted case, its numbers, and how it was made; then open it",
            self._report,
        )
        self.key = button(
            "Key of pseudonyms",
            "Write pseudonyms.csv into the project folder, which tells whose pseudonym is whose. Keep it there.",
            self._key,
        )
        self._fill()
        self.format.currentIndexChanged.connect(self._explain)
        preferences_here().changed.connect(self._follow)
        for signal in (self.desk.project_changed, self.desk.job_changed, self.desk.case_opened, self.desk.case_closed):
            signal.connect(self._refresh)
        self._follow(preferences_here().value)
        self._explain()
        self._refresh()

    def _follow(self, chosen: Preferences) -> None:
        self.names.setChecked(not chosen.pseudonyms)

    def _fill(self) -> None:
        column = self.column
        column.addWidget(heading("Masks and tables"))
        column.addWidget(self.what)
        column.addWidget(self.cases)
        column.addWidget(self.format)
        column.addWidget(self.help)
        column.addWidget(self.names)
        column.addWidget(self.overwrite)
        column.addLayout(row(self.export, self.open))
        column.addWidget(JobPanel(self.desk))
        column.addWidget(heading("Report of the accepted cases"))
        column.addLayout(row(self.report, self.key))
        column.addWidget(line(f"<i>{NOT_FOR_DIAGNOSIS}</i>", "What these masks and figures must not be used for"))
        column.addStretch()

    def _explain(self) -> None:
        self.help.setText(FORMATS[self.format.currentData()].help)

    def _export(self) -> None:
        session = self.desk.require_session()
        folder = QFileDialog.getExistingDirectory(self, "Folder for the export")
        if not folder:
            return
        self._folder = Path(folder)
        work = session.export(
            self._folder,
            what=self.what.currentData(),
            cases=self._wanted(),
            format=self.format.currentData(),
            names=self.names.isChecked(),
            overwrite=self.overwrite.isChecked(),
        )
        self.desk.start(work, f"Export {self.what.currentText().lower()}", self._on_export)

    def _wanted(self) -> list[str] | None:
        here = self.cases.currentData() == "here" and self.desk.loaded is not None
        return [self.desk.loaded.case_id] if here and self.desk.loaded is not None else None

    def _on_export(self, paths: list[Path]) -> None:
        tell(f"{len(paths)} {'file' if len(paths) == 1 else 'files'} written to {self._folder}.")
        self._refresh()

    def _open(self) -> None:
        if self._folder is not None:
            QDesktopServices.openUrl(QUrl.fromLocalFile(str(self._folder)))

    def _report(self) -> None:
        session = self.desk.require_session()
        proposed = session.project.folder / "accepted.html"
        path, _ = QFileDialog.getSaveFileName(self, "File for the report", str(proposed), "Web page (*.html)")
        if path:
            work = session.report_accepted(Path(path), names=self.names.isChecked())
            self.desk.start(work, "Write the report", self._on_report)

    def _on_report(self, path: Path) -> None:
        tell(f"Report: {path}")
        QDesktopServices.openUrl(QUrl.fromLocalFile(str(path)))

    def _key(self) -> None:
        session = self.desk.require_session()
        self.desk.write(work_of(session.write_key), "Write the key", lambda path: tell(f"Key: {path}"))

    def _refresh(self) -> None:
        free = self.desk.session is not None and self.desk.job is None
        for made in (self.export, self.report):
            made.setEnabled(free)
        self.key.setEnabled(self.desk.writable)
        self.open.setEnabled(self._folder is not None and self._folder.is_dir())


def _list(tooltip: str) -> QComboBox:
    made = QComboBox()
    made.setToolTip(wrapped(tooltip))
    made.setAccessibleName(tooltip)
    return made


def _add(box: QComboBox, title: str, data: str | None, help_text: str) -> None:
    box.addItem(title, data)
    box.setItemData(box.count() - 1, wrapped(help_text), Qt.ItemDataRole.ToolTipRole)
