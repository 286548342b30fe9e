"""The table of lesions: narrow columns first, the rest by scrolling; a click goes to the lesion."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from qtpy.QtCore import QAbstractTableModel, QModelIndex, Qt, Signal
from qtpy.QtWidgets import QTableView

from napari_wsss.edit.figure_rows import columns_of
from napari_wsss.report.columns import cell, column
from napari_wsss.widgets._controls import wrapped

_ORDER = ("lesion", "class", "ml", "diameter_mm")
"""What is seen first in a dock; the others follow."""
_LINES = 8
"""Rows seen at once; columns are as wide as these need."""
_RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
_NO_INDEX = QModelIndex()


class NumbersModel(QAbstractTableModel):
    """Rows of figures; a cell is written when it is seen, so that thousands of lesions cost no more than eight."""

    def __init__(self) -> None:
        super().__init__()
        self.rows: Sequence[dict[str, Any]] = ()
        self.names: list[str] = []

    def fill(self, rows: Sequence[dict[str, Any]]) -> None:
        """Show rows as :func:`napari_wsss.edit.figure_rows.figure_rows` gives them."""
        self.beginResetModel()
        one_class = len({row["class"] for row in rows}) < 2
        every = columns_of(rows)
        names = dict.fromkeys((*(name for name in _ORDER if name in every), *every))
        self.names = [name for name in names if not (one_class and name == "class")]
        self.rows = rows
        self.endResetModel()

    def rowCount(self, parent: QModelIndex = _NO_INDEX) -> int:  # noqa: N802 (Qt's spelling)
        """Give the number of rows."""
        return 0 if parent.isValid() else len(self.rows)

    def columnCount(self, parent: QModelIndex = _NO_INDEX) -> int:  # noqa: N802 (Qt's spelling)
        """Give the number of columns."""
        return 0 if parent.isValid() else len(self.names)

    def data(self, index: QModelIndex, role: int = Qt.ItemDataRole.DisplayRole) -> Any:  # noqa: ANN401 (Qt's values)
        """Give what a cell shows."""
        name = self.names[index.column()]
        value = self.rows[index.row()].get(name)
        if role == Qt.ItemDataRole.DisplayRole:
            return cell(name, value)
        if role == Qt.ItemDataRole.ToolTipRole:
            return f"{column(name).label}: {cell(name, value)}"
        return _RIGHT if role == Qt.ItemDataRole.TextAlignmentRole and isinstance(value, int | float) else None

    def headerData(  # noqa: N802 (Qt's spelling)
        self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole
    ) -> Any:  # noqa: ANN401 (Qt's values)
        """Give the heading of a column."""
        if orientation != Qt.Orientation.Horizontal:
            return None
        words = column(self.names[section])
        texts = {Qt.ItemDataRole.DisplayRole: words.label, Qt.ItemDataRole.ToolTipRole: wrapped(words.help)}
        return texts.get(Qt.ItemDataRole(role))


class NumbersTable(QTableView):
    """One row a lesion, one column a figure.

    Attributes:
        content: what it shows.

    Signals:
        chosen: the number of a row, clicked or gone to with the arrow keys.
    """

    chosen = Signal(int)

    def __init__(self) -> None:
        super().__init__()
        self.content = NumbersModel()
        self.setModel(self.content)
        self.setToolTip(
            wrapped("One row a lesion, the largest first, after one for all of the class. Click a row to go there.")
        )
        self.setAccessibleName("Numbers of the lesions")
        self.setSelectionBehavior(QTableView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QTableView.SelectionMode.SingleSelection)
        self.setTabKeyNavigation(False)  # Tab goes on to the next control
        self.verticalHeader().hide()
        self.horizontalHeader().setResizeContentsPrecision(_LINES)
        self.selectionModel().currentRowChanged.connect(lambda now, _: self._go(now))
        self.clicked.connect(self._go)
        self._filling = False
        self.hide()

    def fill(self, rows: Sequence[dict[str, Any]]) -> None:
        """Show rows; the place in the table is kept."""
        here, self._filling = self.currentIndex().row(), True
        self.content.fill(rows)
        self.resizeColumnsToContents()
        self.setVisible(bool(rows))
        self.setFixedHeight(self._height(min(len(rows), _LINES)))
        if 0 <= here < len(rows):
            self.selectRow(here)
        self._filling = False

    def _height(self, lines: int) -> int:
        row = self.verticalHeader().defaultSectionSize()
        bar, head = self.horizontalScrollBar().sizeHint().height(), self.horizontalHeader().sizeHint().height()
        return int(head + row * lines + bar + 2 * self.frameWidth())

    def _go(self, index: QModelIndex) -> None:
        if not self._filling and index.isValid():
            self.chosen.emit(index.row())
