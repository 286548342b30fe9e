"""Undo, redo and reset of slider moves, as buttons."""

from __future__ import annotations

from qtpy.QtWidgets import QVBoxLayout, QWidget

from napari_wsss.widgets._controls import button, row
from napari_wsss.widgets._desk import Desk


class HistoryBar(QWidget):
    """Buttons for what :class:`~napari_wsss.widgets._tuning.Tuning` remembers."""

    def __init__(self, desk: Desk) -> None:
        super().__init__()
        self._tuning = desk.tuning
        self.undo = button("Undo", "Take the last slider move back (key: Alt+Z)", self._tuning.undo)
        self.redo = button("Redo", "Do the move again that was taken back (key: Alt+Shift+Z)", self._tuning.redo)
        self.reset = button("Reset all", "Take every slider back to the stored settings", self._tuning.reset)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addLayout(row(self.undo, self.redo, self.reset))
        self._tuning.history_changed.connect(self.refresh)
        for signal in (self._tuning.rebuilt, self._tuning.start_changed):
            signal.connect(self.refresh)
        self.refresh()

    def refresh(self) -> None:
        """Offer only what can be done."""
        self.undo.setEnabled(self._tuning.can_undo)
        self.redo.setEnabled(self._tuning.can_redo)
        self.reset.setEnabled(any(self._tuning.steps[name] != step for name, step in self._tuning.start.items()))
