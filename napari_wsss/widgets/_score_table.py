"""The evaluation as a table, headed and written as on the command line and in the report."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from qtpy.QtWidgets import QHeaderView, QTableWidget, QTableWidgetItem

from napari_wsss.report.columns import cell, column
from napari_wsss.report.content import Table
from napari_wsss.widgets._controls import wrapped

HEADER = 52
ROW = 31
"""Heights in logical pixels, the horizontal scroll bar counted with the header."""


class ScoreTable(QTableWidget):
    """One row a mask kind, one column a score."""

    def __init__(self, tooltip: str) -> None:
        super().__init__()
        self.setToolTip(tooltip)
        self.setEditTriggers(QTableWidget.EditTrigger.NoEditTriggers)
        self.verticalHeader().hide()
        self.hide()

    def fill(self, rows: Sequence[Mapping[str, Any]], columns: tuple[str, ...] = ()) -> None:
        """Show ``rows``: those of ``columns`` that any row has, in that order, or all; what is missing is a dash."""
        names = Table(rows, columns=columns).shown
        self.setColumnCount(len(names))
        self.setRowCount(len(rows))
        for place, name in enumerate(names):
            self._fill_column(place, name, [row.get(name) for row in rows])
        self.horizontalHeader().setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        self.setFixedHeight(HEADER + ROW * min(len(rows), 8))
        self.setVisible(bool(rows))

    def _fill_column(self, place: int, name: str, values: Sequence[Any]) -> None:
        heading = QTableWidgetItem(column(name).label)
        heading.setToolTip(wrapped(column(name).help))
        self.setHorizontalHeaderItem(place, heading)
        for index, value in enumerate(values):
            item = QTableWidgetItem(cell(name, value))
            item.setToolTip(f"{column(name).label}: {value}")
            self.setItem(index, place, item)
