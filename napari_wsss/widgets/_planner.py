"""What the project's stages still need, worked out in the background whenever something about it has changed."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from qtpy.QtCore import QObject, QTimer, Signal

from napari_wsss.widgets._jobs import Job, work_of
from napari_wsss.widgets._notify import tell_error
from napari_wsss.widgets._progress_of import Way, way_of

if TYPE_CHECKING:
    from napari_wsss.pipeline.plan import PlannedStep
    from napari_wsss.session import Session

DELAY_MS = 150
"""Changes that follow each other this closely are one."""


class Planner(QObject):
    """Plans one project at a time.

    Attributes:
        plan: what the project's stages still need.
        way: how far the project has come.

    Signals:
        changed: both are new.
    """

    changed = Signal()

    def __init__(self, parent: QObject, session: Callable[[], Session | None]) -> None:
        super().__init__(parent)
        self._session = session
        self.plan: list[PlannedStep] = []
        self.way = Way()
        self._job: Job | None = None
        self._soon = QTimer(self)
        self._soon.setSingleShot(True)
        self._soon.setInterval(DELAY_MS)
        self._soon.timeout.connect(self._make)

    def ask(self) -> None:
        """Something changed: plan anew, soon."""
        self._soon.start()

    def clear(self) -> None:
        """No project is open."""
        self.plan, self.way = [], Way()
        self.changed.emit()

    def close(self) -> None:
        """Stop planning."""
        self._soon.stop()
        if self._job is not None:
            self._job.cancel()
            self._job.wait()

    def _make(self) -> None:
        session = self._session()
        if session is None:
            return
        if self._job is not None:
            self._soon.start()
            return
        self._job = Job(work_of(_plan, session), "plan")
        self._job.returned.connect(self._on_plan)
        self._job.errored.connect(tell_error)
        self._job.finished.connect(self._on_finished)
        self._job.start()

    def _on_plan(self, found: tuple[Session, list[PlannedStep], Way]) -> None:
        session, plan, way = found
        if session is self._session():
            self.plan, self.way = plan, way
            self.changed.emit()

    def _on_finished(self) -> None:
        self._job = None


def _plan(session: Session) -> tuple[Session, list[PlannedStep], Way]:
    plan = session.plan()
    return session, plan, way_of(session, plan)
