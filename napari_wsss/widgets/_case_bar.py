"""The case on the desk in two lines, next and previous, and which of its masks is shown."""

from __future__ import annotations

from html import escape

from qtpy.QtWidgets import QComboBox, QVBoxLayout, QWidget

from napari_wsss.widgets._controls import button, line, row, wrapped
from napari_wsss.widgets._desk import Desk
from napari_wsss.widgets._mask_on_desk import ORIGINS


class CaseBar(QWidget):
    """On top of the Review dock."""

    def __init__(self, desk: Desk) -> None:
        super().__init__()
        self._desk = desk
        self.case = line(tooltip="The case on the desk, its state, and how many are accepted")
        self.previous = button("‹ Previous", "Go to the case before (key: Shift+N)", lambda: desk.step_case(-1))
        self.next = button("Next ›", "Go to the next case (key: N)", lambda: desk.step_case(1))
        self.origin = QComboBox()
        self.origin.setToolTip(
            wrapped("Which mask is shown and corrected. Corrections not accepted yet are set aside, to be chosen again")
        )
        self.origin.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.origin.activated.connect(self._choose)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        column.addWidget(self.case)
        column.addLayout(row(self.previous, self.next))
        column.addWidget(self.origin)
        for signal in (desk.case_opened, desk.case_closed, desk.project_changed, desk.mask.origin_changed):
            signal.connect(self._refresh)
        desk.worklist.counted.connect(self._count_cases)
        self._refresh()

    def _choose(self) -> None:
        origin = self.origin.currentData()
        if origin in ORIGINS and origin != self._desk.mask.origin:
            self._desk.mask.choose(origin)
            if origin == "proposal":
                self._desk.retune()

    def _count_cases(self) -> None:
        words = self._words()
        if words != self.case.text():
            self.case.setText(words)

    def _refresh(self) -> None:
        desk, mask = self._desk, self._desk.mask
        there = desk.loaded is not None and desk.session is not None
        for made in (self.previous, self.next, self.origin):
            made.setEnabled(there)
        self.origin.clear()
        for origin in mask.choices():
            self.origin.addItem(f"Mask: {ORIGINS[origin]}", origin)
        self.origin.setCurrentIndex(self.origin.findData(mask.origin))
        self.case.setText(self._words())

    def _words(self) -> str:
        loaded = self._desk.loaded
        if loaded is None or self._desk.session is None:
            return "No case is open. Pick one in the Project dock."
        worklist, closed = self._desk.worklist, " · <b>read-only</b>" if not self._desk.writable else ""
        state = worklist.state(loaded.case_id)
        return f"<b>{escape(loaded.case_id)}</b> · {state}<br>{worklist.progress}{closed}"
