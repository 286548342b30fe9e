"""The long work of the window: one job at a time, and what it tells."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from qtpy.QtCore import QObject, Signal

from napari_wsss.errors import ProjectError
from napari_wsss.progress import Work
from napari_wsss.widgets._jobs import Job
from napari_wsss.widgets._notify import tell_error, tell_note


class LongWork(QObject):
    """Runs one job in the background.

    Attributes:
        job: what runs, or None.

    Signals:
        changed: a job began or ended.
        heard: an event of the running job.
        ended: a job has ended, however; heard after ``changed``.
    """

    changed = Signal()
    heard = Signal(object)
    ended = Signal()

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self.job: Job | None = None

    def start(self, work: Work[Any], title: str, then: Callable[[Any], None] | None = None) -> bool:
        """Begin ``work``; ``then`` gets its result. Refused while another job runs; gives whether it began."""
        if self.job is not None:
            tell_error(ProjectError(f"'{self.job.title}' is still running. Wait for it or cancel it first."))
            return False
        self.job = job = Job(work, title)
        job.progress.connect(self.heard)
        job.note.connect(tell_note)
        job.errored.connect(tell_error)
        if then is not None:
            job.returned.connect(then)
        job.finished.connect(self._on_finished)
        self.changed.emit()
        job.start()
        return True

    def cancel(self) -> None:
        """Stop the job at its next event."""
        if self.job is not None:
            self.job.cancel()

    def _on_finished(self) -> None:
        self.job = None
        self.changed.emit()
        self.ended.emit()
