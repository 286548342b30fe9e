"""A small plot of some curves over epochs: its figures in words above it, the window's colours, zoom by mouse."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pyqtgraph
from qtpy.QtCore import Qt
from qtpy.QtWidgets import QLabel, QSizePolicy, QVBoxLayout, QWidget

from napari_wsss.widgets._controls import wrapped
from napari_wsss.widgets._curve_data import Curve

_AXIS_WIDTH = 40
_DOTS = 60
"""So many points are drawn with a dot each; more would hide the line."""


@dataclass(frozen=True)
class Line:
    """How a curve is drawn.

    Attributes:
        name: as shown.
        colour: "#rrggbb".
        faint: thin and pale, for figures that jump about.
    """

    name: str
    colour: str
    faint: bool = False


class Plot(QWidget):
    """Curves over epochs.

    Args:
        title: what the figures are.
        tooltip: what they tell a person.
        height: of the plot in logical pixels; it never changes.
        last: it is the last of several over the same epochs, and says where they are.

    Attributes:
        head: title and latest figures.
        view: the pyqtgraph plot.
    """

    def __init__(self, title: str, tooltip: str, height: int, *, last: bool = False) -> None:
        super().__init__()
        self._title = title
        self._drawn: dict[str, Any] = {}
        self.head = QLabel(f"<b>{title}</b>")
        self.head.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)  # its words never widen the dock
        self.view = pyqtgraph.PlotWidget()
        self.view.setFixedHeight(height)
        self.view.setMenuEnabled(False)
        self.view.hideButtons()
        self.view.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.view.getAxis("left").setWidth(_AXIS_WIDTH)
        for side in ("left", "bottom"):
            self.view.getAxis(side).enableAutoSIPrefix(False)
        if last:
            self.view.setLabel("bottom", "epoch")
        self.view.getAxis("bottom").setStyle(showValues=last)
        self.view.scene().sigMouseClicked.connect(self._on_click)
        self._best = pyqtgraph.InfiniteLine(angle=90, movable=False)
        self._best.setVisible(False)
        self.view.addItem(self._best, ignoreBounds=True)
        for part in (self.head, self.view):
            part.setToolTip(wrapped(f"{tooltip} Wheel to zoom, drag to move, double-click to see all of it again."))
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.head)
        column.addWidget(self.view)

    def draw(self, curves: Sequence[tuple[Line, Curve]], best: int = 0) -> None:
        """Show curves, and mark the best epoch unless it is 0."""
        for line, curve in curves:
            if line.name not in self._drawn:
                self._drawn[line.name] = self.view.plot(pen=_pen(line))
            x, y = zip(*curve.points, strict=True) if curve.points else ((), ())
            dots = not line.faint and len(x) <= _DOTS
            self._drawn[line.name].setData(x, y, symbol="o" if dots else None, symbolSize=4)
            self._drawn[line.name].setSymbolBrush(line.colour)
            self._drawn[line.name].setSymbolPen(None)
        self._best.setVisible(best > 0)
        self._best.setValue(best)
        told = [(line, curve.latest) for line, curve in curves if curve.latest is not None and not line.faint]
        words = [f"<span style='color:{line.colour}'>●</span>&nbsp;{line.name} {value:.3g}" for line, value in told]
        self.head.setText("&nbsp; ".join([f"<b>{self._title}</b>", *words]))

    def clear(self) -> None:
        """Take all curves away."""
        for item in self._drawn.values():
            self.view.removeItem(item)
        self._drawn.clear()
        self._best.setVisible(False)
        self.head.setText(f"<b>{self._title}</b>")
        self.see_all()

    def see_all(self) -> None:
        """Undo zooming and moving; the plot follows its curves again."""
        self.view.enableAutoRange()

    def paint(self, canvas: str, text: str) -> None:
        """Take the window's colours."""
        self.view.setBackground(canvas)
        for side in ("left", "bottom"):
            self.view.getAxis(side).setPen(text)
            self.view.getAxis(side).setTextPen(text)
        self._best.setPen(pyqtgraph.mkPen(text, width=1, style=Qt.PenStyle.DashLine))

    def _on_click(self, event: Any) -> None:  # noqa: ANN401 (pyqtgraph's)
        if event.double():
            self.see_all()


def _pen(line: Line) -> Any:  # noqa: ANN401
    colour = pyqtgraph.mkColor(line.colour)
    colour.setAlpha(110 if line.faint else 255)
    return pyqtgraph.mkPen(colour, width=1 if line.faint else 2)
