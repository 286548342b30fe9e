"""What the window asks the tuning thread, what comes back, and the two places where they lie in between."""

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
        z: the slice on the screen; None where the whole volume is, as in 3D display.
        knobs: everything moved since the last question.
    """

    serial: int
    visit: int
    make: Callable[[], Tuner]
    z: int | None
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
        serial: the question it answers; every question up to it is answered too.
        z: the slice, or None for the volume.
        evidence: (C, Y, X) or (C, Z, Y, X) in [0, 1].
        mask: (Y, X) or (Z, Y, X).
        seconds: step → seconds of its last run.
        took: seconds it took the thread.
        preview: the slice lacks what steps over the whole volume will change in it; the volume follows.
    """

    visit: int
    serial: int
    z: int | None
    evidence: FloatArray
    mask: LabelMap
    seconds: Mapping[str, float]
    took: float
    preview: bool = False


@dataclass(frozen=True)
class Failure:
    """The tuner raised ``error``."""

    visit: int
    error: Exception


@dataclass(frozen=True)
class Settled:
    """Every question up to ``serial`` is dealt with; ``current`` says whether what was shown is that of the knobs."""

    visit: int
    serial: int
    current: bool = True


DRAWING_SECONDS = 0.5
"""A window is not waited for longer than this."""


class Box:
    """Holds one question; a newer one takes its place and its moves."""

    def __init__(self) -> None:
        self._arrived = threading.Condition()
        self._question: Question | None = None
        self._closed = self._drawn = False

    def put(self, question: Question) -> None:
        """Leave a question."""
        with self._arrived:
            self._question = question.after(self._question)
            self._drawn = False
            self._arrived.notify()

    def drawn(self) -> None:
        """Tell that the window has come round since the last question: it has drawn what had to be drawn."""
        with self._arrived:
            self._drawn = True
            self._arrived.notify()

    def close(self) -> None:
        """Wake whoever waits; there will be no more questions."""
        with self._arrived:
            self._closed = True
            self._arrived.notify()

    def take(self) -> Question | None:
        """Wait for a question; None once closed."""
        with self._arrived:
            self._arrived.wait_for(self.stirred)
            question, self._question = self._question, None
            return None if self._closed else question

    def rests(self, seconds: float) -> bool:
        """Wait ``seconds``; whether nothing arrived meanwhile."""
        with self._arrived:
            return not self._arrived.wait_for(self.stirred, seconds)

    def rests_after_drawing(self, seconds: float) -> bool:
        """Wait as :meth:`rests`, but from when the window has drawn: while it draws, no slider can be moved."""
        with self._arrived:
            self._arrived.wait_for(lambda: self._drawn or self.stirred(), DRAWING_SECONDS)
        return self.rests(seconds)

    def stirred(self) -> bool:
        """Whether a newer question waits, or none will come any more."""
        return self._closed or self._question is not None


Found = Ready | Answer | Failure | Settled


class Tray:
    """What the thread found lies here until the window takes it: when it is told, or sooner if it waits for it."""

    def __init__(self) -> None:
        self._arrived = threading.Condition()
        self._found: list[Found] = []
        self._serial = 0

    def lay(self, found: Found) -> None:
        """Add what was found."""
        with self._arrived:
            self._found.append(found)
            self._serial = max(self._serial, getattr(found, "serial", 0))
            self._arrived.notify()

    def take(self) -> list[Found]:
        """Give all that lies here, oldest first."""
        with self._arrived:
            found, self._found = self._found, []
            return found

    def wait(self, serial: int, seconds: float) -> bool:
        """Wait for the first answer to question ``serial``, but no longer than ``seconds``; whether it came."""
        with self._arrived:
            return self._arrived.wait_for(lambda: self._serial >= serial, seconds)
