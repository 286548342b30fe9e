"""How long a stage of long work still takes, from what its events tell."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import pairwise
from statistics import median

from napari_wsss.progress import About, Event, Progress

_EPOCHS = 5
"""So many epochs back are looked at; the median keeps a pause or a busy minute from counting."""
_INTERVALS = 21
_AT_ONCE = 0.02
"""Units told of closer together than this, in seconds, were read from a file and say nothing about speed."""


@dataclass
class _Stage:
    """What is known about a stage: its figures, (epoch, seconds) at the ends of epochs, (done, clock) of all events."""

    name: str = ""
    left: int | None = None
    steps: int = 0
    speed: float = 0.0
    examples: float = 0.0
    epochs: deque[tuple[float, float]] = field(default_factory=lambda: deque(maxlen=_EPOCHS + 1))
    marks: deque[tuple[float, float]] = field(default_factory=lambda: deque(maxlen=_INTERVALS + 1))


class TimeLeft:
    """Listens to the events of one job; knows about the stage that is at work.

    A training tells its own times, so that the estimate is the same for a window that listens from the beginning and
    for one that was opened later and reads in a moment what went before. Other stages are timed by the clock.
    """

    def __init__(self) -> None:
        self._now = _Stage()

    @property
    def stage(self) -> str:
        """The stage at work; empty before the first event."""
        return self._now.name

    def hear(self, event: Event, now: float) -> None:
        """Take an event that arrived at ``now`` (seconds on any clock that does not jump)."""
        if not isinstance(event, Progress | About):
            return
        if event.stage != self._now.name:
            self._now = _Stage(event.stage)
        if isinstance(event, About):
            self._now.examples = _number(event.facts.get("examples", ""))
        else:
            self._count(event, now)

    def seconds(self) -> float | None:
        """Give the seconds until the stage is done; None while nobody can say."""
        if self._now.left is None:
            return None
        each = _seconds_per_step(self._now) if self._now.steps else _seconds_per_unit(self._now)
        return None if each is None else self._now.left * each

    def _count(self, event: Progress, now: float) -> None:
        here, values = self._now, event.values
        here.left = max(0, event.total - event.done) if event.total else None
        _append(here.marks, event.done, now)
        here.steps = int(values.get("steps", 0))
        here.speed = float(values.get("samples_per_second", here.speed))
        if "seconds" in values and "epoch" in values:
            _append(here.epochs, float(values["epoch"]), float(values["seconds"]))


def _append(marks: deque[tuple[float, float]], place: float, seconds: float) -> None:
    """Add a mark; what is told again, by a training that went on from its checkpoint, takes the place of itself."""
    while marks and marks[-1][0] > place:
        marks.pop()
    if not marks or marks[-1][0] < place:
        marks.append((place, seconds))


def _seconds_per_step(stage: _Stage) -> float | None:
    """Give the time of a step with its share of what an epoch takes beside its steps (validation, saving)."""
    from_start = stage.epochs and stage.epochs[0][0] == 1
    epochs = _each([(0.0, 0.0), *stage.epochs] if from_start else stage.epochs)
    if epochs:
        return median(epochs[-_EPOCHS:]) / stage.steps
    return stage.examples / stage.speed / stage.steps if stage.speed and stage.examples else None


def _seconds_per_unit(stage: _Stage) -> float | None:
    each = [seconds for seconds in _each(stage.marks) if seconds >= _AT_ONCE]
    return median(each) if each else None


def _each(marks: Iterable[tuple[float, float]]) -> list[float]:
    """Give the seconds a unit took between each two marks (unit, seconds)."""
    return [(after[1] - before[1]) / (after[0] - before[0]) for before, after in pairwise(marks)]


def _number(text: str) -> float:
    """Read a number as a badge shows it ("1,250"); 0 where it is none."""
    try:
        return float(text.replace(",", "").split()[0])
    except (ValueError, IndexError):
        return 0.0
