"""After the program ended without closing a project: the work that was not accepted yet is offered back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from html import escape
from itertools import groupby
from typing import TYPE_CHECKING, Any

from napari.utils.notifications import show_warning
from qtpy.QtCore import QObject, Qt
from qtpy.QtWidgets import QDialog, QGridLayout, QMessageBox, QPushButton, QScrollArea, QVBoxLayout, QWidget

from napari_wsss.store.provenance import clock
from napari_wsss.widgets._controls import button, line, row
from napari_wsss.widgets._jobs import Job, work_of
from napari_wsss.widgets._notify import tell, tell_error

if TYPE_CHECKING:
    from napari_wsss.store.drafts import DraftNote
    from napari_wsss.store.project import Project
    from napari_wsss.widgets._desk import Desk


class Recovery(QObject):
    """Says what a person should know about a project that was just opened."""

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self._desk = desk
        self._job: Job | None = None
        self.dialog: RecoverDialog | None = None
        desk.project_changed.connect(self._on_project)
        desk.ending.connect(self._end)

    def _on_project(self) -> None:
        self._close()
        session = self._desk.session
        if session is None:
            return
        project = session.project
        if project.read_only:
            show_warning(f"Read-only: {project.read_only_reason}")
            return
        self._job = job = Job(work_of(project.drafts.notes, project.cases), "Work not accepted yet")
        job.returned.connect(lambda notes: self._offer(project, notes))
        job.errored.connect(tell_error)
        job.start()

    def _offer(self, project: Project, notes: Sequence[DraftNote]) -> None:
        session = self._desk.session
        if session is None or session.project is not project or not notes:
            return
        cases = len({note.case_id for note in notes})
        if project.left_by:
            self.dialog = RecoverDialog(self._desk, notes, project.left_by)
            self.dialog.show()
        else:
            tell(f"{cases} case{'s' * (cases != 1)} with corrections that were not accepted yet: in progress.")

    def _close(self) -> None:
        if self.dialog is not None:
            self.dialog.close()
            self.dialog.deleteLater()
            self.dialog = None

    def _end(self) -> None:
        self._close()
        if self._job is not None:
            self._job.wait()


class RecoverDialog(QDialog):
    """Lists the cases with work in progress, each to be opened or discarded.

    Args:
        desk: where a case is opened.
        notes: the drafts, the last written first.
        left_by: who had the project open (process, host, since).
    """

    def __init__(self, desk: Desk, notes: Sequence[DraftNote], left_by: Mapping[str, Any]) -> None:
        super().__init__(desk.viewer.window._qt_window)  # noqa: SLF001 (napari has no public way to it)
        self._desk = desk
        self.setWindowTitle("Work that was not accepted yet")
        self.setMinimumWidth(460)
        self.open: dict[str, QPushButton] = {}
        self.discard: dict[str, QPushButton] = {}
        self._grid = QGridLayout()
        self._grid.setColumnStretch(0, 1)
        cases = sorted({note.case_id for note in notes}, key=[note.case_id for note in notes].index)
        by_case = {name: list(group) for name, group in groupby(sorted(notes, key=_case), key=_case)}
        for place, case_id in enumerate(cases):
            self._add(place, case_id, by_case[case_id])
        listed = QWidget()
        listed.setLayout(self._grid)
        area = QScrollArea()
        area.setWidgetResizable(True)
        area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        area.setWidget(listed)
        column = QVBoxLayout(self)
        column.addWidget(line(_told(left_by)))
        column.addWidget(area, 1)
        column.addWidget(line("What you neither open nor discard stays with its case, marked 'in progress'."))
        self.later = button("Later", "Close this list; nothing is lost", self.close)
        column.addLayout(row(self.later))

    def _add(self, place: int, case_id: str, notes: Sequence[DraftNote]) -> None:
        edits = sum(note.edits for note in notes)
        last = max(note.saved for note in notes)
        words = f"<b>{escape(case_id)}</b><br>{edits} edit{'s' * (edits != 1)}, the last at {clock(last)}"
        self.open[case_id] = button("Open", f"Go on with {case_id}: undo still works", partial(self._open, case_id))
        self.discard[case_id] = button(
            "Discard", f"Throw away what was not accepted of {case_id}", partial(self._discard, case_id)
        )
        self._grid.addWidget(line(words), place, 0)
        self._grid.addWidget(self.open[case_id], place, 1)
        self._grid.addWidget(self.discard[case_id], place, 2)

    def _open(self, case_id: str) -> None:
        loaded = self._desk.loaded
        if loaded is None or loaded.case_id != case_id:
            self._desk.show_case(case_id)
        self.close()

    def _discard(self, case_id: str) -> None:
        if may_discard(self, case_id):
            self._desk.autosave.discard(case_id)
            for made in (self.open[case_id], self.discard[case_id]):
                made.setEnabled(False)


def may_discard(parent: QWidget, case_id: str) -> bool:
    """Ask whether corrections may be thrown away."""
    words = f"{case_id}: throw away the corrections that were not accepted? They cannot be brought back."
    return bool(QMessageBox.question(parent, "Discard?", words) == QMessageBox.StandardButton.Yes)


def _told(left_by: Mapping[str, Any]) -> str:
    since = f", open since {clock(left_by['since'])}," if "since" in left_by else ""
    return (
        f"The program{since} ended without closing this project. Your corrections were kept, with every step of undo; "
        "at most the last stroke is missing."
    )


def _case(note: DraftNote) -> str:
    return note.case_id
