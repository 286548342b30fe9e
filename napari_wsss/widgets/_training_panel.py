"""The training that runs, or that ran last: how far, how long still, on what, its curves and its picture."""

from __future__ import annotations

from collections.abc import Sequence
from time import monotonic

from qtpy.QtWidgets import QProgressBar, QVBoxLayout, QWidget
from superqt import QElidingLabel

from napari_wsss.progress import About, Event, Picture, Progress
from napari_wsss.session.time_left import TimeLeft
from napari_wsss.widgets._badge import Badge
from napari_wsss.widgets._controls import heading, wrapped
from napari_wsss.widgets._curves import Curves
from napari_wsss.widgets._desk import Desk
from napari_wsss.widgets._picture import PictureView
from napari_wsss.widgets._plan_panel import duration

_PICTURE = (
    "A slice of a validation patient: the scan, the mask it should find, the mask it finds, and where they differ"
)
_STEP = "Step %v of %m"


class TrainingPanel(QWidget):
    """Filled from a run's events alone, so it looks the same in a window that was opened later.

    Hidden until a step of ``stages`` trains. Every part has its size from the beginning.

    Attributes:
        epochs: bar of the epochs.
        steps: bar of the steps of this epoch.
        left: how long it still takes, or how it ended.
        badge: device, precision, speed, memory.
        curves: losses, scores, learning rate.
        picture: the newest picture.
    """

    def __init__(self, desk: Desk, stages: Sequence[str]) -> None:
        super().__init__()
        self._desk, self._stages = desk, frozenset(stages)
        self._time = TimeLeft()
        self._last: Progress | None = None
        self._fresh = True
        self.title = heading("Training")
        self.epochs = _bar("Epoch %v of %m", "How often it has gone through all examples")
        self.steps = _bar(_STEP, "How far it is in this epoch; a step learns from one batch of examples")
        self.left = QElidingLabel()
        self.left.setToolTip(wrapped("How long this stage still takes, judged by its last epochs"))
        self.badge, self.curves = Badge(), Curves(desk)
        self.picture = PictureView(_PICTURE, "A picture comes after the first epoch.")
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(3)
        for part in (self.title, self.epochs, self.steps, self.left, self.badge, self.picture, self.curves):
            column.addWidget(part)
        desk.run_heard.connect(self.hear)
        desk.run_changed.connect(self._on_run)
        desk.project_changed.connect(self.clear)
        desk.recipe_changed.connect(self._on_recipe)
        self.clear()

    def hear(self, event: Event) -> None:
        """Take an event of the run."""
        if not isinstance(event, Progress | About | Picture) or not self._ours(event.stage):
            return
        self._time.hear(event, monotonic())
        if isinstance(event, About):
            self.badge.about(event)
        elif isinstance(event, Picture):
            self.picture.show_file(event.path, event.caption)
        elif event.values.get("epochs"):
            self._count(event)
        elif self._last is not None:
            self.left.setText(f"{event.stage}: {event.done} of {event.total}{self._time_left(' · ')}")

    def clear(self) -> None:
        """Forget the training."""
        self._time, self._last = TimeLeft(), None
        self.badge.clear()
        self.curves.clear()
        self.picture.clear()
        for bar in (self.epochs, self.steps):
            bar.setRange(0, 1)
            bar.reset()
        self.left.setText(" ")
        self.hide()

    def _count(self, event: Progress) -> None:
        """Take the figures of a training; one that does not go on from a checkpoint begins with empty curves."""
        values = event.values
        if self._last is None or self._last.stage != event.stage or (self._fresh and event.done <= 1):
            self.curves.clear()
            self.picture.clear()
            self.title.setText(f"Training: {event.stage}")
        self._last, self._fresh = event, False
        self.epochs.setRange(0, int(values["epochs"]))
        self.epochs.setValue(int(values["epoch"]))
        self.steps.setRange(0, int(values["steps"]))
        self.steps.setValue(int(values["step"]))
        self.steps.setFormat("Validation" if event.message == "validation" else _STEP)
        self.badge.hear(event)
        self.curves.hear(event)
        self.left.setText(self._time_left() or "measuring how long it takes …")
        self.show()

    def _time_left(self, before: str = "") -> str:
        seconds = self._time.seconds()
        return "" if seconds is None else f"{before}{duration(seconds)} left"

    def _on_run(self) -> None:
        """Begin to measure anew, or say how a training ended."""
        if self._desk.running.job is not None:
            self._time, self._fresh = TimeLeft(), True
        elif self._last is not None and not self._fresh:
            self.left.setText(self._ending(self._last))

    def _ending(self, last: Progress) -> str:
        best = f"; epoch {self.curves.data.best} was the best" if self.curves.data.best else ""
        if last.done >= last.total:
            return f"Trained{best}."
        return f"Ended in epoch {int(last.values['epoch'])} of {int(last.values['epochs'])}{best}."

    def _on_recipe(self) -> None:
        """Put away a training that the recipe does not have."""
        if self.curves.data.stage and not self._ours(self.curves.data.stage):
            self.clear()

    def _ours(self, stage: str) -> bool:
        session = self._desk.session
        step = session.recipe.steps.get(stage) if session is not None else None
        return step is not None and step.stage in self._stages


def _bar(words: str, tooltip: str) -> QProgressBar:
    made = QProgressBar()
    made.setFormat(words)
    made.setToolTip(wrapped(tooltip))
    return made
