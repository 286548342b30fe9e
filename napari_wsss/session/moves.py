"""Moves: what the person did to the knobs, to be undone and redone."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

Knobs = dict[str, Any]


@dataclass(frozen=True)
class _Move:
    """Knobs of one step, before and after; both name the same knobs."""

    step: str
    before: Knobs
    after: Knobs


class Moves:
    """Moves of knobs in the order made.

    A drag is one move: until :meth:`rest` is called, moves of the same knobs of the same step are taken together.

    Args:
        limit: moves remembered at most; the oldest are forgotten first.
    """

    def __init__(self, limit: int = 200) -> None:
        self.limit = limit
        self._done: list[_Move] = []
        self._undone: list[_Move] = []
        self._dragging = False

    @property
    def can_undo(self) -> bool:
        """Whether there is a move to take back."""
        return bool(self._done)

    @property
    def can_redo(self) -> bool:
        """Whether there is a move to make again."""
        return bool(self._undone)

    def record(self, step: str, before: Mapping[str, Any], after: Mapping[str, Any]) -> None:
        """Remember a move; what could have been made again is forgotten. Nothing happens where no knob differs.

        Args:
            step: the step.
            before: knob → value, of every knob in ``after`` at least.
            after: knob → value.
        """
        moved = {knob: value for knob, value in after.items() if before[knob] != value}
        if not moved:
            return
        self._undone.clear()
        if self._goes_on(step, moved):
            start = self._done.pop().before
        else:
            self.rest()
            start = {knob: before[knob] for knob in moved}
        self._dragging = True
        self._done.append(_Move(step, start, moved))
        del self._done[: -self.limit]

    def rest(self) -> None:
        """The drag is over; the next move stands for itself. A drag that came back to where it began is forgotten."""
        if self._dragging and self._done and self._done[-1].before == self._done[-1].after:
            self._done.pop()
        self._dragging = False

    def undo(self) -> tuple[str, Knobs] | None:
        """Take the last move back: give the step and the knobs to set, None where there is nothing to undo."""
        self.rest()
        if not self._done:
            return None
        self._undone.append(self._done.pop())
        return self._undone[-1].step, dict(self._undone[-1].before)

    def redo(self) -> tuple[str, Knobs] | None:
        """Make the move taken back last again, None where there is nothing to redo."""
        self.rest()
        if not self._undone:
            return None
        self._done.append(self._undone.pop())
        return self._done[-1].step, dict(self._done[-1].after)

    def clear(self) -> None:
        """Forget all moves, as when another case comes."""
        self._done.clear()
        self._undone.clear()
        self._dragging = False

    def _goes_on(self, step: str, moved: Knobs) -> bool:
        """Whether a move belongs to the drag under way."""
        if not self._dragging or not self._done:
            return False
        return self._done[-1].step == step and self._done[-1].after.keys() == moved.keys()
