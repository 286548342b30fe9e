"""HeatMap: scores over one or two thresholds as a grid of cells; click one to choose it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from qtpy.QtCore import QEvent, QPoint, QPointF, QRectF, QSize, Qt, Signal
from qtpy.QtGui import QColor, QFont, QMouseEvent, QPainter, QPaintEvent, QPen
from qtpy.QtWidgets import QSizePolicy, QToolTip, QWidget

from napari_wsss.types import Array, FloatArray

COLOURS = "cividis"
"""Its steps are told apart by colour-blind people too, and in grey."""
LEFT, BOTTOM, TOP = 40, 34, 2
"""Room for the labels of the axes, in logical pixels."""
LOWEST_CELL, HIGHEST_CELL = 20, 30


class HeatMap(QWidget):
    """Rows are the first of two axes, columns the second; a single axis lies along the columns.

    Signals:
        picked: the indices of a cell that was clicked, one for each axis.
    """

    picked = Signal(object)

    def __init__(self) -> None:
        super().__init__()
        self._values: FloatArray = np.zeros((0, 0))
        self._colours = np.zeros((0, 0, 4), np.uint8)
        self._rows: Sequence[float] = ()
        self._columns: Sequence[float] = ()
        self._titles = ("", "")
        self._best: tuple[int, int] | None = None
        self._one_axis = True
        self.setMouseTracking(True)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setToolTip("Each cell is the Dice of one setting; click one to apply it. The frame marks the best.")

    def fill(self, axes: Sequence[tuple[str, Sequence[float]]], values: Any, best: Sequence[int]) -> None:  # noqa: ANN401
        """Show ``values``, (R, C) or (C,), over ``axes`` = (title, values along it), and frame the cell ``best``."""
        self._one_axis = len(axes) == 1
        self._values = np.atleast_2d(np.asarray(values, dtype=np.float64))
        (self._titles, (self._rows, self._columns)) = zip(*([("", (0.0,)), *axes][-2:]), strict=True)
        self._colours = _colours_of(self._values)
        self._best = (0, int(best[0])) if self._one_axis else (int(best[0]), int(best[1]))
        self.setFixedHeight(self.sizeHint().height())
        self.update()

    def sizeHint(self) -> QSize:  # noqa: N802 (Qt's name)
        """Give a height at which every cell can be hit and read."""
        rows = max(len(self._values), 1)
        return QSize(300, TOP + BOTTOM + rows * (HIGHEST_CELL if rows == 1 else LOWEST_CELL))

    def words(self, row: int, column: int) -> str:
        """Say what a cell is."""
        where = [f"{self._titles[1]} {self._columns[column]:g}"]
        where = where if self._one_axis else [f"{self._titles[0]} {self._rows[row]:g}", *where]
        return f"{', '.join(where)}: Dice {self._values[row, column]:.3f}"

    def cell(self, row: int, column: int) -> QRectF:
        """Give where a cell lies; row 0 is at the bottom, as on a graph."""
        rows, columns = self._values.shape
        left = 2 if self._one_axis else LEFT
        width, height = (self.width() - left - 2) / columns, (self.height() - TOP - BOTTOM) / rows
        return QRectF(left + column * width, TOP + (rows - 1 - row) * height, width, height)

    def paintEvent(self, _: QPaintEvent) -> None:  # noqa: N802 (Qt's name)
        """Draw cells, the frame of the best, and the axes."""
        if not self._values.size:
            return
        painter = QPainter(self)
        painter.setFont(_small(self.font()))
        for row, column in np.ndindex(self._values.shape):
            self._draw_cell(painter, row, column, QColor(*self._colours[row, column].tolist()))
        self._draw_axes(painter)
        if self._best is not None:
            frame = self.cell(*self._best)
            for colour, width, inset in (("#000000", 5, 1.5), ("#ffffff", 2.5, 1.5)):
                painter.setPen(QPen(QColor(colour), width))
                painter.drawRect(frame.adjusted(inset, inset, -inset, -inset))
        painter.end()

    def _draw_cell(self, painter: QPainter, row: int, column: int, colour: QColor) -> None:
        place = self.cell(row, column)
        painter.fillRect(place.adjusted(0.5, 0.5, -0.5, -0.5), colour)
        painter.setPen(QColor("#000000" if colour.lightnessF() > 0.45 else "#ffffff"))
        painter.drawText(place, _CENTRE, f"{self._values[row, column]:.2f}".removeprefix("0"))

    def _draw_axes(self, painter: QPainter) -> None:
        painter.setPen(self.palette().color(self.foregroundRole()))
        bottom = self.height() - BOTTOM
        for column, value in enumerate(self._columns):
            place = self.cell(0, column)
            painter.drawText(QRectF(place.left(), bottom, place.width(), 15), _CENTRE, f"{value:g}")
        title = QRectF(self.cell(0, 0).left(), bottom + 15, self.width() - self.cell(0, 0).left(), 17)
        painter.drawText(title, _CENTRE, self._titles[1])
        if self._one_axis:
            return
        for row, value in enumerate(self._rows):
            place = self.cell(row, 0)
            painter.drawText(QRectF(16, place.top(), LEFT - 20, place.height()), _RIGHT, f"{value:g}")
        painter.rotate(-90)
        painter.drawText(QRectF(-bottom, 0, bottom - TOP, 15), _CENTRE, self._titles[0])
        painter.resetTransform()

    def mousePressEvent(self, event: QMouseEvent) -> None:  # noqa: N802 (Qt's name)
        """Choose the cell under the mouse."""
        found = self._under(event.position().toPoint())
        if found is not None and event.button() == Qt.MouseButton.LeftButton:
            self.picked.emit((found[1],) if self._one_axis else found)

    def event(self, event: QEvent) -> bool:
        """Say what the cell under the mouse is."""
        if event.type() == QEvent.Type.ToolTip:
            found = self._under(event.pos())
            if found is not None:
                QToolTip.showText(event.globalPos(), self.words(*found), self)
                return True
        return bool(super().event(event))

    def _under(self, point: QPoint) -> tuple[int, int] | None:
        cells = np.ndindex(self._values.shape)
        return next(((row, column) for row, column in cells if self.cell(row, column).contains(QPointF(point))), None)


_CENTRE = Qt.AlignmentFlag.AlignCenter
_RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter


def _colours_of(values: FloatArray) -> Array:
    """Give (R, C, 4) uint8, the colour of each cell."""
    import pyqtgraph  # a quarter of a second that a dock need not wait for

    colours: Array = pyqtgraph.colormap.get(COLOURS).map(_stretched(values), mode="byte")
    return colours


def _stretched(values: FloatArray) -> FloatArray:
    """Stretch to [0, 1]; values that are all equal stay in the middle."""
    low, high = np.nanmin(values), np.nanmax(values)
    return (values - low) / (high - low) if high > low else np.full_like(values, 0.5)


def _small(font: QFont) -> QFont:
    made = QFont(font)
    made.setPixelSize(10)
    return made
