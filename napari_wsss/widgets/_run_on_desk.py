"""The run on the desk: stages in a process of their own that outlives the window, found again when it is opened."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from qtpy.QtCore import QObject, QTimer, Signal

from napari_wsss.errors import ProjectError, WsssError
from napari_wsss.progress import Work
from napari_wsss.widgets._jobs import Job
from napari_wsss.widgets._long_work import LongWork
from napari_wsss.widgets._notify import tell, tell_error

if TYPE_CHECKING:
    from napari_wsss.session import Session
    from napari_wsss.session.run_folder import RunFolder
    from napari_wsss.widgets._desk import Desk

LOOK_MS = 500


class RunOnDesk(QObject):
    """Starts runs, follows what is under way, and knows what could be gone on with.

    One run at a time; the desk's jobs go on beside it.

    Attributes:
        work: follows the run that is under way.
        paused: it was asked to wait.
        unfinished: the last run, if it did not come to its end and would still do the same.

    Signals:
        changed: one of these is another one now.
        returned: the result of a run of the project on the desk.
    """

    changed = Signal()
    returned = Signal(object)

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self._desk = desk
        self.work = LongWork(self)
        self.paused = self._fresh = False
        self.unfinished: RunFolder | None = None
        # Another window or the command line may pause it too.
        self._look_again = QTimer(self)
        self._look_again.setInterval(LOOK_MS)
        self._look_again.timeout.connect(self._look)
        desk.project_changed.connect(self._on_project)
        self.work.changed.connect(self._on_run)
        self.work.ended.connect(self._take_up)
        desk.recipe_changed.connect(self._seek)
        desk.ending.connect(self._look_again.stop)

    @property
    def job(self) -> Job | None:
        """The run that is followed, or None."""
        return self.work.job

    def start(self, stages: Sequence[str], title: str, device: str) -> bool:
        """Run stages of the recipe. Gives whether it was started."""
        session, job = self._desk.require_session(), self._desk.job
        if job is not None and not session.settled:
            words = f"The first run chooses settings for this machine, and '{job.title}' is still running."
            tell_error(ProjectError(f"{words} Wait for it or cancel it first."))
            return False
        return self._follow(session.run(list(stages), device=device), title)

    def resume(self) -> None:
        """Go on with the run that did not come to its end."""
        if self.unfinished is not None:
            self._follow(self._desk.require_session().resume(self.unfinished), self.unfinished.title)

    def cancel(self) -> None:
        """Stop it within two seconds; what it has finished is kept."""
        session = self._desk.session
        self.work.cancel()
        if session is not None and self.job is not None:
            session.worker.stop_run()
            if self._desk.job is None:
                session.worker.cancel()  # where it is still choosing settings

    def leave(self) -> None:
        """Hear nothing of it any more; it goes on by itself once the session was left."""
        self._look_again.stop()
        self.work.let_go()

    def pause(self) -> None:
        """Let it wait at its next event; it keeps its memory."""
        self._wish(wait=True)

    def go_on(self) -> None:
        """Let it go on after a pause."""
        self._wish(wait=False)

    def _wish(self, *, wait: bool) -> None:
        session = self._desk.require_session()
        try:
            (session.pause if wait else session.go_on)()
        except WsssError as error:
            tell_error(error)
        self._look()

    def _follow(self, work: Work[Any], title: str) -> bool:
        session = self._desk.require_session()
        before = session.recipe
        started = self.work.start(work, title, lambda result: self._on_result(session, result))
        if started and self.job is not None:
            self.job.finished.connect(lambda: self._follow_recipe(session, before))
        return started

    def _on_project(self) -> None:
        self._fresh = self._desk.session is not None
        self._take_up()

    def _take_up(self) -> None:
        """Follow what is under way in a project just opened, or say how it has ended meanwhile."""
        session = self._desk.session
        if not self._fresh or session is None or self.job is not None:
            return
        self._fresh = False
        run = session.last_run()
        if run is not None and (run.under_way or (not run.heard and run.state != "stopped")):
            if run.state == "done" and not session.project.read_only:
                tell(f"'{run.title}' has finished while the window was closed.")
            self._follow(session.follow(run), run.title)
        self._seek()

    def _on_run(self) -> None:
        if self.job is not None:
            self._look_again.start()
        else:
            self._look_again.stop()
        self._seek()
        self._look()

    def _look(self) -> None:
        session = self._desk.session
        run = session.run_under_way() if session is not None and self.job is not None else None
        paused = run is not None and run.state == "paused"
        if paused != self.paused:
            self.paused = paused
            self.changed.emit()

    def _seek(self) -> None:
        session = self._desk.session
        idle = session is not None and self.job is None and not session.project.read_only
        self.unfinished = session.unfinished() if session is not None and idle else None
        self.paused = self.paused and self.job is not None
        self.changed.emit()

    def _on_result(self, session: Session, result: object) -> None:
        """Maps, proposals or predictions are new: read the case at hand again, if no stroke would be lost."""
        desk = self._desk
        if session is not desk.session:
            return
        self.returned.emit(result)
        if desk.loaded is not None and not desk.mask.edited:
            desk.show_case(desk.loaded.case_id, keep_slice=True)

    def _follow_recipe(self, session: Session, before: object) -> None:
        """A project's first run may choose smaller settings; show them."""
        if session is self._desk.session and session.recipe != before:
            self._desk.recipe_changed.emit()
