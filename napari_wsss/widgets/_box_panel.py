"""Drawing boxes: begin one, say over which slices it reaches, delete it."""

from __future__ import annotations

from qtpy.QtCore import QSignalBlocker
from qtpy.QtWidgets import QComboBox, QSpinBox, QVBoxLayout, QWidget

from napari_wsss.widgets._box_layer import BoxLayer
from napari_wsss.widgets._controls import button, line, row, wrapped
from napari_wsss.widgets._desk import Desk


class BoxPanel(QWidget):
    """Controls for the boxes of the case on the desk."""

    def __init__(self, desk: Desk, boxes: BoxLayer) -> None:
        super().__init__()
        self._desk, self._boxes = desk, boxes
        self.draw = button(
            "Draw box", "Draw a rectangle on the slice with the mouse; drag its corners later to change it", boxes.draw
        )
        self.delete = button("Delete", "Delete the box picked in the viewer (or press Delete there)", self._delete)
        self.delete_all = button("Delete all", "Delete every box of this case", boxes.remove)
        self.reach = QComboBox()
        self.reach.addItems(["over all slices", "over ± slices"])
        self.reach.setToolTip(wrapped("How many slices the next box you draw covers"))
        self.reach.currentIndexChanged.connect(self._on_reach)
        self.around = QSpinBox()
        self.around.setRange(0, 999)
        self.around.setValue(3)
        self.around.setToolTip(wrapped("Slices to each side of the one you draw on"))
        self.around.valueChanged.connect(self._on_reach)
        self.words = line(tooltip="The box picked in the viewer, and the slices it covers")
        self.first, self.last = QSpinBox(), QSpinBox()
        for spin, tip in ((self.first, "First slice of this box"), (self.last, "Last slice of this box")):
            spin.setToolTip(tip)
            spin.editingFinished.connect(self._set_slices)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(3)
        column.addLayout(row(self.draw, self.reach, self.around))
        column.addLayout(row(self.words, self.first, self.last))
        column.addLayout(row(self.delete, self.delete_all))
        boxes.selected.connect(self.refresh)
        self._on_reach()
        self.refresh()

    def refresh(self) -> None:
        """Show the box that is picked."""
        boxes, current = self._boxes.boxes, self._boxes.current
        for made in (self.first, self.last, self.delete):
            made.setVisible(current is not None)
        self.delete_all.setVisible(len(boxes) > 1)
        self.words.setText(_words(len(boxes), current))
        if current is None or self._desk.layers is None:
            return
        for spin, value in ((self.first, boxes[current][0]), (self.last, boxes[current][3] - 1)):
            blocker = QSignalBlocker(spin)
            spin.setMaximum(self._desk.layers.depth - 1)
            spin.setValue(value)
            blocker.unblock()

    def _delete(self) -> None:
        if self._boxes.current is not None:
            self._boxes.remove(self._boxes.current)

    def _set_slices(self) -> None:
        if self._boxes.current is not None:
            self._boxes.set_slices(self._boxes.current, self.first.value(), self.last.value())

    def _on_reach(self) -> None:
        limited = self.reach.currentIndex() == 1
        self.around.setVisible(limited)
        self._boxes.around = self.around.value() if limited else None


def _words(count: int, current: int | None) -> str:
    if not count:
        return "No box yet: without one this filter changes nothing."
    if current is None:
        return f"{count} boxes; click one in the viewer to change it."
    return "Slices" if count == 1 else f"Box {current + 1}"
