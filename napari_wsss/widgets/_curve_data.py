"""The figures of one training, sorted into curves over its epochs. Knows no window."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from napari_wsss.progress import Progress

MOST = 4000
"""As soon as a curve has so many points, each two neighbours become one, their mean."""
_ABOUT = frozenset(
    {"epoch", "epochs", "step", "steps", "lr", "seconds", "samples_per_second", "memory_gib", "best_epoch"}
)
"""Figures that say where the training is and how fast: no curves."""


@dataclass
class Curve:
    """A figure over epochs; a long one is kept as means of so many points that follow each other.

    Attributes:
        points: (epoch, value); epoch 2.5 is the middle of the third.
        latest: the last value as it was told; None before there is one.
    """

    points: list[tuple[float, float]] = field(default_factory=list)
    latest: float | None = None
    _each: int = 1
    _in_last: int = 0

    def add(self, place: float, value: float) -> None:
        """Add a point; a training that went on from its checkpoint tells some places again, which replaces them."""
        while self.points and self.points[-1][0] >= place:
            self.points.pop()
            self._in_last = self._each
        self.latest = float(value)
        if self.points and self._in_last < self._each:
            self.points[-1] = _mean(self.points[-1], (place, self.latest), self._in_last)
            self._in_last += 1
            return
        if len(self.points) == MOST:
            self.points = [_mean(first, second) for first, second in zip(*[iter(self.points)] * 2, strict=True)]
            self._each *= 2
        self.points.append((place, self.latest))
        self._in_last = 1


@dataclass
class CurveData:
    """Curves of the training that is heard.

    Attributes:
        stage: of which training.
        steps: loss of each step.
        loss: mean training loss of each epoch.
        rate: learning rate.
        losses: name → losses on the validation patients.
        scores: name → scores, such as Dice or the area under the curve; higher is better.
        best: the best epoch so far, 0 before there is one.
    """

    stage: str = ""
    steps: Curve = field(default_factory=Curve)
    loss: Curve = field(default_factory=Curve)
    rate: Curve = field(default_factory=Curve)
    losses: dict[str, Curve] = field(default_factory=dict)
    scores: dict[str, Curve] = field(default_factory=dict)
    best: int = 0

    def hear(self, event: Progress) -> bool:
        """Take the figures of an event of this training; gives whether there were any."""
        values = event.values
        if "loss" not in values or not values.get("steps"):
            return False
        place = event.done / values["steps"]
        if "seconds" in values:
            self._close_epoch(place, values)
        else:
            self.steps.add(place, values["loss"])
            self.rate.add(place, values["lr"])
        return True

    def _close_epoch(self, place: float, values: Mapping[str, float]) -> None:
        self.loss.add(place, values["loss"])
        self.best = int(values.get("best_epoch", 0))
        for name in values.keys() - _ABOUT - {"loss"}:
            curves = self.losses if "loss" in name else self.scores
            curves.setdefault(name, Curve()).add(place, values[name])


def _mean(one: tuple[float, float], other: tuple[float, float], weight: int = 1) -> tuple[float, float]:
    """Give the mean of two points; the first stands for ``weight`` of them."""
    return (one[0] * weight + other[0]) / (weight + 1), (one[1] * weight + other[1]) / (weight + 1)
