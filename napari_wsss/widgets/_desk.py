"""Desk: what all docks of one viewer share — the open session, the case at hand, the running job."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

import numpy as np
from qtpy.QtCore import QObject, QTimer, Signal

from napari_wsss.errors import ProjectError, WsssError
from napari_wsss.progress import Work
from napari_wsss.widgets._case_layers import CaseLayers
from napari_wsss.widgets._jobs import Job, work_of
from napari_wsss.widgets._live import LiveTuning
from napari_wsss.widgets._loading import Loaded, load_case
from napari_wsss.widgets._mask_on_desk import MaskOnDesk
from napari_wsss.widgets._notify import tell, tell_error, tell_note
from napari_wsss.widgets._progress_of import Way, way_of
from napari_wsss.widgets._questions import Answer
from napari_wsss.widgets._warm import warm_up_once
from napari_wsss.widgets._watcher import Watcher

if TYPE_CHECKING:
    from napari import Viewer

    from napari_wsss.pipeline.runner import PlannedStep
    from napari_wsss.session import Session, Tuner

_DESKS: WeakKeyDictionary[Any, Desk] = WeakKeyDictionary()
PLAN_DELAY_MS = 150
WARM_SECONDS = 60.0
"""How long the window's end waits at most for the compiler, which cannot be interrupted."""
WRITE_SECONDS = 120.0
"""How long a project stays open at most for one mask that is still being saved."""


def desk_of(viewer: Viewer) -> Desk:
    """Give the desk of a viewer; made at first asking. A viewer handed over in napari's proxy is unwrapped."""
    viewer = getattr(viewer, "__wrapped__", viewer)
    if viewer not in _DESKS:
        _DESKS[viewer] = Desk(viewer)
        Watcher(_DESKS[viewer])
    return _DESKS[viewer]


class Desk(QObject):
    """The state that docks show and change; they talk to each other through its signals alone.

    Attributes:
        viewer: the napari viewer.
        session: the open project's session, or None.
        loaded: the case at hand as read from disk, or None.
        layers: its layers, or None.
        tuner: its live path, or None until it stands ready.
        job: the long work that runs, or None. One at a time.
        plan: what the project's stages still need.
        way: how far the project has come.
        moved: step → knob → value, what the sliders were moved to for the case at hand.

    Signals:
        project_changed: another project was opened, or the open one closed.
        recipe_changed: another recipe, or other settings of it, are in use.
        case_opened: a case is on the desk.
        case_closed: none is.
        slice_changed: the number of the slice shown.
        tuner_ready: the live path of the case stands ready.
        answered: a live answer was shown.
        labels_changed: image-level labels changed.
        cases_changed: the state of cases changed.
        way_changed: ``plan`` and ``way`` are new.
        job_changed: a job began or ended.
        job_heard: an event of the running job.
    """

    project_changed = Signal()
    recipe_changed = Signal()
    case_opened = Signal()
    case_closed = Signal()
    slice_changed = Signal(int)
    tuner_ready = Signal()
    answered = Signal(object)
    labels_changed = Signal()
    cases_changed = Signal()
    way_changed = Signal()
    job_changed = Signal()
    job_heard = Signal(object)

    def __init__(self, viewer: Viewer) -> None:
        super().__init__()
        self.viewer = viewer
        self.session: Session | None = None
        self.loaded: Loaded | None = None
        self.layers: CaseLayers | None = None
        self.tuner: Tuner | None = None
        self.job: Job | None = None
        self.plan: list[PlannedStep] = []
        self.way = Way()
        self.shown_class = 0
        self.mask = MaskOnDesk()
        self.live = LiveTuning()
        self.live.ready.connect(self._on_tuner)
        self.live.answered.connect(self._on_answer)
        self.live.failed.connect(tell_error)
        self.live.failed.connect(self._on_live_failed)
        self.live.settled.connect(self._on_settled)
        self.moved: dict[str, dict[str, Any]] = {}
        self._awaited: tuple[str, int, Callable[[], None]] | None = None
        self._loader: Job | None = None
        self._planner: Job | None = None
        self._writing: list[Job] = []
        self._warmer: Job | None = None
        self._evidence: Any = None
        self._plan_soon = QTimer(self)
        self._plan_soon.setSingleShot(True)
        self._plan_soon.setInterval(PLAN_DELAY_MS)
        self._plan_soon.timeout.connect(self._make_plan)
        for signal in (self.project_changed, self.recipe_changed, self.labels_changed, self.cases_changed):
            signal.connect(self._plan_soon.start)

    # ---- project -------------------------------------------------------------------------------------------------

    @property
    def writable(self) -> bool:
        """Whether a project is open that may be changed."""
        return self.session is not None and not self.session.project.read_only

    def open(self, folder: Path) -> None:
        """Open a project folder, off the window's thread."""
        from napari_wsss.session import Session

        self.start(work_of(Session.open, folder), f"Open {Path(folder).name}", self.adopt)

    def adopt(self, session: Session) -> None:
        """Take an open session; the one before is closed."""
        self.close_project()
        self.session = session
        self._warmer = warm_up_once()
        self.project_changed.emit()
        if session.project.cases:
            self.show_case(next(iter(session.project.cases)))

    def close_project(self) -> None:
        """Put the project away."""
        if self.session is None:
            return
        self._leave_case()
        self._finish_writing()
        if self.layers is not None:
            self.layers.close()
            self.layers = None
        self.case_closed.emit()
        self.mask.clear()
        session, self.session = self.session, None
        session.close()
        self.plan, self.way = [], Way()
        self.project_changed.emit()
        self.way_changed.emit()

    def require_session(self) -> Session:
        """Give the open session. Raises ProjectError when there is none."""
        if self.session is None:
            raise ProjectError("No project is open. Open or make one in the Project dock first.")
        return self.session

    # ---- long work -----------------------------------------------------------------------------------------------

    def start(self, work: Work[Any], title: str, then: Callable[[Any], None] | None = None) -> bool:
        """Run long work in the background; ``then`` gets its result. Refused while another job runs.

        Returns:
            Whether it was started.
        """
        if self.job is not None:
            tell_error(ProjectError(f"'{self.job.title}' is still running. Wait for it or cancel it first."))
            return False
        job = Job(work, title)
        job.progress.connect(self.job_heard)
        job.note.connect(tell_note)
        job.errored.connect(tell_error)
        if then is not None:
            job.returned.connect(then)
        job.finished.connect(self._on_job_finished)
        self.job = job
        self.job_changed.emit()
        job.start()
        return True

    def run(self, stages: Sequence[str], title: str, device: str = "auto") -> bool:
        """Run stages of the recipe."""
        session = self.require_session()
        before = session.recipe
        started = self.start(session.run(list(stages), device=device), title, self._on_run)
        if started and self.job is not None:
            self.job.finished.connect(lambda: self._follow_recipe(session, before))
        return started

    def _follow_recipe(self, session: Session, before: object) -> None:
        """A project's first run may choose smaller settings; show them."""
        if session is self.session and session.recipe != before:
            self.recipe_changed.emit()

    def write(self, work: Work[Any], title: str, then: Callable[[Any], None]) -> None:
        """Save something small in the background, in the order asked for, whatever job runs."""
        job = Job(work, title)
        job.errored.connect(tell_error)
        job.returned.connect(then)
        job.finished.connect(lambda: self._on_written(job))
        self._writing.append(job)
        if len(self._writing) == 1:
            job.start()

    def _on_written(self, job: Job) -> None:
        self._writing.remove(job)
        self.cases_changed.emit()
        if self._writing:
            self._writing[0].start()

    def _finish_writing(self) -> None:
        """Wait until everything decided is saved; the project is about to be closed."""
        for job in self._writing:
            job.start()
            job.wait(WRITE_SECONDS)

    def cancel(self) -> None:
        """Stop the running job: at its next event, or within two seconds where the worker process keeps silent."""
        if self.job is not None:
            self.job.cancel()
            if self.session is not None:
                self.session.worker.cancel()

    def _on_job_finished(self) -> None:
        self.job = None
        self.job_changed.emit()
        self.cases_changed.emit()

    def _on_run(self, _: object) -> None:
        """Maps, proposals or predictions are new: read the case at hand again, if no stroke would be lost."""
        if self.loaded is not None and not self.mask.edited:
            self.show_case(self.loaded.case_id, keep_slice=True)

    # ---- cases ---------------------------------------------------------------------------------------------------

    def show_case(self, case_id: str, *, keep_slice: bool = False) -> None:
        """Put a case on the desk; it is read in the background, and only the case asked for last appears."""
        session = self.require_session()
        if self._loader is not None:
            self._loader.cancel()
            self._loader.returned.disconnect()
        z = self.layers.slice_index if keep_slice and self.layers is not None else None
        loader = Job(load_case(session, case_id), f"Open {case_id}")
        loader.errored.connect(tell_error)
        loader.returned.connect(lambda loaded: self._put(session, loaded, z))
        loader.finished.connect(lambda: self._loaded(loader))
        self._loader = loader
        loader.start()

    def step_case(self, by: int) -> None:
        """Go to the next (+1) or previous (-1) case of the list."""
        if self.session is None:
            return
        ids = list(self.session.project.cases)
        here = ids.index(self.loaded.case_id) if self.loaded is not None else -by
        self.show_case(ids[(here + by) % len(ids)])

    @property
    def loading(self) -> bool:
        """Whether a case is being read."""
        return self._loader is not None

    def _loaded(self, loader: Job) -> None:
        if self._loader is loader:
            self._loader = None

    def _put(self, session: Session, loaded: Loaded, z: int | None) -> None:
        if session is not self.session:
            return
        self._leave_case()
        classes = session.project.labels.classes
        if self.layers is not None and self.layers.fits(loaded.volume, classes):
            self.layers.turn_to(loaded.volume)
        else:
            if self.layers is not None:
                self.layers.close()
            self.layers = CaseLayers(self.viewer, loaded.volume, classes)
            self.layers.slice_changed.connect(self._on_slice)
        self.loaded = loaded
        if z is not None:
            self.layers.go_to(z)
        self.mask.show(self.layers, loaded)
        self.case_opened.emit()
        self.retune()

    def _leave_case(self) -> None:
        self.give_up_accepting()
        self.mask.leave()
        self.live.leave()
        self.moved = {}
        self.loaded = self.tuner = self._evidence = None

    def _on_slice(self, z: int) -> None:
        self.live.look(z)
        self.slice_changed.emit(z)

    # ---- live ----------------------------------------------------------------------------------------------------

    def retune(self, *, keep: bool = False) -> None:
        """Make the live path of the case anew: with the project's settings again, or ``keep`` the sliders' values."""
        session, loaded, layers = self.session, self.loaded, self.layers
        if session is None or loaded is None or layers is None:
            return
        if not keep:
            self.tuner, self.moved = None, {}
        moved = {step: dict(knobs) for step, knobs in self.moved.items()}

        def make() -> Tuner:
            tuner = session.tuner(loaded.case_id)
            for step, knobs in moved.items():
                tuner.set(step, **knobs)
            return tuner

        self.live.open(make, layers.slice_index, layers.depth)

    def tune(self, step: str, **knobs: Any) -> None:  # noqa: ANN401
        """Move knobs of a live step for the case at hand."""
        if self.layers is None:
            return
        if self.session is not None:
            with suppress(WsssError, ValueError):  # the live path will say what is wrong with a value
                self.session.recipe.with_knobs(step, **knobs)
                self.moved[step] = {**self.moved.get(step, {}), **knobs}
        self.live.set(step, knobs, self.layers.slice_index)

    def show_class(self, index: int) -> None:
        """Show the map of another class."""
        self.shown_class = index
        if self.layers is not None and self._evidence is not None:
            self.layers.show_map(self._evidence[index])

    def accept_later(self, accept: Callable[[], None]) -> None:
        """Do ``accept`` once the mask shown is whole; a later call takes the place of an earlier one."""
        if self.loaded is not None:
            self._awaited = (self.loaded.case_id, self.live.visit, accept)
            tell("The mask is accepted as soon as all its slices are computed.")

    @property
    def awaited(self) -> str | None:
        """The case that is accepted as soon as its mask is whole."""
        return self._awaited[0] if self._awaited is not None else None

    def give_up_accepting(self) -> None:
        """Drop what waits for the mask, and say so."""
        if self._awaited is not None:
            tell(f"{self._awaited[0]}: not accepted, because its mask was not finished.")
            self._awaited = None

    def _on_settled(self) -> None:
        if self._awaited is None:
            return
        case_id, visit, accept = self._awaited
        here = self.loaded is not None and self.loaded.case_id == case_id and self.live.visit == visit
        if here and self.mask.origin == "proposal":
            self._awaited = None
            accept()
        else:
            self.give_up_accepting()

    def _on_live_failed(self, _: object) -> None:
        self.give_up_accepting()

    def _on_tuner(self, tuner: Tuner) -> None:
        self.tuner = tuner
        self.tuner_ready.emit()

    def _on_answer(self, answer: Answer) -> None:
        if self.layers is None:
            return
        if answer.z is None:
            if answer.evidence is not self._evidence:
                self._evidence = answer.evidence
                self.layers.show_map(answer.evidence[self._class(answer)])
        else:
            heat = answer.evidence[self._class(answer)]
            if not np.array_equal(heat, self.layers.heat[answer.z]):
                self._evidence = None
                self.layers.show_map(heat, answer.z)
        self.mask.propose(answer.mask, answer.z)
        self.answered.emit(answer)

    def _class(self, answer: Answer) -> int:
        return min(self.shown_class, len(answer.evidence) - 1)

    # ---- how far -------------------------------------------------------------------------------------------------

    def _make_plan(self) -> None:
        session = self.session
        if session is None:
            return
        if self._planner is not None:
            self._plan_soon.start()
            return
        self._planner = Job(work_of(_plan, session), "plan")
        self._planner.returned.connect(self._on_plan)
        self._planner.errored.connect(tell_error)
        self._planner.finished.connect(self._on_planned)
        self._planner.start()

    def _on_plan(self, found: tuple[Session, list[PlannedStep], Way]) -> None:
        session, plan, way = found
        if session is self.session:
            self.plan, self.way = plan, way
            self.way_changed.emit()

    def _on_planned(self) -> None:
        self._planner = None

    # ---- end -----------------------------------------------------------------------------------------------------

    def shut_down(self) -> None:
        """Stop every thread and close the project; the viewer goes away."""
        self._plan_soon.stop()
        self._finish_writing()
        self.cancel()
        for job in (self._loader, self._planner, self.job):
            if job is not None:
                job.cancel()
                job.wait()
        self.live.close()
        if self._warmer is not None:
            self._warmer.wait(WARM_SECONDS)
        if self.session is not None:
            self.session.close()
            self.session = None
        _DESKS.pop(self.viewer, None)


def _plan(session: Session) -> tuple[Session, list[PlannedStep], Way]:
    plan = session.plan()
    return session, plan, way_of(session, plan)
