"""The brush: napari's own paint, erase, fill and undo, within reach of the decision buttons."""

from __future__ import annotations

from functools import partial

from qtpy.QtCore import Qt
from qtpy.QtWidgets import QComboBox, QPushButton, QSlider, QVBoxLayout, QWidget

from napari_wsss.widgets._controls import button, line, row
from napari_wsss.widgets._desk import Desk

_MODES = {
    "pan_zoom": ("Move", "Move and zoom the picture; nothing is painted (key: 6)"),
    "paint": ("Paint", "Paint lesion into the mask (key: 2; size: [ and ])"),
    "erase": ("Erase", "Erase from the mask (key: 1)"),
    "fill": ("Fill", "Fill a region (key: 4)"),
}


class BrushPanel(QWidget):
    """Modes of the mask layer, brush size, class painted, undo and redo."""

    def __init__(self, desk: Desk) -> None:
        super().__init__()
        self._desk = desk
        self.modes: dict[str, QPushButton] = {}
        for mode, (text, tip) in _MODES.items():
            self.modes[mode] = button(text, tip, partial(self._set_mode, mode))
            self.modes[mode].setCheckable(True)
        self.size = QSlider(Qt.Orientation.Horizontal)
        self.size.setRange(1, 60)
        self.size.setToolTip("Size of brush and eraser in voxels")
        self.size.valueChanged.connect(self._set_size)
        self.label = QComboBox()
        self.label.setToolTip("The class that the brush paints")
        self.label.activated.connect(self._set_label)
        self.undo = button("Undo", "Take the last stroke back (Ctrl+Z)", self._undo)
        self.redo = button("Redo", "Do the stroke again that was taken back (Ctrl+Shift+Z)", self._redo)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        column.addLayout(row(*self.modes.values()))
        column.addLayout(row(line("Size"), self.size, self.undo, self.redo))
        column.addWidget(self.label)
        desk.case_opened.connect(self._on_case)
        desk.case_closed.connect(self._on_case)
        self._on_case()

    def _on_case(self) -> None:
        layers = self._desk.layers
        self.setEnabled(layers is not None)
        if layers is None:
            return
        layers.mask_layer.events.mode.connect(self._follow)
        layers.mask_layer.events.brush_size.connect(self._follow)
        self.label.clear()
        self.label.addItems([f"paint {name}" for name in layers.classes])
        self.label.setVisible(len(layers.classes) > 1)
        self._follow()

    def _follow(self) -> None:
        layers = self._desk.layers
        if layers is None:
            return
        for mode, made in self.modes.items():
            made.setChecked(str(layers.mask_layer.mode) == mode)
        self.size.setValue(int(layers.mask_layer.brush_size))

    def _set_mode(self, mode: str) -> None:
        layers = self._desk.layers
        if layers is not None:
            self._desk.viewer.layers.selection.active = layers.mask_layer
            layers.mask_layer.mode = mode
            self._follow()

    def _set_size(self, size: int) -> None:
        if self._desk.layers is not None:
            self._desk.layers.mask_layer.brush_size = size

    def _set_label(self, index: int) -> None:
        if self._desk.layers is not None:
            self._desk.layers.mask_layer.selected_label = index + 1

    def _undo(self) -> None:
        if self._desk.layers is not None:
            self._desk.layers.mask_layer.undo()

    def _redo(self) -> None:
        if self._desk.layers is not None:
            self._desk.layers.mask_layer.redo()
