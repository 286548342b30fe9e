"""The settings of smart fill, shown while it is in hand."""

from __future__ import annotations

from qtpy.QtWidgets import QVBoxLayout, QWidget

from napari_wsss.edit.smart_fill import SmartFill
from napari_wsss.widgets._controls import line
from napari_wsss.widgets._desk import Desk
from napari_wsss.widgets._params import ParamsForm


class SmartFillForm(QWidget):
    """Moving a knob does the last click over."""

    def __init__(self, desk: Desk) -> None:
        super().__init__()
        self._clicks = desk.clicks
        self.form = ParamsForm(SmartFill(), hide=("scope", "what"))
        self.form.valueChanged.connect(self._on_value)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(2)
        column.addWidget(line("Click into the lesion; with Alt held, the region is taken away."))
        column.addWidget(self.form)
        self.hide()

    def start(self) -> None:
        """Take smart fill up."""
        self._clicks.stop()
        self._clicks.start(self._clicks.smart)

    def _on_value(self, operation: SmartFill) -> None:
        if self._clicks.on:
            self._clicks.change(operation)
