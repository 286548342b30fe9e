"""Correcting the mask: napari's tools, smart fill, effects, undo of all of them, and what they changed."""

from __future__ import annotations

from functools import partial

from qtpy.QtWidgets import QCheckBox, QComboBox, QGridLayout, QPushButton, QVBoxLayout, QWidget

from napari_wsss.widgets._brush_row import BrushRow
from napari_wsss.widgets._controls import button, line, row, wrapped
from napari_wsss.widgets._desk import Desk
from napari_wsss.widgets._difference_row import DifferenceRow
from napari_wsss.widgets._fold import Fold
from napari_wsss.widgets._keys_correct import copy_slice, fill_between, restore_slice
from napari_wsss.widgets._operation_panel import OperationPanel
from napari_wsss.widgets._smart_fill import SmartFillForm

SMART = "smart"
_TOOLS = {
    "pan_zoom": ("Move", "Move and zoom the picture; nothing is painted (key: Z)"),
    "paint": (
        "Paint",
        "Paint lesion into the mask (key: P). A right click, then going round a lesion back to the start, fills it",
    ),
    "erase": ("Erase", "Erase from the mask (key: E)"),
    "fill": ("Fill", "Fill a region of one colour (key: F)"),
    "polygon": ("Polygon", "Click the corners of a region; a double click fills it, the right button takes one back"),
    SMART: ("Smart fill", "Click into a lesion: all that looks alike is filled; with Alt, taken away (key: G)"),
}


class CorrectPanel(QWidget):
    """Tools, brush size, class painted, undo and redo, quick steps, difference and effects."""

    def __init__(self, desk: Desk) -> None:
        super().__init__()
        self._desk = desk
        self.tools: dict[str, QPushButton] = {}
        tools = QGridLayout()
        tools.setSpacing(4)
        for place, (mode, (text, tip)) in enumerate(_TOOLS.items()):
            self.tools[mode] = button(text, tip, partial(self._choose, mode))
            self.tools[mode].setCheckable(True)
            tools.addWidget(self.tools[mode], place // 3, place % 3)
        self.brush = BrushRow(desk)
        self.smart = SmartFillForm(desk)
        self.label = QComboBox()
        self.label.setAccessibleName("Class")
        self.label.setToolTip(
            wrapped("The class that brush and effects work on; other classes are left alone by effects")
        )
        self.label.activated.connect(self._set_label)
        self.keep_others = QCheckBox("keep others")
        self.keep_others.setToolTip(wrapped("The brush does not paint over other classes"))
        self.keep_others.toggled.connect(self._set_keep)
        self.undo = button("Undo", "", desk.edits.undo)
        self.redo = button("Redo", "", desk.edits.redo)
        self.last = line(tooltip="The last edit; all edits can be taken back, those of effects too")
        copy = "Take the mask over from the slice {} this one"
        self.previous = button(
            "‹ Copy", copy.format("before") + " (key: Shift+C)", lambda: copy_slice(desk, "previous")
        )
        self.next = button("Copy ›", copy.format("after") + " (key: Alt+C)", lambda: copy_slice(desk, "next"))
        self.between = button(
            "Fill between",
            "Fill between slices: the empty slices between painted ones, in the whole scan (key: T)",
            lambda: fill_between(desk),
        )
        self.restore = button(
            "Restore", "Bring the proposal back in this slice (key: Shift+R)", lambda: restore_slice(desk)
        )
        self.effects = OperationPanel(desk)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        column.addLayout(tools)
        column.addWidget(self.smart)
        column.addWidget(self.brush)
        column.addLayout(row(self.label, self.keep_others))
        column.addLayout(row(self.undo, self.redo))
        column.addWidget(self.last)
        column.addLayout(row(self.previous, self.next))
        column.addLayout(row(self.between, self.restore))
        column.addWidget(DifferenceRow(desk))
        column.addWidget(Fold("Effects", self.effects, "Change the whole mask, or part of it, at one go"))
        for signal in (desk.case_opened, desk.case_closed):
            signal.connect(self._on_case)
        desk.edits.changed.connect(self._show_history)
        desk.clicks.changed.connect(self._follow)
        self._on_case()

    def _on_case(self) -> None:
        layers = self._desk.layers if self._desk.loaded is not None else None
        self.setEnabled(layers is not None)
        self._show_history()
        several = layers is not None and len(layers.classes) > 1
        self.label.setVisible(several)
        self.keep_others.setVisible(several)
        if layers is None:
            return
        for made in (self.previous, self.next, self.between):
            made.setVisible(layers.depth > 1)
        for event in (layers.mask_layer.events.mode, layers.mask_layer.events.selected_label):
            event.connect(self._follow)
        layers.mask_layer.preserve_labels = self.keep_others.isChecked()
        self.label.clear()
        self.label.addItems([f"work on {name}" for name in layers.classes])
        self._follow()

    def _follow(self) -> None:
        """Show what napari's layer is set to, whoever set it."""
        layers = self._desk.layers
        if layers is None:
            return
        mode = SMART if self._desk.clicks.on else str(layers.mask_layer.mode)
        for name, made in self.tools.items():
            made.setChecked(name == mode)
        self.smart.setVisible(mode == SMART)
        self.brush.setVisible(mode != SMART)
        self.label.setCurrentIndex(max(int(layers.mask_layer.selected_label) - 1, 0))

    def _choose(self, mode: str) -> None:
        layers = self._desk.layers
        if layers is None:
            return
        if mode == SMART:
            self.smart.start()
        else:
            self._desk.clicks.stop()
            if mode == "polygon":
                self.brush.ball.setChecked(False)
            self._desk.viewer.layers.selection.active = layers.mask_layer
            layers.mask_layer.mode = mode
        self._follow()

    def _set_label(self, index: int) -> None:
        if self._desk.layers is not None:
            self._desk.layers.mask_layer.selected_label = index + 1

    def _set_keep(self, keep: bool) -> None:
        if self._desk.layers is not None:
            self._desk.layers.mask_layer.preserve_labels = keep

    def _show_history(self) -> None:
        """Offer only what can be taken back or made again, by its name."""
        done, undone = self._desk.edits.names if self._desk.loaded is not None else (None, None)
        self.undo.setEnabled(done is not None)
        self.redo.setEnabled(undone is not None)
        self.undo.setToolTip(wrapped(f"Take back: {done} (key: Ctrl+Z)" if done else "There is nothing to take back"))
        self.redo.setToolTip(
            wrapped(f"Make again: {undone} (key: Ctrl+Shift+Z)" if undone else "There is nothing to make again")
        )
        self.last.setText(f"Last edit: {done}" if done else "No edits yet")
