"""The slices of the case on the desk in a table: label, state, area, Dice; a click goes there."""

from __future__ import annotations

from typing import Any

from qtpy.QtCore import QTimer
from qtpy.QtGui import QShowEvent
from qtpy.QtWidgets import QVBoxLayout, QWidget

from napari_wsss.data.reference import in_classes
from napari_wsss.session.slice_figures import SliceRow, slice_rows
from napari_wsss.widgets._desk import Desk
from napari_wsss.widgets._jobs import Job, work_of
from napari_wsss.widgets._notify import tell_error
from napari_wsss.widgets._table import Column, RowsModel, by_column
from napari_wsss.widgets._worklist_columns import figure
from napari_wsss.widgets._worklist_view import RowsView

ROW = 22
SOON_MS = 200
"""After a stroke, the figures follow this much later."""
_STATES = {"accepted": "✓ accepted", "marked": "marked", "empty": "–"}
COLUMNS: tuple[Column, ...] = (
    Column("Slice", "Number of the slice, as in label tables", lambda r: r.z, lambda r: str(r.z), number=True),
    Column("Label", "What is known of the slice", lambda r: r.labels or None, lambda r: r.labels or "–"),
    Column(
        "State",
        "Whether you accepted the slice, and whether anything is marked in it",
        lambda r: ("empty", "marked", "accepted").index(r.state),
        lambda r: _STATES[r.state],
    ),
    Column(
        "mm²",
        "Area of what is marked in the slice",
        lambda r: r.area_mm2,
        lambda r: figure(r.area_mm2, 0) if r.area_mm2 else "–",
        falling=True,
        number=True,
    ),
    Column(
        "ml",
        "Volume of what is marked in the slice, in millilitres",
        lambda r: r.volume_ml,
        lambda r: figure(r.volume_ml, 2) if r.volume_ml else "–",
        falling=True,
        number=True,
    ),
    Column(
        "Dice",
        "How well the slice fits the reference mask, 0 to 1; a dash where neither marks anything",
        lambda r: r.dice,
        lambda r: figure(r.dice, 2),
        number=True,
    ),
    Column(
        "Unsure",
        "How unsure the segmenter is of the slice: mean entropy of its probabilities in bits, times 1000",
        lambda r: r.unsure,
        lambda r: figure(None if r.unsure is None else 1000 * r.unsure, 1),
        falling=True,
        number=True,
    ),
)
WIDTHS = (40, 74, 72, 46, 40, 42, 48)
UNSURE = len(COLUMNS) - 1
"""This column is seen where the segmenter has segmented the scan."""


class SliceList(QWidget):
    """Follows the mask and the labels while it can be seen; figures are computed in the background."""

    def __init__(self, desk: Desk) -> None:
        super().__init__()
        self._desk = desk
        self._column: tuple[int, bool] | None = None
        self._job: Job | None = None
        self.model = RowsModel(COLUMNS, _row_words, self)
        self.table = RowsView(self.model, "Click a slice to go there", ROW)
        for place, width in enumerate(WIDTHS):
            self.table.setColumnWidth(place, width)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self.table)
        self._soon = QTimer(self)
        self._soon.setSingleShot(True)
        self._soon.setInterval(SOON_MS)
        self._soon.timeout.connect(self._compute)
        self.table.chosen.connect(self._go_to)
        self.table.sort_wanted.connect(self._sort)
        for signal in (desk.case_opened, desk.mask.changed, desk.labels_changed, desk.cases_changed):
            signal.connect(self._ask)
        desk.case_closed.connect(self._clear)
        desk.slice_changed.connect(self._stand_out)
        desk.ending.connect(self._close)

    def showEvent(self, event: QShowEvent | None) -> None:  # noqa: N802
        """What was missed while it was hidden is made up for."""
        super().showEvent(event)
        self._ask()

    def _ask(self) -> None:
        if self.isVisible() and not self._soon.isActive():
            self._soon.start()

    def _compute(self) -> None:
        session, loaded, layers = self._desk.session, self._desk.loaded, self._desk.layers
        if session is None or loaded is None or layers is None or not self.isVisible():
            return
        if self._job is not None:
            self._soon.start()
            return
        labels, geometry = session.project.labels, loaded.volume.geometry
        _, height, width = geometry.spacing
        arguments = (
            layers.mask.copy(),
            loaded.accepted_slices,
            labels.slice_labels(loaded.case_id),
            labels.classes,
            (geometry.voxel_volume / (height * width), height, width),  # along the normal: a gantry may tilt
        )
        whole = labels.volume_labels(loaded.case_id)

        def figures() -> tuple[str, list[SliceRow]]:
            reference = in_classes(loaded.reference, whole) if loaded.reference is not None else None
            return loaded.case_id, slice_rows(*arguments, reference, session.unsure_slices(loaded.case_id))

        self._job = Job(work_of(figures), "slices")
        self._job.returned.connect(self._on_rows)
        self._job.errored.connect(tell_error)
        self._job.finished.connect(self._on_finished)
        self._job.start()

    def _on_rows(self, found: tuple[str, list[SliceRow]]) -> None:
        case_id, rows = found
        if self._desk.loaded is None or self._desk.loaded.case_id != case_id:
            return
        self.model.rows = {row.z: row for row in rows}
        self.table.setColumnHidden(UNSURE, all(row.unsure is None for row in rows))
        self._arrange()
        self.model.tell(self.model.rows)
        self._stand_out()

    def _on_finished(self) -> None:
        self._job = None

    def _arrange(self) -> None:
        rows: list[Any] = list(self.model.rows.values())
        if self._column is not None:
            rows = by_column(rows, COLUMNS[self._column[0]], falling=self._column[1])
        self.model.arrange([row.z for row in rows])

    def _sort(self, column: int | None, falling: bool) -> None:
        self._column = None if column is None else (column, falling)
        self._arrange()
        self._stand_out()

    def _stand_out(self, _: int | None = None) -> None:
        layers = self._desk.layers
        if layers is not None and self.isVisible():
            self.model.stand_out(layers.slice_index)
            self.table.go_to(layers.slice_index)

    def _go_to(self, z: int) -> None:
        if self._desk.layers is not None:
            self._desk.layers.go_to(z)

    def _clear(self) -> None:
        self.model.arrange([])

    def _close(self) -> None:
        self._soon.stop()
        if self._job is not None:
            self._job.wait()


def _row_words(row: SliceRow) -> str:
    facts = [f"<b>Slice {row.z}</b>: {row.state}", f"Label: {row.labels or 'not known'}"]
    facts += [f"{row.area_mm2:.1f} mm², {row.volume_ml:.3f} ml"] if row.area_mm2 else []
    facts += [f"Dice against the reference: {row.dice:.3f}"] if row.dice is not None else []
    facts += [f"Uncertainty of the segmenter: {row.unsure:.4f} bit"] if row.unsure is not None else []
    return "<br>".join(facts)
