"""The thread's side of live tuning: from questions to answers."""

from __future__ import annotations

import math
from collections.abc import Generator
from time import perf_counter
from typing import TYPE_CHECKING

from napari_wsss.errors import Cancelled
from napari_wsss.widgets._questions import Answer, Box, Failure, Found, Question, Ready, Settled

if TYPE_CHECKING:
    from napari_wsss.session.tuner import Tuner

REST_SECONDS = 0.08
"""A volume that takes long waits until the sliders have rested this long: its pieces cannot be stopped at once."""
SHORT_REST_SECONDS = 0.008
"""The same for a volume that was quick the last time: enough to hear of moves made while the window was drawing."""
QUICK_SECONDS = 0.25
"""A volume is quick if it took no longer than this, and can be stopped between any two pieces of it."""
KEEP_REST_SECONDS = 0.5
"""What took long is put on disk once nothing was asked for this long."""


def answers(box: Box) -> Generator[Found, None, None]:
    """Answer the questions of ``box`` until it closes."""
    visitor = Visitor(box)
    while (question := box.take()) is not None:
        try:
            yield from visitor.answer(question)
        except Exception as error:  # noqa: BLE001 (a step that fails must not end the thread that answers the sliders)
            yield Failure(question.visit, error)
            yield Settled(question.visit, question.serial, visitor.current)


class Visitor:
    """Keeps the tuner of the present visit.

    Attributes:
        current: the volume shown is that of the tuner's knobs.
    """

    def __init__(self, box: Box) -> None:
        self._box = box
        self._tuner: Tuner | None = None
        self._visit = 0
        self.current = False
        self._moved: frozenset[str] = frozenset()
        self._took: dict[frozenset[str], float] = {}

    def answer(self, question: Question) -> Generator[Found, None, None]:
        """Give what to show for a question; it ends early when a newer one arrives."""
        visit = question.visit
        if self._tuner is None or visit != self._visit:
            self._tuner, self._visit, self.current = question.make(), visit, False
            self._moved, self._took = frozenset(), {}
            yield Ready(visit, self._tuner)
        self._move(self._tuner, question)
        if self._tuner.has_maps and not self.current:
            yield from self._show(self._tuner, question)
        if self.current or not self._tuner.has_maps:
            yield Settled(visit, question.serial)
            if self._box.rests(KEEP_REST_SECONDS):
                self._tuner.keep()

    def _move(self, tuner: Tuner, question: Question) -> None:
        """Set the knobs moved; from here until the volume is shown, what is shown is not current."""
        if self.current:
            self._moved = frozenset()
        for step, knobs in question.knobs.items():
            tuner.set(step, **knobs)
            self.current, self._moved = False, self._moved | {step}

    def _show(self, tuner: Tuner, question: Question) -> Generator[Answer, None, None]:
        """Answer for the visible slice, then, if nobody asks for more meanwhile, for the volume."""
        if question.z is not None:
            yield from self._slice(tuner, question, question.z)
        if not (tuner.at_hand() or self._box.rests_after_drawing(self._rest(tuner, question))):
            return
        begun = perf_counter()
        try:
            mask, evidence = tuner.mask(None, self._box.stirred), tuner.evidence(None, self._box.stirred)
        except Cancelled:  # a newer question waits
            return
        self._took[self._moved] = took = perf_counter() - begun
        self.current = True
        yield Answer(question.visit, question.serial, None, evidence, mask, dict(tuner.timings), took)

    def _slice(self, tuner: Tuner, question: Question, z: int) -> Generator[Answer, None, None]:
        """Answer for one slice: with a preview where steps over the whole volume would have to run first."""
        begun, preview = perf_counter(), not tuner.quick(z)
        mask = tuner.preview(z) if preview else tuner.mask(z)
        if mask is not None:
            evidence, took = tuner.evidence(z), perf_counter() - begun
            yield Answer(question.visit, question.serial, z, evidence, mask, dict(tuner.timings), took, preview)

    def _rest(self, tuner: Tuner, question: Question) -> float:
        """Give how long the sliders must have rested before the volume's turn; where all of it is seen, it is first."""
        if self._took.get(self._moved, math.inf) > QUICK_SECONDS or not tuner.slicewise:
            return REST_SECONDS
        return SHORT_REST_SECONDS if question.z is not None else 0.0
