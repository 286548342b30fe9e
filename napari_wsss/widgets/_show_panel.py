"""Controls for what is shown over the scan: map and mask, how strongly, filled or as an outline."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from qtpy.QtCore import QSignalBlocker, Qt
from qtpy.QtWidgets import QCheckBox, QComboBox, QSlider, QSpinBox, QVBoxLayout, QWidget

from napari_wsss.widgets._case_layers import CaseLayers
from napari_wsss.widgets._controls import row, wrapped
from napari_wsss.widgets._desk import Desk

THICKEST = 10
"""Pixels of the widest outline."""


class ShowPanel(QWidget):
    """Map and mask on or off and how strongly; the mask filled or as an outline; with several classes, whose map."""

    def __init__(self, desk: Desk) -> None:
        super().__init__()
        self._desk = desk
        self._layers: CaseLayers | None = None
        self.map = self._box("Map", "Show the heat map: where the classifier sees the lesion (key: H)")
        self.map_opacity = self._slider("How strongly the heat map covers the scan", self._fade_map)
        self.mask = self._box("Mask", "Show the mask (key: K)")
        self.mask_opacity = self._slider("How strongly the mask covers the scan", self._fade_mask)
        self.outline = self._box("Outline", "Draw the border of the mask instead of filling it (key: U)")
        self.outline.setMinimumWidth(80)  # the list beside it would squeeze it
        self.width_ = QSpinBox()
        self.width_.setRange(1, THICKEST)
        self.width_.setSuffix(" px")
        self.width_.setMaximumWidth(92)
        self.width_.setAccessibleName("Width of the outline")
        self.width_.setToolTip(wrapped("Width of the outline, in voxels of the slice"))
        self.width_.valueChanged.connect(self._apply)
        self.classes = QComboBox()
        self.classes.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.classes.setMinimumContentsLength(6)
        self.classes.setToolTip(wrapped("The class whose map is shown"))
        self.classes.activated.connect(desk.show_class)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        column.addLayout(row(self.map, self.map_opacity))
        column.addLayout(row(self.mask, self.mask_opacity))
        outlines = row(self.outline, self.width_, self.classes)
        outlines.setStretch(2, 1)
        column.addLayout(outlines)
        desk.case_opened.connect(self._on_case)
        desk.case_closed.connect(self._on_case)
        self._on_case()

    def _box(self, text: str, tooltip: str) -> QCheckBox:
        made = QCheckBox(text)
        made.setMinimumWidth(70)
        made.setToolTip(wrapped(tooltip))
        made.toggled.connect(self._apply)
        return made

    def _slider(self, tooltip: str, moved: Callable[[int], None]) -> QSlider:
        made = QSlider(Qt.Orientation.Horizontal)
        made.setRange(0, 100)
        made.setAccessibleName(tooltip)
        made.setToolTip(wrapped(tooltip))
        made.valueChanged.connect(moved)
        return made

    def _on_case(self) -> None:
        layers = self._desk.layers
        self.setEnabled(layers is not None)
        self._attach(layers)
        if layers is None:
            self.classes.hide()
            return
        self.classes.clear()
        self.classes.addItems([f"map of {name}" for name in layers.classes])
        self.classes.setCurrentIndex(min(self._desk.shown_class, len(layers.classes) - 1))
        self.classes.setVisible(len(layers.classes) > 1)
        self._follow()

    def _attach(self, layers: CaseLayers | None) -> None:
        """Follow these layers, and no longer those before."""
        if layers is self._layers:
            return
        for event in _events(self._layers):
            event.disconnect(self._follow)
        self._layers = layers
        for event in _events(layers):
            event.connect(self._follow)

    def _apply(self) -> None:
        contour = self.width_.value() if self.outline.isChecked() else 0  # read before the layers answer
        heat, mask = self.map.isChecked(), self.mask.isChecked()
        if self._layers is not None:
            self._layers.map_layer.visible = heat
            self._layers.mask_layer.visible = mask
            self._layers.mask_layer.contour = contour

    def _fade_map(self, percent: int) -> None:
        if self._layers is not None:
            self._layers.map_layer.opacity = percent / 100

    def _fade_mask(self, percent: int) -> None:
        if self._layers is not None:
            self._layers.mask_layer.opacity = percent / 100

    def _follow(self) -> None:
        """Show what the layers are, whoever changed them."""
        layers = self._layers
        if layers is None:
            return
        contour = int(layers.mask_layer.contour)
        _show(self.map.setChecked, self.map, layers.map_layer.visible)
        _show(self.mask.setChecked, self.mask, layers.mask_layer.visible)
        _show(self.outline.setChecked, self.outline, contour > 0)
        _show(self.map_opacity.setValue, self.map_opacity, round(100 * layers.map_layer.opacity))
        _show(self.mask_opacity.setValue, self.mask_opacity, round(100 * layers.mask_layer.opacity))
        if contour:
            _show(self.width_.setValue, self.width_, contour)
        self.width_.setEnabled(contour > 0)


def _events(layers: CaseLayers | None) -> list[Any]:
    if layers is None:
        return []
    heat, mask = layers.map_layer.events, layers.mask_layer.events
    return [heat.visible, heat.opacity, mask.visible, mask.opacity, mask.contour]


def _show(setter: Callable[[Any], None], control: QWidget, value: Any) -> None:  # noqa: ANN401
    """Let a control show a value without saying that a person chose it."""
    blocker = QSignalBlocker(control)
    setter(value)
    blocker.unblock()
