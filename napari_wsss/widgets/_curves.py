"""Training curves, drawn while a job trains."""

from __future__ import annotations

from typing import Any

import pyqtgraph
from qtpy.QtCore import QTimer
from qtpy.QtWidgets import QVBoxLayout, QWidget

from napari_wsss.progress import Event, Progress
from napari_wsss.widgets._controls import heading
from napari_wsss.widgets._desk import Desk

REDRAW_MS = 200
_COLOURS = ("#ff5a36", "#36a5ff", "#3cb371", "#c9a227", "#b46bff", "#ff8ac2")
_NOT_DRAWN = frozenset({"epoch", "lr", "learning_rate", "samples_per_second", "seconds"})


class Curves(QWidget):
    """Losses above, scores below; one curve a figure that Progress events carry. Hidden until there are figures."""

    def __init__(self, desk: Desk) -> None:
        super().__init__()
        self._desk = desk
        self._points: dict[str, list[tuple[float, float]]] = {}
        self._lines: dict[str, Any] = {}
        self._stage = ""
        self.title = heading("Training")
        self.losses, self.scores = self._plot("loss"), self._plot("score")
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(2)
        column.addWidget(self.title)
        column.addWidget(self.losses)
        column.addWidget(self.scores)
        self._redraw_soon = QTimer(self)
        self._redraw_soon.setSingleShot(True)
        self._redraw_soon.setInterval(REDRAW_MS)
        self._redraw_soon.timeout.connect(self.redraw)
        desk.job_heard.connect(self.hear)
        desk.recipe_changed.connect(self._on_recipe)
        desk.viewer.events.theme.connect(self._on_theme)
        self._paint()
        self.hide()

    @property
    def points(self) -> dict[str, list[tuple[float, float]]]:
        """Figure → (step, value) as heard."""
        return self._points

    def hear(self, event: Event) -> None:
        """Take the figures of a Progress event."""
        if not isinstance(event, Progress) or not event.values:
            return
        if event.stage != self._stage:
            self._clear(event.stage)
        for name, value in event.values.items():
            if name not in _NOT_DRAWN:
                self._add(name, float(event.done), float(value))
        if not self._redraw_soon.isActive():
            self._redraw_soon.start()

    def _add(self, name: str, step: float, value: float) -> None:
        """Add a point; the summary at the end of an epoch repeats a step that has one already."""
        points = self._points.setdefault(name, [])
        if not points or points[-1][0] < step:
            points.append((step, value))

    def redraw(self) -> None:
        """Draw what was heard."""
        for name, points in self._points.items():
            if name not in self._lines:
                plot = self.losses if "loss" in name else self.scores
                pen = pyqtgraph.mkPen(_COLOURS[len(self._lines) % len(_COLOURS)], width=2)
                self._lines[name] = plot.plot(name=name, pen=pen)
                plot.setVisible(True)
            steps, values = zip(*points, strict=True)
            self._lines[name].setData(steps, values)

    def _clear(self, stage: str) -> None:
        self._stage = stage
        self._points.clear()
        self._lines.clear()
        for plot in (self.losses, self.scores):
            plot.clear()
        self.title.setText(f"Training: {stage}")
        self.scores.hide()
        self.show()

    def _plot(self, axis: str) -> Any:  # noqa: ANN401
        plot = pyqtgraph.PlotWidget()
        plot.setFixedHeight(130)
        plot.setLabel("left", axis)
        plot.getAxis("left").enableAutoSIPrefix(False)
        plot.addLegend(offset=(-5, 5), labelTextSize="8pt")
        plot.setMenuEnabled(False)
        plot.setToolTip(f"The {axis} as training goes on; drag to move, wheel to zoom")
        plot.setVisible(axis == "loss")
        return plot

    def _on_recipe(self) -> None:
        """Put away the curves of a training that the recipe does not have."""
        session = self._desk.session
        if session is not None and self._stage not in session.recipe.steps:
            self._stage = ""
            self.hide()

    def _on_theme(self) -> None:
        self._paint()

    def _paint(self) -> None:
        """Take the window's colours."""
        from napari.utils.theme import get_theme

        theme = get_theme(self._desk.viewer.theme)
        for plot in (self.losses, self.scores):
            plot.setBackground(theme.canvas.as_hex())
            for side in ("left", "bottom"):
                plot.getAxis(side).setPen(theme.text.as_hex())
                plot.getAxis(side).setTextPen(theme.text.as_hex())
            plot.getPlotItem().legend.setLabelTextColor(theme.text.as_hex())
