"""Controls for scans with several channels: one at a time, blended with weights, or side by side."""

from __future__ import annotations

from functools import partial

from qtpy.QtCore import QSignalBlocker, Qt
from qtpy.QtWidgets import QComboBox, QFormLayout, QSlider, QVBoxLayout, QWidget

from napari_wsss.widgets._channels import WAYS, Channels
from napari_wsss.widgets._controls import row, wrapped


class ChannelRow(QWidget):
    """Which channels are seen, and how; hidden where there is only one."""

    def __init__(self, channels: Channels) -> None:
        super().__init__()
        self._channels = channels
        self._names: tuple[str, ...] = ()
        self.way = QComboBox()
        self.way.setAccessibleName("How channels are shown")
        for way, words in WAYS.items():
            self.way.addItem(f"Channels: {words}", way)
        self.way.setToolTip(
            wrapped(
                "One at a time; blended, each in its colour (they add up to grey where all are equally bright); or "
                "side by side, the same slice of each."
            )
        )
        self.way.activated.connect(lambda _: channels.go(self.way.currentData()))
        self.channel = QComboBox()
        self.channel.setAccessibleName("Channel")
        self.channel.setToolTip(wrapped("The channel shown; side by side: the one in the large view"))
        self.channel.activated.connect(channels.choose)
        self._weights = QWidget()
        self._form = QFormLayout(self._weights)
        self._form.setContentsMargins(0, 0, 0, 0)
        self.sliders: list[QSlider] = []
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        column.addLayout(row(self.way, self.channel))
        column.addWidget(self._weights)
        channels.changed.connect(self._follow)
        self._follow()

    def _follow(self) -> None:
        channels = self._channels
        self.setVisible(channels.several)
        if not channels.several:
            return
        if channels.names != self._names:
            self._build()
        for control, index in (
            (self.way, self.way.findData(channels.way)),
            (self.channel, channels.chosen),
        ):
            blocker = QSignalBlocker(control)
            control.setCurrentIndex(index)
            blocker.unblock()
        for number, slider in enumerate(self.sliders):
            blocker = QSignalBlocker(slider)
            slider.setValue(round(100 * channels.weight(number)))
            blocker.unblock()
        self.channel.setVisible(channels.way != "blended")
        self._weights.setVisible(channels.way == "blended")

    def _build(self) -> None:
        """Make the list of channels and their weights anew."""
        self._names = self._channels.names
        self.channel.clear()
        self.channel.addItems(self._names)
        while self._form.rowCount():
            self._form.removeRow(0)
        self.sliders = []
        for number, name in enumerate(self._names):
            slider = QSlider(Qt.Orientation.Horizontal)
            slider.setRange(0, 100)
            slider.setAccessibleName(f"Weight of {name}")
            slider.setToolTip(wrapped(f"How strongly {name} counts in the blend"))
            slider.valueChanged.connect(partial(self._weigh, number))
            self._form.addRow(f"{name} ({self._channels.colour(number)})", slider)
            self.sliders.append(slider)

    def _weigh(self, number: int, percent: int) -> None:
        self._channels.weigh(number, percent / 100)
