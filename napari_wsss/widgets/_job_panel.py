"""The running job: what it is, how far it is, and a button to stop it."""

from __future__ import annotations

from qtpy.QtWidgets import QProgressBar, QVBoxLayout, QWidget

from napari_wsss.progress import Progress
from napari_wsss.widgets._controls import button, line, row
from napari_wsss.widgets._desk import Desk


class JobPanel(QWidget):
    """Shows the desk's job; hidden while there is none."""

    def __init__(self, desk: Desk) -> None:
        super().__init__()
        self._desk = desk
        self.title = line(tooltip="What is being done")
        self.bar = QProgressBar()
        self.bar.setToolTip("How far it is")
        self.detail = line(tooltip="Where it is now, with its latest figures")
        self.stop = button(
            "Cancel", "Stop it. Everything finished so far is kept; training continues later.", self._stop
        )
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(3)
        column.addWidget(self.title)
        column.addLayout(row(self.bar, self.stop))
        column.addWidget(self.detail)
        desk.job_changed.connect(self._update)
        desk.job_heard.connect(self._hear)
        self._update()

    def _update(self) -> None:
        job = self._desk.job
        self.setVisible(job is not None)
        if job is not None:
            self.title.setText(job.title)
            self.bar.setRange(0, 0)
            self.detail.setText("starting …")
            self.stop.setEnabled(True)
            self.stop.setText("Cancel")

    def _hear(self, event: Progress) -> None:
        self.bar.setRange(0, event.total)
        self.bar.setValue(event.done)
        told = {name.replace("_", " "): value for name, value in event.values.items() if name != "epoch"}
        figures = ", ".join(f"{name} {value:.3g}" for name, value in told.items())
        words = " · ".join(part for part in (event.stage, event.message, figures) if part)
        self.detail.setText(words)

    def _stop(self) -> None:
        self.stop.setEnabled(False)
        self.stop.setText("Stopping …")
        self._desk.cancel()
