"""A slot for long work of the window: one job at a time in it, and what it tells."""

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
        self._number = 0

    def start(self, work: Work[Any], title: str, then: Callable[[Any], None] | None = None) -> bool:
        """Begin ``work``; ``then`` gets its result. Refused while another job runs; gives whether it began."""
        if self.job is not None:
            tell_error(ProjectError(f"'{self.job.title}' is still running. Wait for it or cancel it first."))
            return False
        self.job = job = Job(work, title)
        self._number += 1
        number = self._number  # a job that was let go of may still have something on its way
        job.yielded.connect(lambda event: self._hear(number, event))
        job.note.connect(tell_note)
        job.errored.connect(tell_error)
        if then is not None:
            job.returned.connect(then)
        job.finished.connect(lambda: self._on_finished(number))
        self.changed.emit()
        job.start()
        return True

    def cancel(self) -> None:
        """Stop the job at its next event."""
        if self.job is not None:
            self.job.cancel()

    def close(self) -> None:
        """End the job now, and hear nothing of it any more; the window goes away."""
        if self.job is not None:
            self.job.cancel()
            self.job.wait()
            self.job = None

    def let_go(self) -> None:
        """End the job now, and hear no more of it than that it has ended."""
        if self.job is not None:
            self.close()
            self.changed.emit()
            self.ended.emit()

    def _hear(self, number: int, event: object) -> None:
        if self.job is not None and number == self._number:
            self.heard.emit(event)

    def _on_finished(self, number: int) -> None:
        if self.job is not None and number == self._number:
            self.job = None
            self.changed.emit()
            self.ended.emit()
