"""Editors for knobs that hold several values: items switched on and off, numbers for each channel."""

from __future__ import annotations

from typing import Any

import napari
from magicgui.widgets import FloatSlider
from qtpy.QtCore import Signal
from qtpy.QtWidgets import QAbstractSpinBox, QCheckBox, QGridLayout, QLabel, QWidget

from napari_wsss.widgets._chips import Chips
from napari_wsss.widgets._choices import PerChannel, Pick
from napari_wsss.widgets._controls import wrapped


class PickEditor(Chips):
    """Chips for the items of a tuple; it offers ``value``, ``changed`` and ``native`` as magicgui widgets do."""

    changed = Signal(object)

    def __init__(self, pick: Pick) -> None:
        super().__init__(napari.current_viewer())
        self._least = pick.least
        self._beyond: tuple[Any, ...] = ()
        self.set_names(pick.items)
        self.switched.connect(self._on_switched)

    @property
    def native(self) -> QWidget:
        """The widget itself."""
        return self

    @property
    def value(self) -> tuple[Any, ...]:
        """The items switched on, in the order offered, then those that are not offered."""
        return (*self.on(), *self._beyond)

    @value.setter
    def value(self, value: tuple[Any, ...]) -> None:
        before = self.value
        for item in self.chips:
            self.show_on(item, item in value)
        self._beyond = tuple(item for item in value if item not in self.chips)
        if self.value != before:
            self.changed.emit(self.value)

    def _on_switched(self, item: object, on: bool) -> None:
        if not on and len(self.value) < self._least:
            self.show_on(item, True)
        else:
            self.changed.emit(self.value)


class PerChannelEditor(QWidget):
    """A slider for all channels, or one for each; ``value`` is a tuple of one number or of one for each channel."""

    changed = Signal(object)

    def __init__(self, choice: PerChannel, step: float) -> None:
        super().__init__()
        self._quiet = False
        self.alike = QCheckBox("same for all channels")
        self.alike.setToolTip(wrapped("Untick to set each channel by itself"))
        self.alike.setChecked(True)
        self.alike.setVisible(len(choice.names) > 1)
        self.alike.toggled.connect(self._on_alike)
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setVerticalSpacing(2)
        self.sliders: list[Any] = []
        self._labels: list[QLabel] = []
        for row, name in enumerate(choice.names or ("",)):
            slider = FloatSlider(min=choice.lower, max=choice.upper, step=step, value=choice.lower)
            slider.changed.connect(self._on_slider)
            label = QLabel(name)
            for part in (label, slider.native):
                part.setToolTip(wrapped(f"For channel {name}") if len(choice.names) > 1 else "")
            for readout in slider.native.findChildren(QAbstractSpinBox):
                readout.setStyleSheet("min-width: 20px; max-width: 48px; padding: 0px;")
            grid.addWidget(label, 2 * row, 0)
            grid.addWidget(slider.native, 2 * row + 1, 0)
            self.sliders.append(slider)
            self._labels.append(label)
        grid.addWidget(self.alike, 2 * len(self.sliders), 0)
        self._arrange()

    @property
    def native(self) -> QWidget:
        """The widget itself."""
        return self

    @property
    def value(self) -> tuple[float, ...]:
        """One number, or one for each channel."""
        numbers = tuple(float(slider.value) for slider in self.sliders)
        return numbers[:1] if self.alike.isChecked() else numbers

    @value.setter
    def value(self, value: tuple[float, ...]) -> None:
        before = self.value
        self._quiet = True
        try:
            self.alike.setChecked(len(value) == 1)
            numbers = value * len(self.sliders) if len(value) == 1 else value
            for slider, number in zip(self.sliders, numbers, strict=False):
                slider.max = max(slider.max, number)
                slider.value = number
        finally:
            self._quiet = False
        self._arrange()
        if self.value != before:
            self.changed.emit(self.value)

    def _on_slider(self) -> None:
        if not self._quiet:
            self.changed.emit(self.value)

    def _on_alike(self) -> None:
        self._arrange()
        if not self._quiet:
            self.changed.emit(self.value)

    def _arrange(self) -> None:
        alike = self.alike.isChecked()
        for place, (slider, label) in enumerate(zip(self.sliders, self._labels, strict=True)):
            slider.native.setVisible(place == 0 or not alike)
            label.setVisible(not alike)
