"""Live Dice: how well the mask shown agrees with the reference or the accepted mask, measured beside the window."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qtpy.QtCore import QTimer
from qtpy.QtWidgets import QLabel, QWidget

from napari_wsss.widgets._agreement import agreement
from napari_wsss.widgets._controls import wrapped
from napari_wsss.widgets._jobs import Job, work_of

if TYPE_CHECKING:
    from napari_wsss.widgets._desk import Desk
    from napari_wsss.widgets._loading import Loaded

DELAY_MS = 50
"""Dice is measured once the mask has rested so long."""


class ScoreLine(QLabel):
    """One line; hidden while there is nothing to compare with."""

    def __init__(self, desk: Desk, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._desk = desk
        self._job: Job | None = None
        self._measured: Loaded | None = None
        self.setWordWrap(True)
        self.setToolTip(wrapped("Dice: 1 is perfect agreement, 0 is none"))
        self.hide()
        self._soon = QTimer(self)
        self._soon.setSingleShot(True)
        self._soon.setInterval(DELAY_MS)
        self._soon.timeout.connect(self._measure)
        for signal in (desk.case_opened, desk.case_closed, desk.mask.changed, desk.live.settled):
            signal.connect(self._soon.start)
        desk.ending.connect(self._end)

    def _measure(self) -> None:
        """Measure in a thread; one measurement at a time, and the newest mask last."""
        desk = self._desk
        if self._job is not None:
            self._soon.start()
            return
        if desk.layers is None or desk.session is None or desk.loaded is None or desk.loaded.truth is None:
            self.hide()
            return
        self._measured, classes = desk.loaded, desk.session.project.labels.classes
        self._job = Job(work_of(agreement, desk.layers.mask.copy(), desk.loaded, classes), "live Dice")
        self._job.returned.connect(self._show)
        self._job.finished.connect(self._on_finished)
        self._job.start()

    def _show(self, words: str) -> None:
        if self._measured is self._desk.loaded:
            self.setText(f"{words} (so far)" if words and self._desk.live.busy else words)
            self.setVisible(bool(words))

    def _on_finished(self) -> None:
        self._job = None

    def _end(self) -> None:
        self._soon.stop()
        if self._job is not None:
            self._job.wait()
