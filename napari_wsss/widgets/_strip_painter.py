"""Drawing the strip of labels above the slice slider."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from qtpy.QtCore import QPointF, QRectF, Qt
from qtpy.QtGui import QColor, QPainter

from napari_wsss.data.labels import LabelArray
from napari_wsss.types import BoolArray
from napari_wsss.widgets._case_layers import COLOURS

ROW = 7
"""Height of a class, in logical pixels."""
TICKS = 4
"""Height of the line that marks accepted slices."""


@dataclass(frozen=True, eq=False)
class Strip:
    """What is drawn.

    Attributes:
        classes: C names.
        labels: (Z, C), what is known of each slice.
        accepted: (Z,), True where accepted.
        z: the slice shown.
        picked: first and last slice of the range that the keys label, or None.
    """

    classes: tuple[str, ...]
    labels: LabelArray
    accepted: BoolArray
    z: int
    picked: tuple[int, int] | None


class StripPainter:
    """Draws a strip: filled = yes, a thin line = no, empty = not known; told apart without colours too.

    Args:
        painter: begun by the caller.
        strip: what is drawn.
        left: where the first slice begins, in logical pixels.
        width: of all slices together.
        text, ground: colours of the theme, ``#rrggbb``.
    """

    def __init__(  # noqa: PLR0917 (all are needed, none has a default)
        self, painter: QPainter, strip: Strip, left: float, width: float, text: str, ground: str
    ) -> None:
        self._painter, self._strip = painter, strip
        self._left, self._step = left, width / len(strip.labels)
        self._text, self._ground = QColor(text), QColor(ground)

    def paint(self) -> None:
        """Draw all of it."""
        for row in range(len(self._strip.classes)):
            self._class(row)
        for value, first, last in runs(self._strip.accepted.astype(np.int8)):
            if value:
                self._painter.fillRect(self._cells(first, last, 0, TICKS - 2), self._text)
        self._shown()

    def _class(self, row: int) -> None:
        top, muted = TICKS + row * ROW, QColor(self._text)
        muted.setAlphaF(0.55)
        self._painter.fillRect(self._cells(0, len(self._strip.labels) - 1, top, ROW - 1), self._ground)
        for value, first, last in runs(self._strip.labels[:, row]):
            if value == 1:
                self._painter.fillRect(self._cells(first, last, top, ROW - 1), QColor(COLOURS[row % len(COLOURS)]))
            elif value == 0:
                self._painter.fillRect(self._cells(first, last, top + (ROW - 3) / 2, 2), muted)

    def _shown(self) -> None:
        """Frame the range that the keys label; a line with a dot marks the slice shown."""
        bottom = TICKS + len(self._strip.classes) * ROW
        self._painter.setPen(self._text)
        if self._strip.picked is not None:
            self._painter.drawRect(self._cells(*self._strip.picked, TICKS - 1, bottom - TICKS))
        x = self._left + (self._strip.z + 0.5) * self._step
        self._painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        self._painter.drawLine(QPointF(x, 0), QPointF(x, bottom))
        self._painter.setBrush(self._text)
        self._painter.drawEllipse(QPointF(x, TICKS - 1.5), 2.2, 2.2)
        self._painter.setBrush(Qt.BrushStyle.NoBrush)

    def _cells(self, first: int, last: int, top: float, height: float) -> QRectF:
        return QRectF(self._left + first * self._step, top, (last + 1 - first) * self._step, height)


def runs(values: LabelArray) -> list[tuple[int, int, int]]:
    """Give runs of equal values as (value, first, last)."""
    starts = [0, *(np.flatnonzero(np.diff(values)) + 1).tolist()]
    ends = [*(start - 1 for start in starts[1:]), len(values) - 1]
    return [(int(values[start]), start, end) for start, end in zip(starts, ends, strict=True)]
