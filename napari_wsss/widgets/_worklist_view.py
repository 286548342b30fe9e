"""The tables of the worklist: cases with thumbnails, slices of the case on the desk."""

from __future__ import annotations

from collections.abc import Callable

from qtpy.QtCore import QEvent, QModelIndex, QObject, Qt, QTimer, Signal
from qtpy.QtGui import QKeyEvent
from qtpy.QtWidgets import QAbstractItemView, QHeaderView, QMenu, QTableView

from napari_wsss.widgets._controls import wrapped
from napari_wsss.widgets._table import RowsModel

LOOK_MS = 60
"""While the table is scrolled, the rows that can be seen are told this often."""


class RowsView(QTableView):
    """A table of rows that are clicked to go there; Enter does the same.

    Args:
        model: the rows.
        tooltip: of the table.
        height: of a row, in logical pixels.
        hidden: columns not shown at first; a right click on the headings shows them.

    Signals:
        chosen: key of the row clicked.
        sort_wanted: column and whether the largest comes first; column None for the usual order.
        looked: keys of the rows that can be seen now.
    """

    chosen = Signal(object)
    sort_wanted = Signal(object, bool)
    looked = Signal(object)

    def __init__(self, model: RowsModel, tooltip: str, height: int, hidden: tuple[int, ...] = ()) -> None:
        super().__init__()
        self._rows, self._sorted, self._height = model, (-1, False), height
        self.setModel(model)
        self.setToolTip(wrapped(tooltip))
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setShowGrid(False)
        self.setWordWrap(False)
        self.setTextElideMode(Qt.TextElideMode.ElideMiddle)  # names of cases mostly begin alike
        self.setTabKeyNavigation(False)
        self.verticalHeader().hide()
        self.verticalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        self.verticalHeader().setDefaultSectionSize(height)
        self._make_header(hidden)
        self._soon = QTimer(self)
        self._soon.setSingleShot(True)
        self._soon.setInterval(LOOK_MS)
        self._soon.timeout.connect(self._look)
        self.clicked.connect(self._on_click)
        self.verticalScrollBar().valueChanged.connect(self._ask_look)
        model.modelReset.connect(self._ask_look)

    def _make_header(self, hidden: tuple[int, ...]) -> None:
        header = self.horizontalHeader()
        header.setSectionsClickable(True)
        header.setHighlightSections(False)
        header.setStretchLastSection(False)
        header.setToolTip(wrapped("Click to sort; click again to turn round, and once more for the order chosen above"))
        header.sectionClicked.connect(self._on_heading)
        header.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        header.customContextMenuRequested.connect(self._choose_columns)
        for column in hidden:
            self.setColumnHidden(column, True)

    def go_to(self, key: object) -> None:
        """Scroll to a row and let it be the present one; nothing is chosen by it."""
        self.mark(key)
        if (place := self._rows.place(key)) is not None:
            self.scrollTo(self._rows.index(place, 0))

    def mark(self, key: object) -> None:
        """Let a row be the present one without scrolling there."""
        place = self._rows.place(key)
        if place is None:
            self.clearSelection()
            return
        self.setAutoScroll(False)
        self.selectRow(place)
        self.setAutoScroll(True)

    def unsorted(self) -> None:
        """Take the mark of sorting off the headings."""
        self._sorted = (-1, False)
        self.horizontalHeader().setSortIndicatorShown(False)

    def keyPressEvent(self, event: QKeyEvent | None) -> None:  # noqa: N802
        """Enter goes to the row that the arrow keys have reached."""
        if event is not None and event.key() in {Qt.Key.Key_Return, Qt.Key.Key_Enter}:
            self._on_click(self.currentIndex())
            return
        super().keyPressEvent(event)

    def viewportEvent(self, event: QEvent | None) -> bool:  # noqa: N802
        """Other rows can be seen after a change of size."""
        if event is not None and event.type() in {QEvent.Type.Resize, QEvent.Type.Show}:
            self._ask_look()
        return bool(super().viewportEvent(event))

    def visible_keys(self) -> list[object]:
        """Give the keys of the rows that can be seen."""
        if not self.isVisible() or not self._rows.shown:
            return []
        first = max(0, self.rowAt(0))
        last = self.rowAt(self.viewport().height() - 1)
        return list(self._rows.shown[first : len(self._rows.shown) if last < 0 else last + 1])

    def _ask_look(self, _: object = None) -> None:
        if not self._soon.isActive():
            self._soon.start()

    def _look(self) -> None:
        self.looked.emit(self.visible_keys())

    def _on_click(self, index: QModelIndex) -> None:
        if index.isValid():
            self.chosen.emit(self._rows.shown[index.row()])

    def _on_heading(self, column: int) -> None:
        """First click: the way the column is mostly wanted; second: the other way; third: the usual order."""
        falling = self._rows.columns[column].falling
        if self._sorted == (column, not falling):
            self.unsorted()
            self.sort_wanted.emit(None, False)
            return
        falling = not falling if self._sorted == (column, falling) else falling
        self._sorted = (column, falling)
        order = Qt.SortOrder.DescendingOrder if falling else Qt.SortOrder.AscendingOrder
        self.horizontalHeader().setSortIndicatorShown(True)
        self.horizontalHeader().setSortIndicator(column, order)
        self.sort_wanted.emit(column, falling)

    def _choose_columns(self, where: object) -> None:
        menu = QMenu(self)
        for place, column in enumerate(self._rows.columns[1:], start=1):
            action = menu.addAction(column.title)
            action.setToolTip(wrapped(column.help))
            action.setCheckable(True)
            action.setChecked(not self.isColumnHidden(place))
            action.toggled.connect(_hider(self, place))
        menu.setToolTipsVisible(True)
        menu.popup(self.horizontalHeader().mapToGlobal(where))


def _hider(view: QObject, column: int) -> Callable[[bool], None]:
    def show(shown: bool) -> None:
        view.setColumnHidden(column, not shown)

    return show
