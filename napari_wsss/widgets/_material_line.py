"""What the segmenter would learn from if it were trained now, and what is missing: counted beside the window."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qtpy.QtCore import QTimer, Signal
from qtpy.QtGui import QShowEvent
from qtpy.QtWidgets import QVBoxLayout, QWidget

from napari_wsss.widgets._controls import line
from napari_wsss.widgets._desk import Desk
from napari_wsss.widgets._jobs import Job, work_of

if TYPE_CHECKING:
    from napari_wsss.session import Session
    from napari_wsss.session.material import Material

DELAY_MS = 200
"""Changes that follow each other this closely are one."""
_LINES = 3


class MaterialLine(QWidget):
    """Says it in a few words, in a place of constant height.

    Attributes:
        words: the line.
        material: what was counted; None before, and where nothing can be trained.

    Signals:
        counted: ``material`` is new.
    """

    counted = Signal()

    def __init__(self, desk: Desk) -> None:
        super().__init__()
        self._desk = desk
        self._job: Job | None = None
        self.material: Material | None = None
        self.words = line(
            tooltip="The masks the segmenter would learn from if it were trained now, and who validates it"
        )
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self.words)
        self._soon = QTimer(self)
        self._soon.setSingleShot(True)
        self._soon.setInterval(DELAY_MS)
        self._soon.timeout.connect(self._count)
        for signal in (desk.way_changed, desk.recipe_changed):  # the way, which comes late, tells of labels and masks
            signal.connect(self._soon.start)
        desk.project_changed.connect(self._forget)
        desk.ending.connect(self._end)

    def showEvent(self, event: QShowEvent) -> None:  # noqa: N802 (Qt's name)
        """Now the theme's font is known: leave room for all lines, so that nothing below it moves."""
        super().showEvent(event)
        self.words.setMinimumHeight(_LINES * self.words.fontMetrics().lineSpacing())

    def _forget(self) -> None:
        self.material = None
        self.words.setText("counting what there is to learn from …" if self._desk.session is not None else "")
        self.counted.emit()

    def _count(self) -> None:
        session = self._desk.session
        if session is None:
            return
        if self._job is not None:
            self._soon.start()
            return
        self._job = Job(work_of(_counted, session), "count masks")
        self._job.returned.connect(self._show)
        self._job.errored.connect(self._on_error)
        self._job.finished.connect(self._on_finished)
        self._job.start()

    def _show(self, found: tuple[Session, Material]) -> None:
        session, material = found
        if session is not self._desk.session:
            return
        self.material = material
        self.words.setText(f"{material.sentence} <b>{material.missing}</b>" if material.missing else material.sentence)
        self.counted.emit()

    def _on_error(self, error: Exception) -> None:
        """A recipe without a segmenter, or a mask that cannot be read: said here, where it matters."""
        self.material = None
        self.words.setText(str(error))
        self.counted.emit()

    def _on_finished(self) -> None:
        self._job = None

    def _end(self) -> None:
        self._soon.stop()
        if self._job is not None:
            self._job.cancel()
            self._job.wait()


def _counted(session: Session) -> tuple[Session, Material]:
    return session, session.material()
