"""ModelsOnDesk: the trained models of the open project, read in the background."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qtpy.QtCore import QObject, Signal

from napari_wsss.session.library import ModelEntry
from napari_wsss.widgets._desk import Desk
from napari_wsss.widgets._jobs import Job, work_of
from napari_wsss.widgets._notify import tell_error

if TYPE_CHECKING:
    from napari_wsss.session import Session


class ModelsOnDesk(QObject):
    """Reads the models again whenever they may have changed.

    Attributes:
        entries: the models, the last made first.

    Signals:
        changed: ``entries`` are new.
    """

    changed = Signal()

    def __init__(self, desk: Desk, parent: QObject) -> None:
        super().__init__(parent)
        self._desk = desk
        self.entries: list[ModelEntry] = []
        self._job: Job | None = None
        self._again = False
        for signal in (desk.project_changed, desk.work.ended, desk.running.work.ended, desk.models_changed):
            signal.connect(self.read)
        desk.ending.connect(self._end)

    def read(self) -> None:
        """Read them now; while they are being read, once more afterwards."""
        session = self._desk.session
        if session is None:
            self._show([])
            return
        self._again = self._job is not None
        if self._job is None:
            self._job = job = Job(work_of(_models, session), "Models")
            job.returned.connect(self._on_read)
            job.errored.connect(tell_error)
            job.finished.connect(self._on_finished)
            job.start()

    def _on_read(self, found: tuple[Session, list[ModelEntry]]) -> None:
        session, entries = found
        self._show(entries if session is self._desk.session else [])

    def _on_finished(self) -> None:
        self._job = None
        if self._again:
            self.read()

    def _show(self, entries: list[ModelEntry]) -> None:
        self.entries = entries
        self.changed.emit()

    def _end(self) -> None:
        if self._job is not None:
            self._job.wait()


def _models(session: Session) -> tuple[Session, list[ModelEntry]]:
    return session, session.models()
