"""The Review dock: look, correct, accept or reject, next case."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qtpy.QtWidgets import QCheckBox, QComboBox, QLineEdit

from napari_wsss.widgets._brush_panel import BrushPanel
from napari_wsss.widgets._controls import button, heading, line, row, wrapped
from napari_wsss.widgets._decisions import accept, reject
from napari_wsss.widgets._dock import Dock
from napari_wsss.widgets._fold import Fold
from napari_wsss.widgets._keys import KEYS, accept_slice, bind_keys
from napari_wsss.widgets._mask_on_desk import ORIGINS
from napari_wsss.widgets._show_panel import ShowPanel

if TYPE_CHECKING:
    from napari import Viewer


class ReviewDock(Dock):
    """Fourth of the docks."""

    def __init__(self, napari_viewer: Viewer) -> None:
        super().__init__(napari_viewer)
        desk = self.desk
        self.case = line(tooltip="The case on the desk, its state, and how many are accepted")
        self.previous = button("‹ Previous", "Go to the case before (key: Shift+N)", lambda: desk.step_case(-1))
        self.next = button("Next ›", "Go to the next case (key: N)", lambda: desk.step_case(1))
        self.origin = QComboBox()
        self.origin.setToolTip(
            wrapped(
                "Which mask is shown and corrected. Corrections not accepted yet are set aside, to be chosen again."
            )
        )
        self.origin.activated.connect(self._choose)
        self.accept = button("Accept", "Keep this mask as your decision for the whole case (key: A)", self._accept)
        self.accept_slice = button(
            "Accept slice",
            "Keep this mask as your decision for the slice shown (key: Shift+A)",
            lambda: accept_slice(desk),
        )
        self.reject = button("Reject", "Mark this case's proposal as no use (key: R)", self._reject)
        self.reason = QLineEdit()
        self.reason.setPlaceholderText("Reason for rejecting (optional)")
        self.reason.setToolTip("Kept with a rejected case")
        self.move_on = QCheckBox("then go to the next case")
        self.move_on.setToolTip("After accepting or rejecting a whole case, open the next one")
        self.column.addWidget(self.case)
        self.column.addLayout(row(self.previous, self.next))
        self.column.addWidget(heading("Show"))
        self.column.addWidget(ShowPanel(desk))
        self.column.addWidget(self.origin)
        self.column.addWidget(heading("Correct"))
        self.column.addWidget(BrushPanel(desk))
        self.column.addWidget(heading("Decide"))
        self.column.addLayout(row(self.accept, self.accept_slice))
        self.column.addLayout(row(self.reject, self.reason))
        self.column.addWidget(self.move_on)
        keys = line("<br>".join(f"<b>{key.key}</b>  {key.words}" for key in KEYS), "Keys that work in the viewer")
        self.column.addWidget(Fold("Keys", keys, "Keys that do the same as the buttons"))
        self.column.addStretch()
        for signal in (
            desk.case_opened,
            desk.case_closed,
            desk.cases_changed,
            desk.mask.origin_changed,
            desk.project_changed,
        ):
            signal.connect(self._refresh)
        bind_keys(desk)
        self._refresh()

    def _accept(self) -> None:
        accept(self.desk, then=self._onward)

    def _reject(self) -> None:
        reject(self.desk, self.reason.text().strip(), then=self._onward)
        self.reason.clear()

    def _onward(self) -> None:
        if self.move_on.isChecked():
            self.desk.step_case(1)

    def _choose(self) -> None:
        origin = self.origin.currentData()
        if origin in ORIGINS and origin != self.desk.mask.origin:
            self.desk.mask.choose(origin)
            if origin == "proposal":
                self.desk.retune()

    def _refresh(self) -> None:
        desk = self.desk
        open_case = desk.loaded is not None and desk.session is not None
        for made in (self.previous, self.next, self.origin):
            made.setEnabled(open_case)
        for made in (self.accept, self.accept_slice, self.reject):
            made.setEnabled(open_case and desk.writable)
        self.accept_slice.setVisible(desk.layers is None or desk.layers.depth > 1)
        self.origin.clear()
        for origin in desk.mask.choices():
            self.origin.addItem(f"Mask: {ORIGINS[origin]}", origin)
        self.origin.setCurrentIndex(self.origin.findData(desk.mask.origin))
        self.case.setText(self._words())

    def _words(self) -> str:
        session, loaded = self.desk.session, self.desk.loaded
        if session is None or loaded is None:
            return "No case is open. Pick one in the Project dock."
        states = session.project.states()
        accepted = sum(state == "accepted" for state in states.values())
        return f"<b>{loaded.case_id}</b> · {states[loaded.case_id]}<br>{accepted} of {len(states)} accepted"
