"""Tuning: the knobs of the case on the desk as they stand now, their undo history, and what reset returns to."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from qtpy.QtCore import QObject, QTimer, Signal

from napari_wsss.params import Params
from napari_wsss.session.moves import Moves
from napari_wsss.widgets._step_words import belongs_to_case

if TYPE_CHECKING:
    from napari_wsss.widgets._desk import Desk

REST_MS = 600
"""A slider that rested this long has ended its drag: the next move is another one to undo."""


class Tuning(QObject):
    """Every control that moves a knob of a live step does it here, and shows what it hears from here.

    Attributes:
        steps: live steps of the case by name, in running order, as they stand now.
        start: the same as stored, with the case's own settings; reset returns to them.

    Signals:
        rebuilt: the steps are those of another case or recipe; show all their values anew.
        changed: the name of a step whose knobs moved.
        start_changed: ``start`` is new.
        history_changed: what can be undone or redone is new.
    """

    rebuilt = Signal()
    changed = Signal(str)
    start_changed = Signal()
    history_changed = Signal()

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self._desk = desk
        self.steps: dict[str, Params] = {}
        self.start: dict[str, Params] = {}
        self._moves = Moves()
        self._rest = QTimer(self)
        self._rest.setSingleShot(True)
        self._rest.setInterval(REST_MS)
        self._rest.timeout.connect(self._moves.rest)
        desk.tuner_ready.connect(self._on_tuner)
        desk.case_opened.connect(self._forget)
        desk.recipe_changed.connect(self.refresh_start)

    @property
    def can_undo(self) -> bool:
        """Whether there is a move to take back."""
        return self._moves.can_undo

    @property
    def can_redo(self) -> bool:
        """Whether a move was taken back that can be done again."""
        return self._moves.can_redo

    def move(self, step: str, **knobs: Any) -> None:  # noqa: ANN401
        """Set knobs of a step; equal values are no move. Raises RecipeError for a value out of bounds."""
        before = self.steps[step]
        after = before.replace(**knobs)
        moved = {knob: value for knob, value in knobs.items() if getattr(before, knob) != value}
        if moved:
            self._moves.record(step, {knob: getattr(before, knob) for knob in moved}, moved)
            self._rest.start()
            self._take(step, after, moved)

    def undo(self) -> None:
        """Take the last move back."""
        self._repeat(self._moves.undo())

    def redo(self) -> None:
        """Do the move again that was taken back last."""
        self._repeat(self._moves.redo())

    def reset(self) -> None:
        """Take every knob back to what is stored; the moves can be undone."""
        for name, step in self.start.items():
            self.move(name, **{knob: getattr(step, knob) for knob in step.knobs()})

    def refresh_start(self) -> None:
        """Read again what is stored for the case."""
        if self._read_start():
            self.start_changed.emit()

    def _read_start(self) -> bool:
        """Whether there is a case for which something can be stored."""
        session, loaded = self._desk.session, self._desk.loaded
        if session is None or loaded is None:
            return False
        stored = session.recipe_for(loaded.case_id).steps
        # Right after a change of recipe the sliders are the old one's, and its steps may be others by these names.
        alike = [name for name, step in self.steps.items() if type(stored.get(name)) is type(step)]
        self.start = {name: stored[name] for name in alike}
        return True

    def moved(self, base: dict[str, Params]) -> dict[str, dict[str, Any]]:
        """Give step → knob → value where the steps differ from ``base``; what belongs to the case alone is left out."""
        found: dict[str, dict[str, Any]] = {}
        for name, step in self.steps.items():
            if type(base.get(name)) is type(step) and not belongs_to_case(step):
                knobs = {k: getattr(step, k) for k in step.knobs() if getattr(step, k) != getattr(base[name], k)}
                found |= {name: knobs} if knobs else {}
        return found

    def _repeat(self, move: tuple[str, dict[str, Any]] | None) -> None:
        if move is not None and move[0] in self.steps:
            self._rest.stop()
            step, knobs = move
            self._take(step, self.steps[step].replace(**knobs), knobs)

    def _take(self, step: str, after: Params, moved: dict[str, Any]) -> None:
        self.steps[step] = after
        self._desk.tune(step, **moved)
        self.changed.emit(step)
        self.history_changed.emit()

    def _on_tuner(self) -> None:
        tuner = self._desk.tuner
        if tuner is None:
            return
        moved = self._desk.moved
        steps: dict[str, Params] = {name: step.replace(**moved.get(name, {})) for name, step in tuner.steps.items()}
        if steps != self.steps:
            self._forget()
        self.steps = steps
        self._read_start()
        self.rebuilt.emit()  # before anything else is shown: the controls may be those of another recipe's steps
        self.start_changed.emit()

    def _forget(self) -> None:
        self._rest.stop()
        self._moves.clear()
        self.history_changed.emit()
