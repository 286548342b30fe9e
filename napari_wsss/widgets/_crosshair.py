"""Crosshair: the point that all canvases share, drawn in each and moved with the mouse."""

from __future__ import annotations

from typing import Any

import numpy as np
from vispy.scene.visuals import Line

from napari_wsss.widgets._canvas import Canvas

COLOUR = "#ffe14d"
GAP = 10.0
"""Pixels left free around the point, so that the lines do not hide what they point at."""


class Crosshair:
    """Two lines across a canvas, open in the middle. They are no layer: nothing of them is listed, saved or picked.

    Args:
        canvas: where they are drawn.
    """

    def __init__(self, canvas: Canvas) -> None:
        self._canvas = canvas
        self._place: tuple[float, float] = (0.0, 0.0)
        self._box = np.zeros((2, 2))
        self._line: Any = Line(connect="segments", color=COLOUR, width=1, parent=canvas.scene)
        self._line.order = 10**5
        self._line.set_gl_state("translucent", depth_test=False)
        self._line.visible = False
        canvas.model.scene.camera.events.zoom.connect(self._draw)

    @property
    def visible(self) -> bool:
        """Whether it is drawn."""
        return bool(self._line.visible)

    @property
    def place(self) -> tuple[float, float]:
        """(row, column) in mm."""
        return self._place

    def show(self, place: tuple[float, float], box: tuple[tuple[float, float], tuple[float, float]]) -> None:
        """Draw the lines.

        Args:
            place: (row, column) in mm.
            box: ((top, left), (bottom, right)) of the scan in mm, to which the lines reach.
        """
        self._place, self._box = place, np.asarray(box, float)
        self._line.visible = True
        self._draw()

    def hide(self) -> None:
        """Draw nothing."""
        self._line.visible = False

    def close(self) -> None:
        """Take the lines off the canvas."""
        self._canvas.model.scene.camera.events.zoom.disconnect(self._draw)
        self._line.parent = None

    def _draw(self) -> None:
        if self._line.visible:
            self._line.set_data(pos=_segments(self._place, self._box, GAP / self._canvas.model.scene.camera.zoom))


def _segments(place: tuple[float, float], box: Any, gap: float) -> Any:  # noqa: ANN401
    """Give the ends (8, 2) of four segments as vispy takes them, x before y."""
    (row, column), ((top, left), (bottom, right)) = place, box
    ends = [
        (left, row),
        (max(left, column - gap), row),
        (min(right, column + gap), row),
        (right, row),
        (column, top),
        (column, max(top, row - gap)),
        (column, min(bottom, row + gap)),
        (column, bottom),
    ]
    return np.array(ends, dtype=np.float32)
