"""Desk: what all docks of one viewer share — the open session and the case at hand; its parts do the work."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

from qtpy.QtCore import QObject, Signal

from napari_wsss.errors import ProjectError, WsssError
from napari_wsss.progress import Work
from napari_wsss.widgets._accepting import Accepting
from napari_wsss.widgets._autosave import Autosave
from napari_wsss.widgets._case_layers import CaseLayers
from napari_wsss.widgets._case_loader import CaseLoader
from napari_wsss.widgets._clicks import Clicks
from napari_wsss.widgets._difference import Difference
from napari_wsss.widgets._edits_on_desk import EditsOnDesk
from napari_wsss.widgets._jobs import Job, work_of
from napari_wsss.widgets._labelling import Labelling
from napari_wsss.widgets._live import LiveTuning
from napari_wsss.widgets._loading import Loaded
from napari_wsss.widgets._long_work import LongWork
from napari_wsss.widgets._made import made_of
from napari_wsss.widgets._map_on_desk import MapOnDesk
from napari_wsss.widgets._mask_on_desk import MaskOnDesk
from napari_wsss.widgets._notify import tell_error
from napari_wsss.widgets._operating import Operating
from napari_wsss.widgets._planner import Planner
from napari_wsss.widgets._preferences import preferences_here
from napari_wsss.widgets._progress_of import Way
from napari_wsss.widgets._proposal_on_desk import ProposalOnDesk
from napari_wsss.widgets._questions import Answer
from napari_wsss.widgets._recover import Recovery
from napari_wsss.widgets._run_on_desk import RunOnDesk
from napari_wsss.widgets._tuning import Tuning
from napari_wsss.widgets._viewing import Viewing
from napari_wsss.widgets._warm import warm_up_once
from napari_wsss.widgets._watcher import Watcher
from napari_wsss.widgets._worklist import WorklistOnDesk
from napari_wsss.widgets._writer import Writer

if TYPE_CHECKING:
    from napari import Viewer

    from napari_wsss.pipeline.plan import PlannedStep
    from napari_wsss.session import Session, Tuner

_DESKS: WeakKeyDictionary[Any, Desk] = WeakKeyDictionary()
WARM_SECONDS = 60.0
"""How long the window's end waits at most for the compiler, which cannot be interrupted."""


def desk_of(viewer: Viewer) -> Desk:
    """Give the desk of a viewer; made at first asking. A viewer handed over in napari's proxy is unwrapped."""
    viewer = getattr(viewer, "__wrapped__", viewer)
    if viewer not in _DESKS:
        _DESKS[viewer] = Desk(viewer)
        Watcher(_DESKS[viewer])
        Recovery(_DESKS[viewer])
    return _DESKS[viewer]


class Desk(QObject):
    """The state that docks show and change; they talk to each other through its signals alone.

    Attributes:
        viewer: the napari viewer.
        session: the open project's session, or None.
        loaded: the case at hand as read from disk, or None.
        layers: its layers, or None.
        tuner: its live path, or None until it stands ready.
        work: the long work that runs, one at a time.
        writer: what is being saved.
        running: stages in a process of their own: start, pause, go on.
        reason: why the case at hand would be rejected, as typed so far.
        mask: what the mask layer shows.
        edits: every edit of it, with undo.
        autosave: keeps them on the disk until they are accepted.
        map: what the map layer shows.
        viewing: linked views, crosshair, letters, window and channels.
        labelling: what the label keys label.
        proposal: the proposal, whatever the mask layer shows.
        operating: operations on the mask, in the background.
        clicks: clicks that do an operation.
        difference: what a correction added and removed.
        worklist: the cases, in the order in which to work through them.
        live: the thread that answers the sliders.
        preview: the mask of the visible slice lacks what steps over the whole volume will change in it.
        moved: step → knob → value, what the sliders were moved to for the case at hand.
        tuning: the knobs of the case as they stand now, with undo; every control that moves one does it there.

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
        models_changed: another model is in use, or scans start from other masks.
        way_changed: ``plan`` and ``way`` are new.
        job_changed: a job began or ended.
        run_changed: a run, which goes on beside the jobs and without the window, began or ended.
        run_heard: an event of the run.
        ending: the viewer goes away; whoever has a thread ends it now.
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
    models_changed = Signal()
    way_changed = Signal()
    job_changed = Signal()
    run_changed = Signal()
    run_heard = Signal(object)
    ending = Signal()

    def __init__(self, viewer: Viewer) -> None:
        super().__init__()
        self.viewer = viewer
        self.session: Session | None = None
        self.loaded: Loaded | None = None
        self.layers: CaseLayers | None = None
        self.tuner: Tuner | None = None
        self.work, self.writer = LongWork(self), Writer(self)
        self.mask, self.map = MaskOnDesk(), MapOnDesk()
        self.preview = False
        self.reason = ""
        self.running = RunOnDesk(self)
        self.live = LiveTuning()
        self.live.ready.connect(self._on_tuner)
        self.live.answered.connect(self._on_answer)
        self.live.failed.connect(tell_error)
        self.live.failed.connect(self._on_live_failed)
        self.live.settled.connect(self._on_settled)
        self.moved: dict[str, dict[str, Any]] = {}
        self._accepting = Accepting()
        self._loader = CaseLoader(lambda: self.autosave.finish())  # noqa: PLW0108 (made below)
        self._planner = Planner(self, lambda: self.session)
        self._warmer: Job | None = None
        self.work.changed.connect(self.job_changed)
        self.running.work.changed.connect(self.run_changed)
        self.running.work.heard.connect(self.run_heard)
        for over in (self.work.ended, self.running.work.ended, self.writer.written):
            over.connect(self.cases_changed)
        self._planner.changed.connect(self.way_changed)
        for signal in (self.project_changed, self.recipe_changed, self.labels_changed, self.cases_changed):
            signal.connect(self._planner.ask)
        self.tuning = Tuning(self)
        self.edits = EditsOnDesk(self)
        self.mask.based.connect(self.edits.begin)
        self.mask.history = lambda: self.edits.history
        self.mask.source = lambda origin: made_of(self, origin)
        self.mask.behind.connect(lambda: self.retune(keep=True))
        self.autosave = Autosave(self)
        self.autosave.listed.connect(self.cases_changed)
        self.viewing = Viewing(self)
        self.labelling = Labelling(self)
        self.proposal = ProposalOnDesk(self)
        self.operating = Operating(self)
        self.clicks = Clicks(self)
        self.difference = Difference(self)
        self.worklist = WorklistOnDesk(self)
        self.models_changed.connect(self._on_models)
        self._asked: str | None = None

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
        self.writer.finish()
        self.autosave.close()
        if self.layers is not None:
            self.layers.close()
            self.layers = None
        self.case_closed.emit()
        self.mask.clear()
        session, self.session = self.session, None
        session.leave()
        self.running.leave()
        session.close()
        self.project_changed.emit()
        self._planner.clear()

    def require_session(self) -> Session:
        """Give the open session. Raises ProjectError when there is none."""
        if self.session is None:
            raise ProjectError("No project is open. Open or make one in the Project dock first.")
        return self.session

    # ---- long work -----------------------------------------------------------------------------------------------

    @property
    def job(self) -> Job | None:
        """The long work that runs, or None. A run of the recipe is none: it is ``running.job``."""
        return self.work.job

    @property
    def idle(self) -> bool:
        """Whether neither a job nor a run is under way."""
        return self.job is None and self.running.job is None

    def start(self, work: Work[Any], title: str, then: Callable[[Any], None] | None = None) -> bool:
        """Run long work in the background; ``then`` gets its result. Refused while another job runs.

        Args:
            work: the work.
            title: what a person calls it.
            then: hears its result.

        Returns:
            Whether it was started.
        """
        return self.work.start(work, title, then)

    def run(self, stages: Sequence[str], title: str, device: str = "auto") -> bool:
        """Run stages of the recipe, in a process that outlives the window. Refused while another run is under way."""
        return self.running.start(stages, title, device)

    def write(self, work: Work[Any], title: str, then: Callable[[Any], None]) -> None:
        """Save something small in the background, in the order asked for, whatever job runs."""
        self.writer.write(work, title, then)

    def cancel(self) -> None:
        """Stop the running job: at its next event, or within two seconds where the worker process keeps silent.

        A run goes on; ``running.cancel`` stops it.
        """
        if self.job is not None:
            self.work.cancel()
            if self.session is not None:
                self.session.worker.cancel()

    def _on_models(self) -> None:
        """Other masks are offered: look up all figures again, and read the case at hand, if no stroke would be lost."""
        self.worklist.look_again()
        self._planner.ask()
        if self.loaded is not None and not self.mask.edited:
            self.show_case(self.loaded.case_id, keep_slice=True)

    # ---- cases ---------------------------------------------------------------------------------------------------

    def show_case(self, case_id: str, *, keep_slice: bool = False) -> None:
        """Put a case on the desk; it is read in the background, and only the case asked for last appears."""
        session = self.require_session()
        self._asked = case_id
        z = self.layers.slice_index if keep_slice and self.layers is not None else None
        self._loader.load(session, case_id, lambda loaded: self._put(session, loaded, z))

    def read_again(self, case_id: str) -> None:
        """Read a case anew if it is just being read: something was decided about it meanwhile."""
        if self.loading and self._asked == case_id:
            self.show_case(case_id, keep_slice=self.loaded is not None and self.loaded.case_id == case_id)

    def step_case(self, by: int) -> None:
        """Go to the next (+1) or previous (-1) case in the present order of the worklist."""
        here = self._asked if self.loading else (self.loaded.case_id if self.loaded is not None else None)
        case_id = self.worklist.step(here, by)
        if case_id is not None:
            self.show_case(case_id)

    @property
    def loading(self) -> bool:
        """Whether a case is being read."""
        return self._loader.busy

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
            convention = preferences_here().value.convention
            self.layers = CaseLayers(self.viewer, loaded.volume, classes, convention)
            self.layers.slice_changed.connect(self._on_slice)
            self.edits.attach(self.layers)
        self.loaded = loaded
        for fault in loaded.faults:
            tell_error(ProjectError(fault))
        if z is not None:
            self.layers.go_to(z)
        self.map.show(self.layers)
        self.mask.show(self.layers, loaded)
        self.case_opened.emit()
        self.retune()

    def _leave_case(self) -> None:
        self.give_up_accepting()
        self.mask.leave()
        self.map.leave()
        self.live.leave()
        self.moved = {}
        self.loaded = self.tuner = None
        self.preview = False

    def _on_slice(self, z: int) -> None:
        if self.layers is not None:
            self.live.look(self.layers.question)
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

        self.live.open(make, layers.question)

    def tune(self, step: str, **knobs: Any) -> None:  # noqa: ANN401
        """Move knobs of a live step for the case at hand."""
        if self.layers is None:
            return
        if self.session is not None:
            with suppress(WsssError, ValueError):  # the live path will say what is wrong with a value
                self.session.recipe.with_knobs(step, **knobs)
                self.moved[step] = {**self.moved.get(step, {}), **knobs}
        self.live.set(step, knobs, self.layers.question)

    @property
    def shown_class(self) -> int:
        """Index of the class whose map is shown."""
        return self.map.shown_class

    def show_class(self, index: int) -> None:
        """Show the map of another class."""
        self.map.choose(index)

    def accept_later(self, what: Hashable, accept: Callable[[], None]) -> None:
        """Do ``accept`` once the mask is whole; ``what`` says which part of it, so that none is accepted twice."""
        if self.loaded is not None:
            self._accepting.add(self.loaded.case_id, self.live.visit, what, accept)

    @property
    def awaited(self) -> str | None:
        """The case that is accepted as soon as its mask is whole."""
        return self._accepting.case_id

    def give_up_accepting(self) -> None:
        """Drop what waits for the mask, and say so."""
        self._accepting.give_up()

    def _on_settled(self) -> None:
        here = self.loaded is not None and self.loaded.case_id == self._accepting.case_id
        if here and self._accepting.visit == self.live.visit and self.mask.origin == "proposal":
            for accept in self._accepting.take():
                accept()
        self.give_up_accepting()

    def _on_live_failed(self, _: object) -> None:
        self.give_up_accepting()

    def _on_tuner(self, tuner: Tuner) -> None:
        self.tuner = tuner
        self.tuner_ready.emit()

    def _on_answer(self, answer: Answer) -> None:
        if self.layers is None:
            return
        self.preview = answer.preview
        self.map.take(answer)
        self.mask.propose(answer.mask, answer.z)
        self.answered.emit(answer)

    # ---- how far -------------------------------------------------------------------------------------------------

    @property
    def plan(self) -> list[PlannedStep]:
        """What the project's stages still need."""
        return self._planner.plan

    @property
    def way(self) -> Way:
        """How far the project has come."""
        return self._planner.way

    # ---- end -----------------------------------------------------------------------------------------------------

    def shut_down(self) -> None:
        """Stop every thread and close the project; the viewer goes away. A run goes on without it."""
        self.ending.emit()
        if self.session is not None:
            self.session.leave()
        self.writer.finish()
        self.autosave.close()
        self.cancel()
        self.running.cancel()
        self._planner.close()
        self._loader.close()
        for slot in (self.work, self.running.work):
            slot.close()
        self.live.close()
        if self._warmer is not None:
            self._warmer.wait(WARM_SECONDS)
        if self.session is not None:
            self.session.close()
            self.session = None
        _DESKS.pop(self.viewer, None)
