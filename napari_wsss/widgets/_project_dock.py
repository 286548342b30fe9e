"""The Project dock: open or make a project, pick a case, say where there is a lesion."""

from __future__ import annotations

from html import escape
from pathlib import Path
from typing import TYPE_CHECKING

from qtpy.QtWidgets import QDialog, QFileDialog

from napari_wsss.widgets._controls import button, line, row
from napari_wsss.widgets._dock import Dock
from napari_wsss.widgets._job_panel import JobPanel
from napari_wsss.widgets._label_panel import LabelPanel
from napari_wsss.widgets._new_project import NewProjectDialog
from napari_wsss.widgets._watcher import may_leave
from napari_wsss.widgets._worklist_panel import WorklistPanel

if TYPE_CHECKING:
    from napari import Viewer


class ProjectDock(Dock):
    """First of the docks."""

    def __init__(self, napari_viewer: Viewer) -> None:
        super().__init__(napari_viewer)
        self.open_button = button("Open …", "Open a project folder", self._open)
        self.new_button = button("New …", "Make a project from a folder of scans", self._new)
        self.sample_button = button(
            "Sample", "Open simulated scans with a trained classifier and maps, to try everything at once", self._sample
        )
        self.about = line(tooltip="The open project and its folder")
        self.cases = WorklistPanel(self.desk)
        self.labels = LabelPanel(self.desk)
        self.column.addLayout(row(self.open_button, self.new_button, self.sample_button))
        self.column.addWidget(self.about)
        self.column.addWidget(JobPanel(self.desk))
        self.column.addWidget(self.cases, 100)
        self.column.addWidget(self.labels)
        self.column.addStretch()
        self.desk.project_changed.connect(self._refresh)
        self.desk.job_changed.connect(self._refresh)
        self._refresh()

    def _open(self) -> None:
        folder = QFileDialog.getExistingDirectory(self, "Open a project folder")
        if folder and may_leave(self.desk, self):
            self.desk.open(Path(folder))

    def _new(self) -> None:
        from napari_wsss.session import Session

        dialog = NewProjectDialog(self)
        if dialog.exec() == QDialog.DialogCode.Accepted and may_leave(self.desk, self):
            arguments = dialog.arguments()
            folder = arguments.pop("folder")
            self.desk.start(Session.create(folder, **arguments), f"Read the scans for {folder.name}", self.desk.adopt)
        dialog.deleteLater()

    def _sample(self) -> None:
        from napari_wsss.session.demo import open_sample

        if may_leave(self.desk, self):
            self.desk.start(open_sample(), "Open the simulated sample", self.desk.adopt)

    def _refresh(self) -> None:
        session = self.desk.session
        for made in (self.open_button, self.new_button, self.sample_button):
            made.setEnabled(self.desk.job is None)
        self.cases.setVisible(session is not None)
        self.labels.setVisible(session is not None)
        if session is None:
            self.about.setText(
                "No project is open.<br><br><b>Open …</b> a project folder,<br><b>New …</b> from a folder of scans,"
                "<br><b>Sample</b> to try everything on simulated scans."
            )
            return
        project = session.project
        closed = f"<br><b>Read-only:</b> {project.read_only_reason}" if project.read_only else ""
        notes = "".join(f"<br>{escape(note)}" for note in session.notes)
        self.about.setText(f"<b>{project.name}</b> · {len(project.cases)} cases{closed}{notes}")
        self.about.setToolTip(str(project.folder))
