"""Saving what a person decided: in the background, one after another, in the order decided."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from qtpy.QtCore import QObject, Signal

from napari_wsss.progress import Work
from napari_wsss.widgets._jobs import Job
from napari_wsss.widgets._notify import tell_error

WRITE_SECONDS = 120.0
"""How long a project stays open at most for one mask that is still being saved."""


class Writer(QObject):
    """A queue of small writes.

    Signals:
        written: one of them has ended.
    """

    written = Signal()

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self._waiting: list[Job] = []

    @property
    def idle(self) -> bool:
        """Whether everything decided is saved."""
        return not self._waiting

    def write(self, work: Work[Any], title: str, then: Callable[[Any], None]) -> None:
        """Save something; ``then`` hears when it is done."""
        job = Job(work, title)
        job.errored.connect(tell_error)
        job.returned.connect(then)
        job.finished.connect(lambda: self._on_finished(job))
        self._waiting.append(job)
        if len(self._waiting) == 1:
            job.start()

    def finish(self) -> None:
        """Wait until everything is saved; the project is about to be closed."""
        for job in self._waiting:
            job.start()
            job.wait(WRITE_SECONDS)

    def _on_finished(self, job: Job) -> None:
        self._waiting.remove(job)
        self.written.emit()
        if self._waiting:
            self._waiting[0].start()
