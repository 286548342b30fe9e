"""Live tuning: one background thread that answers the sliders — visible slice first, then the volume, newest wins."""

from __future__ import annotations

import time
from collections.abc import Callable, Generator, Mapping
from typing import TYPE_CHECKING, Any

from qtpy.QtCore import QObject, Signal

from napari_wsss.widgets._jobs import Job
from napari_wsss.widgets._questions import Answer, Box, Failure, Question, Ready, Settled

if TYPE_CHECKING:
    from napari_wsss.session.tuner import Tuner

REST_SECONDS = 0.08
"""The volume waits until the sliders have rested this long."""
BLOCK_SECONDS = 0.5
"""A volume that would take longer than this in one go is computed slice by slice, so that a slider can interrupt it."""


class LiveTuning(QObject):
    """The window's side of the thread.

    Signals:
        ready: the :class:`~napari_wsss.session.Tuner` of the case on the desk.
        answered: an :class:`~napari_wsss.widgets._questions.Answer`, for the visible slice, then for the volume.
        failed: the exception of a step that could not run.
        settled: nothing is asked or computed any more; what is shown is current.
    """

    ready = Signal(object)
    answered = Signal(object)
    failed = Signal(object)
    settled = Signal()

    def __init__(self) -> None:
        super().__init__()
        self._make: Callable[[], Tuner] | None = None
        self._visit = self._asked = self._dealt_with = self._depth = 0
        self._box = Box()
        self._job = Job(answers(self._box), "live tuning")
        self._job.yielded.connect(self._hear)
        self._job.start()

    @property
    def visit(self) -> int:
        """Number of the case's turn; making its live path anew is a turn too."""
        return self._visit

    @property
    def busy(self) -> bool:
        """Whether the volume shown is not yet that of the knobs."""
        return self._dealt_with < self._asked

    def open(self, make: Callable[[], Tuner], z: int, depth: int) -> None:
        """Turn to a case of ``depth`` slices, or to the same one anew; ``make`` runs in the thread."""
        self._make, self._depth = make, depth
        self._visit += 1
        self._ask(z)

    def leave(self) -> None:
        """Forget the case; answers still on their way are dropped."""
        self._make = None
        self._visit += 1
        self._dealt_with = self._asked

    def set(self, step: str, knobs: Mapping[str, Any], z: int) -> None:
        """Move knobs of a step while slice ``z`` is on the screen."""
        self._ask(z, {step: knobs})

    def look(self, z: int) -> None:
        """Another slice is on the screen; it comes first if the volume is still being computed."""
        if self.busy:
            self._ask(z)

    def close(self) -> None:
        """End the thread."""
        self.leave()
        self._job.cancel()
        self._box.close()
        self._job.wait()

    def _ask(self, z: int, knobs: Mapping[str, Mapping[str, Any]] | None = None) -> None:
        if self._make is not None:
            self._asked += 1
            self._box.put(Question(self._asked, self._visit, self._make, z, self._depth, knobs or {}))

    def _hear(self, item: Any) -> None:  # noqa: ANN401
        if item.visit != self._visit:
            return
        if isinstance(item, Ready):
            self.ready.emit(item.tuner)
        elif isinstance(item, Answer):
            self.answered.emit(item)
        elif isinstance(item, Failure):
            self.failed.emit(item.error)
        else:
            self._dealt_with = item.serial
            if not self.busy:
                self.settled.emit()


def answers(box: Box) -> Generator[Any, None, None]:
    """Answer the questions of ``box`` until it closes. Runs in the thread."""
    visitor = _Visitor(box)
    while (question := box.take()) is not None:
        try:
            yield from visitor.answer(question)
        except Exception as error:  # noqa: BLE001 (a step that fails must not end the thread that answers the sliders)
            yield Failure(question.visit, error)
            yield Settled(question.visit, question.serial)


class _Visitor:
    """Keeps the tuner of the present visit, and whether the volume shown is that of its knobs."""

    def __init__(self, box: Box) -> None:
        self._box = box
        self._tuner: Tuner | None = None
        self._visit = 0
        self._current = False

    def answer(self, question: Question) -> Generator[Any, None, None]:
        visit = question.visit
        if self._tuner is None or visit != self._visit:
            self._tuner, self._visit, self._current = question.make(), visit, False
            yield Ready(visit, self._tuner)
        for step, knobs in question.knobs.items():
            self._current = False
            self._tuner.set(step, **knobs)
        if self._tuner.has_maps and not self._current:
            yield from self._show(self._tuner, question)
        if self._current or not self._tuner.has_maps:
            yield Settled(visit, question.serial)

    def _show(self, tuner: Tuner, question: Question) -> Generator[Answer, None, None]:
        """Answer for the visible slice, then, if nobody asks for more meanwhile, for the volume."""
        slow = False
        if tuner.slicewise:
            begun = time.perf_counter()
            yield self._look(tuner, question.z)
            slow = (time.perf_counter() - begun) * question.depth > BLOCK_SECONDS
        if not self._box.rests(REST_SECONDS):
            return
        if slow:
            yield from self._slice_by_slice(tuner, question)
        else:
            yield self._look(tuner, None)
            self._current = True

    def _slice_by_slice(self, tuner: Tuner, question: Question) -> Generator[Answer, None, None]:
        """Answer for all slices, the nearest to the visible one first, so that the next question need not wait."""
        order = sorted(set(range(question.depth)) - {question.z}, key=lambda z: abs(z - question.z))
        for done, z in enumerate(order, start=1):
            yield self._look(tuner, z, left=len(order) - done)
            if not self._box.rests(0):
                return
        self._current = True

    def _look(self, tuner: Tuner, z: int | None, left: int = 0) -> Answer:
        return Answer(self._visit, z, tuner.evidence(z), tuner.mask(z), dict(tuner.timings), left)
