"""Controls for how the scan is looked at: linked views, crosshair, window, channels, which side is right."""

from __future__ import annotations

from collections.abc import Callable
from typing import get_args

from qtpy.QtCore import QSignalBlocker
from qtpy.QtWidgets import QComboBox, QLabel, QPushButton, QVBoxLayout, QWidget

from napari_wsss.data.view import Convention, is_upright
from napari_wsss.data.windows import CT_WINDOWS
from napari_wsss.widgets._channel_row import ChannelRow
from napari_wsss.widgets._controls import button, row, wrapped
from napari_wsss.widgets._desk import Desk
from napari_wsss.widgets._preferences import preferences_here
from napari_wsss.widgets._window_level import BY_HAND

_SIDES: dict[Convention, str] = {
    "radiological": "R on the left (radiological)",
    "neurological": "R on the right (neurological)",
}
_VIEWS = (
    "Show the other two planes beside the scan, linked by the crosshair: click or drag in one, and the others follow "
    "(key: V)"
)
_CROSSHAIR = (
    "Draw the point that all views share (key: C). Click or drag moves it; while a brush is in hand, hold Shift."
)
_DRAG = (
    "Set window and level with the left mouse button (key: W): drag right for softer contrast, up for a brighter "
    "picture. The right button does so at any time."
)
_WINDOW = (
    "What is shown black and white. auto: what the scan holds, without outliers. For CT also the usual windows, kept "
    "for the next cases."
)


class LookPanel(QWidget):
    """How the scan is looked at. What it sets is kept from case to case."""

    def __init__(self, desk: Desk) -> None:
        super().__init__()
        self._desk, viewing = desk, desk.viewing
        self.views = self._switch("Views", _VIEWS, viewing.toggle_views)
        self.crosshair = self._switch("Crosshair", _CROSSHAIR, viewing.toggle_crosshair)
        self.drag = self._switch("Drag window", _DRAG, viewing.window.toggle)
        self.window_ = QComboBox()
        self.window_.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.window_.setMinimumContentsLength(12)
        self.window_.setAccessibleName("Window")
        self.window_.activated.connect(self._choose_window)
        self.readout = QLabel()
        self.readout.setToolTip(wrapped("Window (white minus black) and level (the middle) of the channel shown"))
        self.channels = ChannelRow(viewing.channels)
        self.side = QComboBox()
        self.side.setAccessibleName("Side of the patient's right")
        for convention in get_args(Convention):
            self.side.addItem(_SIDES[convention], convention)
        self.side.setToolTip(wrapped("On which side of the screen the patient's right is; kept in your preferences"))
        self.side.activated.connect(self._choose_side)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        column.addLayout(row(self.views, self.crosshair, self.drag))
        windows = row(self.window_, self.readout)
        windows.setStretch(0, 1)
        column.addLayout(windows)
        column.addWidget(self.channels)
        column.addWidget(self.side)
        for signal in (viewing.changed, viewing.window.changed, preferences_here().changed):
            signal.connect(self._follow)
        self._follow()

    def _switch(self, text: str, tooltip: str, pressed: Callable[[], object]) -> QPushButton:
        made = button(text, tooltip, pressed)
        made.setCheckable(True)
        return made

    def _choose_window(self) -> None:
        self._desk.viewing.window.choose(self.window_.currentData())

    def _choose_side(self) -> None:
        preferences_here().set(convention=self.side.currentData())

    def _follow(self) -> None:
        """Show how things are, whoever changed them."""
        viewing, layers = self._desk.viewing, self._desk.layers
        self.views.setChecked(viewing.views)
        self.views.setEnabled(viewing.views or not viewing.why_no_views)
        self.views.setToolTip(wrapped(viewing.why_no_views or _VIEWS))
        self.crosshair.setChecked(viewing.crosshair)
        self.drag.setChecked(viewing.window.on)
        self._show_window()
        blocker = QSignalBlocker(self.side)
        self.side.setCurrentIndex(self.side.findData(preferences_here().value.convention))
        blocker.unblock()
        self.side.setVisible(layers is None or not is_upright(layers.volume))

    def _show_window(self) -> None:
        level = self._desk.viewing.window
        blocker = QSignalBlocker(self.window_)
        self.window_.clear()
        chosen = level.chosen
        for name in (*level.choices, *([BY_HAND] if chosen == BY_HAND else [])):
            preset = CT_WINDOWS.get(name)
            self.window_.addItem(f"Window: {name}" + (f" {preset.width:g}/{preset.level:g}" if preset else ""), name)
        self.window_.setCurrentIndex(self.window_.findData(chosen))
        blocker.unblock()
        window, why_not = level.window, level.why_not
        self.readout.setText(window.words if window is not None else "")
        self.window_.setEnabled(not why_not)
        self.drag.setEnabled(not why_not)
        self.window_.setToolTip(wrapped(why_not or _WINDOW))
        self.drag.setToolTip(wrapped(why_not or _DRAG))
