"""What the window asks the tuning thread, what comes back, and the box in which the newest question waits."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from napari_wsss.types import FloatArray, LabelMap

if TYPE_CHECKING:
    from napari_wsss.session.tuner import Tuner

Knobs = Mapping[str, Mapping[str, Any]]
"""Step → knob → value."""


@dataclass(frozen=True)
class Question:
    """What the window wants to see.

    Attributes:
        serial: number of the question, rising.
        visit: number of the case's turn on the desk; what belongs to an earlier visit is dropped.
        make: gives the tuner of the case.
        z: the slice on the screen.
        depth: number of slices Z.
        knobs: everything moved since the last question.
    """

    serial: int
    visit: int
    make: Callable[[], Tuner]
    z: int
    depth: int
    knobs: Knobs = field(default_factory=dict)

    def after(self, earlier: Question | None) -> Question:
        """Give this question with the moves of an ``earlier`` one that nobody has taken."""
        if earlier is None or earlier.visit != self.visit:
            return self
        steps = (*earlier.knobs, *self.knobs)
        merged = {step: {**earlier.knobs.get(step, {}), **self.knobs.get(step, {})} for step in steps}
        return replace(self, knobs=merged)


@dataclass(frozen=True, eq=False)
class Ready:
    """The tuner of a visit stands ready."""

    visit: int
    tuner: Tuner


@dataclass(frozen=True, eq=False)
class Answer:
    """What to show for the knobs as they are.

    Attributes:
        visit: the visit it belongs to.
        z: the slice, or None for the volume.
        evidence: (C, Y, X) or (C, Z, Y, X) in [0, 1].
        mask: (Y, X) or (Z, Y, X).
        seconds: step → seconds of its last run.
        left: how many slices are still to come.
    """

    visit: int
    z: int | None
    evidence: FloatArray
    mask: LabelMap
    seconds: Mapping[str, float]
    left: int = 0


@dataclass(frozen=True)
class Failure:
    """The tuner raised ``error``."""

    visit: int
    error: Exception


@dataclass(frozen=True)
class Settled:
    """Every question up to ``serial`` is dealt with."""

    visit: int
    serial: int


class Box:
    """Holds one question; a newer one takes its place and its moves."""

    def __init__(self) -> None:
        self._arrived = threading.Condition()
        self._question: Question | None = None
        self._closed = False

    def put(self, question: Question) -> None:
        """Leave a question."""
        with self._arrived:
            self._question = question.after(self._question)
            self._arrived.notify()

    def close(self) -> None:
        """Wake whoever waits; there will be no more questions."""
        with self._arrived:
            self._closed = True
            self._arrived.notify()

    def take(self) -> Question | None:
        """Wait for a question; None once closed."""
        with self._arrived:
            self._arrived.wait_for(self._stirred)
            question, self._question = self._question, None
            return None if self._closed else question

    def rests(self, seconds: float) -> bool:
        """Wait ``seconds``; whether nothing arrived meanwhile."""
        with self._arrived:
            return not self._arrived.wait_for(self._stirred, seconds)

    def _stirred(self) -> bool:
        return self._closed or self._question is not None
