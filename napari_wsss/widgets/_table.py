"""A table whose rows are plain objects: columns declared once, order decided outside, drawn from memory alone."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from qtpy.QtCore import QAbstractTableModel, QModelIndex, QObject, Qt
from qtpy.QtGui import QFont

from napari_wsss.widgets._controls import wrapped

_NOWHERE = QModelIndex()
Role = Qt.ItemDataRole


@dataclass(frozen=True)
class Column:
    """A column.

    Attributes:
        title: heading.
        help: what the figure is, in plain words.
        value: row → what it is sorted by; None where there is nothing, which comes last.
        words: row → what is shown.
        falling: the first click on the heading puts the largest on top.
        number: aligned to the right.
    """

    title: str
    help: str
    value: Callable[[Any], Any]
    words: Callable[[Any], str]
    falling: bool = False
    number: bool = False


def by_column(rows: Iterable[Any], column: Column, *, falling: bool) -> list[Any]:
    """Sort rows by a column; ties keep their order, and what has no value comes last."""
    rows = list(rows)
    known = [row for row in rows if column.value(row) is not None]
    return sorted(known, key=column.value, reverse=falling) + [row for row in rows if column.value(row) is None]


class RowsModel(QAbstractTableModel):
    """Rows by key, in an order given from outside. Nothing is read or computed while the table is drawn.

    Args:
        columns: the columns.
        tip: row → tooltip of all its cells.
        parent: the owner.

    Attributes:
        shown: keys of the rows shown, from top to bottom.
        here: key of the row that stands out; None for none.
        rows: key → row.
        pictures: key → what is drawn beside the first cell.
        blank: the same for rows that have no picture.
    """

    def __init__(self, columns: Sequence[Column], tip: Callable[[Any], str], parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.columns = tuple(columns)
        self.shown: list[Hashable] = []
        self.here: Hashable | None = None
        self.rows: Mapping[Any, Any] = {}
        self.pictures: Mapping[Any, Any] = {}
        self.blank: Any = None
        self._tip = tip
        self._places: dict[Hashable, int] = {}
        self._bold = QFont()
        self._bold.setBold(True)
        self._givers: dict[int, Callable[[Any, int], Any]] = {
            Role.DisplayRole: self._words,
            Role.DecorationRole: self._picture,
            Role.ToolTipRole: self._tooltip,
            Role.FontRole: self._font,
            Role.TextAlignmentRole: self._alignment,
        }

    def rowCount(self, parent: QModelIndex = _NOWHERE) -> int:  # noqa: N802
        """Give how many rows are shown."""
        return 0 if parent.isValid() else len(self.shown)

    def columnCount(self, parent: QModelIndex = _NOWHERE) -> int:  # noqa: N802
        """Give how many columns there are."""
        return 0 if parent.isValid() else len(self.columns)

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Role.DisplayRole) -> Any:  # noqa: N802, ANN401
        """Give heading and tooltip of a column."""
        if orientation != Qt.Orientation.Horizontal or not 0 <= section < len(self.columns):
            return None
        if role == Role.DisplayRole:
            return self.columns[section].title
        return wrapped(self.columns[section].help) if role == Role.ToolTipRole else None

    def data(self, index: QModelIndex, role: int = Role.DisplayRole) -> Any:  # noqa: ANN401
        """Give what is shown in a cell."""
        if not index.isValid() or index.row() >= len(self.shown):
            return None
        give = self._givers.get(role)
        return give(self.shown[index.row()], index.column()) if give is not None else None

    def _words(self, key: Hashable, column: int) -> str:
        return self.columns[column].words(self.rows[key])

    def _picture(self, key: Hashable, column: int) -> Any:  # noqa: ANN401
        return self.pictures.get(key, self.blank) if column == 0 else None

    def _tooltip(self, key: Hashable, _: int) -> str:
        return wrapped(self._tip(self.rows[key]))

    def _font(self, key: Hashable, _: int) -> QFont | None:
        return self._bold if key == self.here else None

    def _alignment(self, _: Hashable, column: int) -> Any:  # noqa: ANN401
        right = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        return right if self.columns[column].number else None

    def arrange(self, keys: Sequence[Hashable]) -> None:
        """Show these rows in this order."""
        if list(keys) == self.shown:
            return
        self.beginResetModel()
        self.shown = list(keys)
        self._places = {key: place for place, key in enumerate(self.shown)}
        self.endResetModel()

    def place(self, key: Hashable | None) -> int | None:
        """Give the place of a row; None where it is not shown."""
        return None if key is None else self._places.get(key)

    def tell(self, keys: Iterable[Hashable]) -> None:
        """Draw rows anew."""
        for place in sorted(self._places[key] for key in keys if key in self._places):
            self.dataChanged.emit(self.index(place, 0), self.index(place, len(self.columns) - 1))

    def stand_out(self, key: Hashable | None) -> None:
        """Let one row stand out."""
        before, self.here = self.here, key
        self.tell({place for place in (before, key) if place is not None})
