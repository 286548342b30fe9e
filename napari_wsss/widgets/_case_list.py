"""The list of cases: name, set and state; click one to open it."""

from __future__ import annotations

from qtpy.QtCore import Qt
from qtpy.QtWidgets import QAbstractItemView, QHeaderView, QLineEdit, QTreeWidget, QTreeWidgetItem, QVBoxLayout, QWidget

from napari_wsss.widgets._desk import Desk

_MARKS = {"accepted": "✓ accepted", "rejected": "✗ rejected", "proposed": "proposed", "labelled": "labelled"}


class CaseList(QWidget):
    """Cases of the project. The one on the desk is selected."""

    def __init__(self, desk: Desk) -> None:
        super().__init__()
        self._desk = desk
        self.search = QLineEdit()
        self.search.setPlaceholderText("Search cases")
        self.search.setToolTip("Show only cases whose name, set or state contains this")
        self.search.setClearButtonEnabled(True)
        self.search.textChanged.connect(self._filter)
        self.tree = QTreeWidget()
        self.tree.setHeaderLabels(["Case", "Set", "State"])
        self.tree.setRootIsDecorated(False)
        self.tree.setUniformRowHeights(True)
        self.tree.setMinimumHeight(150)
        self.tree.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.tree.setToolTip("Click a case to open it")
        header = self.tree.header()
        header.setStretchLastSection(False)
        header.setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        for column in (1, 2):
            header.setSectionResizeMode(column, QHeaderView.ResizeMode.ResizeToContents)
        self.tree.itemClicked.connect(self._on_click)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(3)
        column.addWidget(self.search)
        column.addWidget(self.tree)
        desk.project_changed.connect(self._fill)
        for signal in (desk.cases_changed, desk.labels_changed):
            signal.connect(self._refresh)
        desk.case_opened.connect(self._select)
        self._fill()

    def states(self) -> dict[str, str]:
        """Give case id → state as listed."""
        return {item.text(0): item.data(2, Qt.ItemDataRole.UserRole) for item in self._items()}

    def _items(self) -> list[QTreeWidgetItem]:
        return [self.tree.topLevelItem(index) for index in range(self.tree.topLevelItemCount())]

    def _fill(self) -> None:
        self.tree.clear()
        session = self._desk.session
        if session is None:
            return
        for case_id, case in session.project.cases.items():
            item = QTreeWidgetItem([case_id, case.subset or "–", ""])
            item.setToolTip(0, case_id)
            self.tree.addTopLevelItem(item)
        self._refresh()
        self._select()

    def _refresh(self) -> None:
        session = self._desk.session
        if session is None:
            return
        states = session.project.states()
        for item in self._items():
            state = states.get(item.text(0), "")
            item.setText(2, _MARKS.get(state, "–"))
            item.setData(2, Qt.ItemDataRole.UserRole, state)
        self._filter()

    def _select(self) -> None:
        if self._desk.loaded is None:
            return
        for item in self._items():
            if item.text(0) == self._desk.loaded.case_id:
                self.tree.setCurrentItem(item)

    def _filter(self) -> None:
        wanted = self.search.text().lower()
        for item in self._items():
            item.setHidden(not any(wanted in item.text(column).lower() for column in range(3)))

    def _on_click(self, item: QTreeWidgetItem) -> None:
        loaded = self._desk.loaded
        if loaded is None or loaded.case_id != item.text(0):
            self._desk.show_case(item.text(0))
