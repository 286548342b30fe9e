"""The numbers of the mask on the desk: a row a lesion, measured beside the window, following every stroke."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from qtpy.QtCore import QTimer
from qtpy.QtGui import QHideEvent, QShowEvent
from qtpy.QtWidgets import QFileDialog, QVBoxLayout, QWidget

from napari_wsss.data.tables import csv_text
from napari_wsss.edit.figure_rows import columns_of, figure_rows
from napari_wsss.edit.statistics import Figures, measure
from napari_wsss.files import write_text
from napari_wsss.notice import NOT_FOR_DIAGNOSIS
from napari_wsss.progress import Work
from napari_wsss.types import LabelMap
from napari_wsss.widgets._controls import button, line
from napari_wsss.widgets._desk import Desk
from napari_wsss.widgets._jobs import Job, work_of
from napari_wsss.widgets._loading import Loaded
from napari_wsss.widgets._notify import tell, tell_error
from napari_wsss.widgets._numbers_table import NumbersTable

DELAY_MS = 200
"""The mask is measured once it has rested so long."""


@dataclass(frozen=True, eq=False)
class Measured:
    """Figures of a mask, and the case they are of."""

    loaded: Loaded
    figures: Sequence[Figures]
    rows: list[dict[str, Any]]


class NumbersPanel(QWidget):
    """Table of the lesions of the mask shown; it measures only while it can be seen.

    Attributes:
        table: the rows.
        summary: how many lesions and how much, in one line.
        measured: what the table shows; None while nothing was measured.
    """

    def __init__(self, desk: Desk) -> None:
        super().__init__()
        self._desk = desk
        self._job: Job | None = None
        self._again = False
        self.measured: Measured | None = None
        self.summary = line(tooltip="Lesions (connected parts) of the mask shown, and their volume together")
        self.table = NumbersTable()
        self.table.chosen.connect(self._go)
        self.save = button("Save table …", f"Write these figures to a CSV file. {NOT_FOR_DIAGNOSIS}", self._save)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        for part in (self.summary, self.table, self.save):
            column.addWidget(part)
        self._soon = QTimer(self)
        self._soon.setSingleShot(True)
        self._soon.setInterval(DELAY_MS)
        self._soon.timeout.connect(self._measure)
        for signal in (desk.case_opened, desk.case_closed, desk.mask.changed):
            signal.connect(self._stir)
        desk.ending.connect(self._end)
        self._show(None)

    def showEvent(self, event: QShowEvent) -> None:  # noqa: N802 (Qt's spelling)
        """Measure what is shown now."""
        super().showEvent(event)
        self._stir()

    def hideEvent(self, event: QHideEvent) -> None:  # noqa: N802 (Qt's spelling)
        """Stop measuring what nobody sees."""
        super().hideEvent(event)
        self._soon.stop()
        if self._job is not None:
            self._job.cancel()

    def _stir(self) -> None:
        """The mask is another one: measure it soon; what is being measured counts no more."""
        if self._job is not None:
            self._job.cancel()
        self.save.setEnabled(False)  # the figures are those of the mask before
        if self.isVisible():
            self._soon.start()

    def _measure(self) -> None:
        desk = self._desk
        if self._job is not None:
            self._again = True
            return
        if desk.layers is None or desk.loaded is None or desk.session is None:
            self._show(None)
            return
        classes = desk.session.project.labels.classes
        self._job = Job(_measured(desk.layers.mask.copy(), desk.loaded, classes), "numbers")
        self._job.returned.connect(self._show)
        self._job.errored.connect(tell_error)
        self._job.finished.connect(self._on_finished)
        self._job.start()

    def _on_finished(self) -> None:
        self._job = None
        if self._again:
            self._again = False
            self._stir()

    def _show(self, measured: Measured | None) -> None:
        if measured is not None and measured.loaded is not self._desk.loaded:
            return
        self.measured = measured
        self.table.fill([] if measured is None else measured.rows)
        self.summary.setText(_words(measured))
        self.save.setEnabled(measured is not None)

    def _go(self, row: int) -> None:
        """Go to the lesion of a row."""
        if self.measured is None or self._desk.layers is None:
            return
        place = self.measured.figures[row].place
        if place is not None:
            self._desk.layers.point = place

    def _save(self) -> None:
        measured, session = self.measured, self._desk.require_session()
        if measured is None:
            return
        from napari_wsss.session.names import Names

        name = Names(session.project).case(measured.loaded.case_id)
        path, _ = QFileDialog.getSaveFileName(self, "File for the table", f"{name}-numbers.csv", "CSV (*.csv)")
        if path:
            rows = [{"case": name, **row} for row in measured.rows]
            work = work_of(write_text, Path(path), csv_text(columns_of(rows), rows))
            self._desk.write(work, "Save the numbers", lambda _: tell(f"{path} written. {NOT_FOR_DIAGNOSIS}"))

    def _end(self) -> None:
        self._soon.stop()
        self._again = False
        if self._job is not None:
            self._job.cancel()
            self._job.wait()


def _measured(mask: LabelMap, loaded: Loaded, classes: Sequence[str]) -> Work[Measured]:
    """Measure a mask; in a thread. Raises InputError if it does not fit the scan."""
    figures = yield from measure(mask, loaded.volume.geometry, len(classes), loaded.volume)
    return Measured(loaded, figures, figure_rows(figures, classes, loaded.volume.channels))


def _words(measured: Measured | None) -> str:
    if measured is None:
        return "No mask is measured yet."
    lesions = sum(figures.lesion is not None for figures in measured.figures)
    volume = sum(figures.volume for figures in measured.figures if figures.lesion is None) / 1000
    return f"<b>{lesions}</b> {'lesion' if lesions == 1 else 'lesions'}, <b>{volume:.2f}</b> ml together"
