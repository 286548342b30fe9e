"""What runs: the run and the job beside it, how far they are, and buttons to let a run wait, to stop and to go on."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from qtpy.QtWidgets import QProgressBar, QPushButton, QVBoxLayout, QWidget

from napari_wsss.progress import Event, Progress
from napari_wsss.widgets._controls import button, line, row
from napari_wsss.widgets._desk import Desk
from napari_wsss.widgets._long_work import LongWork

_ENDS = {"stopped": "was stopped", "died": "ended unexpectedly"}


class JobLines(QWidget):
    """Shows what is in a slot; hidden while that is empty.

    Args:
        work: the slot.
        tooltip: of the button that stops it.
        cancel: stops it.
    """

    def __init__(self, work: LongWork, tooltip: str, cancel: Callable[[], None]) -> None:
        super().__init__()
        self._work, self._cancel = work, cancel
        self.title = line(tooltip="What is being done")
        self.bar = QProgressBar()
        self.bar.setToolTip("How far it is")
        self.detail = line(tooltip="Where it is now, with its latest figures")
        self.stop = button("Cancel", tooltip, self._stop)
        self._fill()
        work.changed.connect(self._begin)
        work.heard.connect(self._hear)
        self._begin()

    def _fill(self) -> None:
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(3)
        column.addWidget(self.title)
        column.addLayout(row(self.bar, *self._buttons()))
        column.addWidget(self.detail)

    def _buttons(self) -> list[QPushButton]:
        return [self.stop]

    def refresh(self) -> None:
        """Show what is in the slot now."""
        job = self._work.job
        self.setVisible(job is not None)
        if job is not None:
            self.title.setText(job.title)
        self.stop.setEnabled(job is not None and self.stop.text() == "Cancel")

    def _begin(self) -> None:
        self.bar.setRange(0, 0)
        self.detail.setText("starting …")
        self.stop.setText("Cancel")
        self.refresh()

    def _hear(self, event: Event) -> None:
        if not isinstance(event, Progress):
            return
        self.bar.setRange(0, event.total)
        self.bar.setValue(event.done)
        told = {} if "epochs" in event.values else event.values  # the figures of a training have a panel of their own
        figures = ", ".join(f"{name.replace('_', ' ')} {value:.3g}" for name, value in told.items())
        words = " · ".join(part for part in (event.stage, event.message, figures) if part)
        self.detail.setText(words)

    def _stop(self) -> None:
        self.stop.setText("Stopping …")
        self.refresh()
        self._cancel()


class RunLines(JobLines):
    """Shows the run under way, or the one that could be gone on with.

    Args:
        desk: whose run.
        stages: offers to go on with runs that have one of these.
    """

    def __init__(self, desk: Desk, stages: Sequence[str]) -> None:
        self._desk, self._running, self._stages = desk, desk.running, frozenset(stages)
        self.wait = button("Pause", "Let it wait; it keeps its memory and goes on where it is.", self._wait)
        self.resume = button(
            "Continue", "Go on from where it was; what was finished is not done again.", self._running.resume
        )
        words = "Stop it. Everything finished so far is kept; training continues later."
        super().__init__(self._running.work, words, self._running.cancel)
        self._running.changed.connect(self.refresh)

    def _fill(self) -> None:
        super()._fill()
        self.layout().addWidget(self.resume)

    def _buttons(self) -> list[QPushButton]:
        return [self.wait, self.stop]

    def refresh(self) -> None:
        """Offer what can be done with the run, or with the one that did not come to its end."""
        super().refresh()
        job, running = self._work.job, self._running
        run = running.unfinished
        left = run if run is not None and self._stages & set(run.job.stages) else None
        self.setVisible(job is not None or left is not None)
        for widget in (self.bar, self.wait, self.stop, self.detail):
            widget.setVisible(job is not None)
        # A window that may only look on stops nothing that another one began.
        self.stop.setEnabled(self.stop.isEnabled() and self._desk.writable)
        self.wait.setEnabled(self.stop.isEnabled())
        self.wait.setText("Go on" if running.paused else "Pause")
        self.resume.setVisible(job is None)
        if job is not None:
            self.title.setText(f"{job.title} – paused" if running.paused else job.title)
        elif left is not None:
            self.title.setText(f"'{left.title}' {_ENDS[left.state]}.")

    def _wait(self) -> None:
        if self._running.paused:
            self._running.go_on()
        else:
            self._running.pause()


class JobPanel(QWidget):
    """Shows the desk's run and, below it, the job that goes on beside it; hidden while there is neither.

    Args:
        desk: whose.
        stages: offers to go on with runs that have one of these.

    Attributes:
        desk: the desk.
        run: lines of the run.
        job: lines of the job.
    """

    def __init__(self, desk: Desk, stages: Sequence[str] = ()) -> None:
        super().__init__()
        self.desk = desk
        self.run = RunLines(desk, stages)
        self.job = JobLines(desk.work, "Stop it. Everything finished so far is kept.", desk.cancel)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(6)
        column.addWidget(self.run)
        column.addWidget(self.job)
        for signal in (desk.work.changed, desk.running.work.changed, desk.running.changed):  # heard after the lines
            signal.connect(self._refresh)
        self._refresh()

    def _refresh(self) -> None:
        self.setVisible(not (self.run.isHidden() and self.job.isHidden()))
