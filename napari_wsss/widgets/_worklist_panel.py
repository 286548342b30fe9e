"""The worklist in the Project dock: progress, order, filters, the cases and the slices of the one on the desk."""

from __future__ import annotations

from qtpy.QtCore import QSignalBlocker, QSize
from qtpy.QtWidgets import QComboBox, QLineEdit, QProgressBar, QSizePolicy, QSpinBox, QTabWidget, QVBoxLayout, QWidget

from napari_wsss.session.worklist import Order
from napari_wsss.widgets._arrangement import TO_DO, UNKNOWN_LABEL
from napari_wsss.widgets._controls import line, row, wrapped
from napari_wsss.widgets._desk import Desk
from napari_wsss.widgets._slice_list import SliceList
from napari_wsss.widgets._worklist_view import RowsView

ROW = 42
WIDTHS = (138, 88, 48, 42, 46, 54, 46, 42, 42)
"""Of the columns at first, in logical pixels."""
LABEL, WIDEST_LABEL = 2, 92
"""Column of the labels: as wide as the longest name of a class in bold, up to so many logical pixels."""
ORDERS: dict[Order, tuple[str, str]] = {
    "list": ("in list order", "As the cases are listed"),
    "uncertainty": ("most unsure first", "Where the map is least clear: by its mean entropy"),
    "disagreement": ("models apart first", "Where two models differ most: their maps, or proposal and segmenter"),
    "gain": ("most to gain first", "Where correcting is expected to change most, learnt from the accepted cases"),
    "random": ("at random", "A random order; the number beside it gives the same order again"),
}
STATES = ("", TO_DO, "unlabelled", "labelled", "proposed", "in progress", "accepted", "rejected")


class WorklistPanel(QWidget):
    """Cases of the project. The one on the desk stands out."""

    def __init__(self, desk: Desk) -> None:
        super().__init__()
        self._desk, self._list = desk, desk.worklist
        self.progress = QProgressBar()
        self.progress.setToolTip(wrapped("How many cases you have accepted"))
        self.order = _box([(words, order) for order, (words, _) in ORDERS.items()])
        self.order.setToolTip(
            wrapped("The order of the cases, also for Next and Previous.<br>" + "<br>".join(
                f"<b>{words}</b>: {tip}" for words, tip in ORDERS.values()
            ))
        )  # fmt: skip
        self.seed = QSpinBox()
        self.seed.setRange(0, 9999)
        self.seed.setToolTip(wrapped("The same number gives the same random order"))
        self.search = QLineEdit()
        self.search.setPlaceholderText("Search cases")
        self.search.setToolTip(wrapped("Show only cases whose name, set, state or label contains this"))
        self.search.setClearButtonEnabled(True)
        self.state = _box([(state or "any state", state) for state in STATES])
        self.state.setToolTip(wrapped("Show only cases in this state. To do: not accepted or rejected yet"))
        self.subset, self.label = _box([("any set", "")]), _box([("any label", "")])
        self.subset.setToolTip(wrapped("Show only cases of this set"))
        self.label.setToolTip(wrapped("Show only cases of which this is known"))
        self.note = line(tooltip="What there is to say on the order of the cases")
        self.table = RowsView(self._list.model, "Click a case to open it", ROW)
        self.table.setIconSize(QSize(ROW - 2, ROW - 2))
        for column, width in enumerate(WIDTHS):
            self.table.setColumnWidth(column, width)
        self.slices = SliceList(desk)
        self.tabs = QTabWidget()
        self.tabs.addTab(self.table, "Cases")
        self.tabs.addTab(self.slices, "Slices")
        self.tabs.setTabToolTip(0, wrapped("The cases of the project"))
        self.tabs.setTabToolTip(1, wrapped("The slices of the case on the desk"))
        self.tabs.setMinimumHeight(190)
        self._lay_out()
        self._connect()
        self._on_project()

    def _lay_out(self) -> None:
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(3)
        column.addWidget(self.progress)
        column.addLayout(row(self.order, self.seed, self.search))
        column.addLayout(row(self.state, self.label, self.subset))
        column.addWidget(self.note)
        column.addWidget(self.tabs, 1)

    def _connect(self) -> None:
        worklist = self._list
        self.search.textChanged.connect(lambda text: worklist.arrange(text=text.strip()))
        self.order.currentIndexChanged.connect(self._on_order)
        self.seed.valueChanged.connect(lambda seed: worklist.arrange(seed=seed))
        self.state.currentIndexChanged.connect(lambda _: worklist.arrange(state=self.state.currentData()))
        self.subset.currentIndexChanged.connect(lambda _: worklist.arrange(subset=self.subset.currentData() or ""))
        self.label.currentIndexChanged.connect(lambda _: worklist.arrange(label=self.label.currentData() or ""))
        self.table.chosen.connect(self._open)
        self.table.sort_wanted.connect(lambda column, falling: worklist.arrange(column=column, falling=falling))
        self.table.looked.connect(worklist.look)
        worklist.changed.connect(self._on_changed)
        worklist.counted.connect(self._count)
        self._desk.project_changed.connect(self._on_project)
        self._desk.labels_changed.connect(self._fill_labels)
        self._desk.case_opened.connect(self._select)

    def _on_project(self) -> None:
        session = self._desk.session
        subsets = sorted({case.subset for case in session.project.cases.values() if case.subset}) if session else []
        _refill(self.subset, [("any set", ""), *((name, name) for name in subsets)])
        self.subset.setVisible(bool(subsets))
        for box in (self.state, self.subset):
            _choose(box, "")
        blocker = QSignalBlocker(self.search)
        self.search.clear()
        del blocker
        self.table.unsorted()
        self._fill_labels()
        _choose(self.label, "")
        self.seed.setVisible(self._list.arrangement.order == "random")
        self._count()
        self._select()

    def _fill_labels(self) -> None:
        session = self._desk.session
        classes = session.project.labels.classes if session is not None else ()
        words = [*classes, *(f"no {name}" for name in classes), UNKNOWN_LABEL]
        _refill(self.label, [("any label", ""), *((name, name) for name in words)])
        widest = max((self.table.fontMetrics().horizontalAdvance(name) for name in classes), default=0)
        self.table.setColumnWidth(LABEL, min(max(WIDTHS[LABEL], round(1.2 * widest) + 12), WIDEST_LABEL))

    def _on_order(self) -> None:
        order = self.order.currentData()
        self.seed.setVisible(order == "random")
        self.table.unsorted()
        self._list.arrange(order=order, column=None)
        self.table.scrollToTop()

    def _on_changed(self) -> None:
        """Rows changed places: what the person looks at stays where it is."""
        loaded = self._desk.loaded
        self.table.mark(loaded.case_id if loaded is not None else None)

    def _count(self) -> None:
        total = len(self._list.rows)
        accepted = sum(row.state == "accepted" for row in self._list.rows.values())
        self.progress.setMaximum(max(1, total))
        self.progress.setValue(accepted)
        self.progress.setFormat(self._list.progress)
        hidden = total - len(self._list.model.shown)
        words = [f"{hidden} of {total} cases are hidden by the filters."] if hidden else []
        words += [text for text in (self._list.note, self._list.reading) if text]
        self.note.setText(" ".join(words))
        self.note.setVisible(bool(words))

    def _select(self) -> None:
        loaded = self._desk.loaded
        self.table.go_to(loaded.case_id if loaded is not None else None)

    def _open(self, case_id: str) -> None:
        loaded = self._desk.loaded
        if loaded is None or loaded.case_id != case_id:
            self._desk.show_case(case_id)


def _box(choices: list[tuple[str, str]]) -> QComboBox:
    made = QComboBox()
    made.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
    made.setMinimumContentsLength(3)
    made.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
    for words, value in choices:
        made.addItem(words, value)
    return made


def _refill(box: QComboBox, choices: list[tuple[str, str]]) -> None:
    """Offer other choices; what was chosen stays chosen where it is still there."""
    before = box.currentData()
    blocker = QSignalBlocker(box)
    box.clear()
    for words, value in choices:
        box.addItem(words, value)
    box.setCurrentIndex(max(0, box.findData(before)))
    del blocker


def _choose(box: QComboBox, value: str) -> None:
    blocker = QSignalBlocker(box)
    box.setCurrentIndex(max(0, box.findData(value)))
    del blocker
