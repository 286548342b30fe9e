"""Deciding: accept the scan, a slice or some slices; reject; and what of the work is on the disk."""

from __future__ import annotations

from qtpy.QtWidgets import QCheckBox, QLineEdit, QVBoxLayout, QWidget

from napari_wsss.session.preferences import Preferences
from napari_wsss.widgets._controls import button, line, row, wrapped
from napari_wsss.widgets._deciding import accept_case, accept_range, accept_slice, picked_range, reject_case
from napari_wsss.widgets._desk import Desk
from napari_wsss.widgets._elsewhere import save_elsewhere
from napari_wsss.widgets._preferences import preferences_here
from napari_wsss.widgets._recover import may_discard


class DecidePanel(QWidget):
    """Buttons to accept and reject, and a line that says what is saved."""

    def __init__(self, desk: Desk) -> None:
        super().__init__()
        self._desk = desk
        self.accept = button(
            "Accept", "Keep this mask as your decision for the whole scan (key: A)", lambda: accept_case(desk)
        )
        self.slice = button(
            "Accept slice",
            "Keep this mask as your decision for the slice shown (key: Shift+A)",
            lambda: accept_slice(desk),
        )
        self.range = button(
            "Accept range",
            "Keep this mask as your decision for the slices picked; drag over the strip above the slider (key: Q)",
            lambda: accept_range(desk),
        )
        self.reject = button("Reject", "Mark this case's proposal as no use (key: R)", lambda: reject_case(desk))
        self.reason = QLineEdit()
        self.reason.setPlaceholderText("Reason for rejecting (optional)")
        self.reason.setToolTip(wrapped("Kept with a rejected case"))
        self.reason.textChanged.connect(self._on_reason)
        self.reason.returnPressed.connect(lambda: reject_case(desk))
        self.move_on = QCheckBox("then go to the next case")
        self.move_on.setToolTip(wrapped("After accepting or rejecting a whole scan, open the next case of the list"))
        self.move_on.setChecked(preferences_here().value.move_on)
        self.move_on.toggled.connect(lambda on: preferences_here().set(move_on=on))
        self.saved = line(tooltip="Corrections are kept on the disk while you work, until you accept or discard them")
        self.elsewhere = button(
            "Save mask elsewhere …",
            "Save the mask shown as a NIfTI file of your choice, for instance where the project's disk is full",
            lambda: save_elsewhere(desk, self),
        )
        self.discard = button(
            "Discard …", "Throw away your corrections of this mask, and show what they began with", self._discard
        )
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        column.addLayout(row(self.accept, self.slice, self.range))
        column.addLayout(row(self.reject, self.reason))
        column.addWidget(self.move_on)
        column.addWidget(self.saved)
        column.addLayout(row(self.elsewhere, self.discard))
        for signal in (desk.case_opened, desk.case_closed, desk.project_changed, desk.labelling.changed):
            signal.connect(self._refresh)
        for signal in (desk.autosave.changed, desk.mask.origin_changed):
            signal.connect(self._tell)
        for signal in (desk.case_opened, desk.case_closed):
            signal.connect(self.reason.clear)
        preferences_here().changed.connect(self._follow)
        self._refresh()

    def _follow(self, chosen: Preferences) -> None:
        self.move_on.setChecked(chosen.move_on)

    def _on_reason(self, text: str) -> None:
        self._desk.reason = text

    def _discard(self) -> None:
        loaded = self._desk.loaded
        if loaded is not None and may_discard(self, loaded.case_id):
            self._desk.mask.discard()

    def _refresh(self) -> None:
        desk, picked = self._desk, picked_range(self._desk)
        there = desk.loaded is not None and desk.session is not None
        for made in (self.accept, self.slice, self.reject, self.reason):
            made.setEnabled(there and desk.writable)
        self.range.setEnabled(there and desk.writable and picked is not None)
        self.range.setText("Accept range" if picked is None else f"Accept {picked[0]}-{picked[1]}")
        self.elsewhere.setEnabled(there)
        several = desk.layers is None or desk.layers.depth > 1
        self.slice.setVisible(several)
        self.range.setVisible(several)
        self._tell()

    def _tell(self) -> None:
        words = self._words()
        self.discard.setEnabled(self._desk.mask.corrections is not None)
        self.saved.setText(words)
        self.saved.setVisible(bool(words))

    def _words(self) -> str:
        desk = self._desk
        if desk.loaded is None or desk.mask.corrections is None:
            return ""
        if not desk.writable:
            return "<b>Read-only:</b> corrections stay in this window alone. Save them elsewhere."
        if desk.autosave.trouble:
            return f"<b>Not on the disk:</b> {desk.autosave.trouble}"
        if desk.autosave.last is None:
            return "Corrections kept on the disk."
        return f"Corrections kept on the disk, last at {desk.autosave.last:%H:%M:%S}."
