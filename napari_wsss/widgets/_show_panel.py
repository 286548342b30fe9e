"""Switches for what is shown: map, mask, outline, and whose map."""

from __future__ import annotations

from qtpy.QtCore import QSignalBlocker
from qtpy.QtWidgets import QCheckBox, QComboBox, QVBoxLayout, QWidget

from napari_wsss.widgets._controls import row, wrapped
from napari_wsss.widgets._desk import Desk


class ShowPanel(QWidget):
    """Map, mask and outline on or off; with several classes, the class whose map is shown."""

    def __init__(self, desk: Desk) -> None:
        super().__init__()
        self._desk = desk
        self.map = self._box("Map", "Show the heat map: where the classifier sees the lesion (key: H)")
        self.mask = self._box("Mask", "Show the mask (key: K)")
        self.outline = self._box("Outline", "Draw the border of the mask instead of filling it (key: U)")
        self.classes = QComboBox()
        self.classes.setToolTip("The class whose map is shown")
        self.classes.activated.connect(desk.show_class)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addLayout(row(self.map, self.mask, self.outline))
        column.addWidget(self.classes)
        desk.case_opened.connect(self._on_case)
        desk.case_closed.connect(self._on_case)
        self._on_case()

    def _box(self, text: str, tooltip: str) -> QCheckBox:
        made = QCheckBox(text)
        made.setToolTip(wrapped(tooltip))
        made.toggled.connect(self._apply)
        return made

    def _on_case(self) -> None:
        layers = self._desk.layers
        self.setEnabled(layers is not None)
        if layers is None:
            self.classes.hide()
            return
        layers.map_layer.events.visible.connect(self._follow)
        layers.mask_layer.events.visible.connect(self._follow)
        layers.mask_layer.events.contour.connect(self._follow)
        self.classes.clear()
        self.classes.addItems([f"map of {name}" for name in layers.classes])
        self.classes.setCurrentIndex(min(self._desk.shown_class, len(layers.classes) - 1))
        self.classes.setVisible(len(layers.classes) > 1)
        if self.outline.isChecked():
            layers.mask_layer.contour = 1
        self._follow()

    def _apply(self) -> None:
        layers = self._desk.layers
        if layers is not None:
            layers.map_layer.visible = self.map.isChecked()
            layers.mask_layer.visible = self.mask.isChecked()
            layers.mask_layer.contour = 1 if self.outline.isChecked() else 0

    def _follow(self) -> None:
        """Show what the layers are, whoever changed them."""
        layers = self._desk.layers
        if layers is None:
            return
        shown = {
            self.map: layers.map_layer.visible,
            self.mask: layers.mask_layer.visible,
            self.outline: layers.mask_layer.contour > 0,
        }
        for box, value in shown.items():
            blocker = QSignalBlocker(box)
            box.setChecked(value)
            blocker.unblock()
