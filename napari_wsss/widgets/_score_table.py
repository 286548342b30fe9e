"""The evaluation as a table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from qtpy.QtWidgets import QHeaderView, QTableWidget, QTableWidgetItem

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

    def fill(self, rows: Sequence[Mapping[str, Any]]) -> None:
        """Show ``rows``; numbers get three digits, what is missing a dash."""
        names = list(dict.fromkeys(name for row in rows for name in row))
        self.setColumnCount(len(names))
        self.setRowCount(len(rows))
        self.setHorizontalHeaderLabels([name.replace("_", " ") for name in names])
        for index, row in enumerate(rows):
            for column, name in enumerate(names):
                item = QTableWidgetItem(shown(row.get(name)))
                item.setToolTip(f"{name.replace('_', ' ')}: {row.get(name)}")
                self.setItem(index, column, item)
        self.horizontalHeader().setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        self.setFixedHeight(HEADER + ROW * min(len(rows), 8))
        self.setVisible(bool(rows))


def shown(value: Any) -> str:  # noqa: ANN401
    """Give a table cell: three digits for a number, a dash for nothing."""
    if isinstance(value, float):
        return "–" if value != value else f"{value:.3f}"  # noqa: PLR0124 (a NaN differs from itself)
    return "–" if value is None else str(value)
