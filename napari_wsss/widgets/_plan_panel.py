"""What some stages still need, and how long that takes on this machine."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from qtpy.QtWidgets import QLabel, QVBoxLayout, QWidget

from napari_wsss.widgets._controls import button, line
from napari_wsss.widgets._desk import Desk

if TYPE_CHECKING:
    from napari_wsss.pipeline.plan import PlannedStep

_STATES = {"valid": "✓ done", "missing": "to do", "stale": "out of date"}


class PlanPanel(QWidget):
    """Lists the steps of ``stages`` with their state; a button measures the time they will take."""

    def __init__(self, desk: Desk, stages: Sequence[str]) -> None:
        super().__init__()
        self._desk = desk
        self._stages = tuple(stages)
        self._seconds: dict[str, float] = {}
        self.words: QLabel = line(tooltip="What these steps still need")
        self.measure = button(
            "Estimate time",
            "Measure a small piece of each step on this machine, then say how long all of it takes",
            self._ask,
        )
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(3)
        column.addWidget(self.words)
        column.addWidget(self.measure)
        desk.way_changed.connect(self._refresh)
        desk.job_changed.connect(self._refresh)
        desk.recipe_changed.connect(self._forget)
        self._refresh()

    def _ask(self) -> None:
        session = self._desk.require_session()
        self._desk.start(session.estimate(list(self._stages)), "Estimate the time", self._on_estimate)

    def _on_estimate(self, planned: Sequence[PlannedStep]) -> None:
        self._seconds = {step.step: step.seconds for step in planned if step.seconds is not None}
        self._refresh()

    def _forget(self) -> None:
        self._seconds = {}
        self._refresh()

    def _refresh(self) -> None:
        steps = [step for step in self._desk.plan if step.stage in self._stages]
        open_steps = [step for step in steps if step.state != "valid"]
        self.words.setText("<br>".join(self._row(step) for step in steps) or "Nothing planned yet.")
        self.measure.setEnabled(self._desk.session is not None and self._desk.job is None and bool(open_steps))

    def _row(self, step: PlannedStep) -> str:
        if step.state == "valid":
            return f"{step.step}: {_STATES['valid']}"
        seconds = self._seconds.get(step.step)
        time = f" – {duration(seconds)}" if seconds is not None else ""
        return f"{step.step}: <b>{_STATES[step.state]}</b>{time}"


def duration(seconds: float) -> str:
    """Give a time in words: "about 40 s", "about 12 min", "about 3.5 h"."""
    if seconds < 90:
        return f"about {max(1, round(seconds))} s"
    if seconds < 5400:
        return f"about {round(seconds / 60)} min"
    return f"about {seconds / 3600:.1f} h"
