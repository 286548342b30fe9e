"""Letters: R L A P S I at the four edges of a canvas, so that nobody mistakes left for right."""

from __future__ import annotations

from typing import Any

import numpy as np
from napari.components.overlays import TextOverlay

from napari_wsss.data.view import OPPOSITE, View, is_upright
from napari_wsss.data.volume import Volume

EDGES = {"top": "top_center", "bottom": "bottom_center", "left": "middle_left", "right": "middle_right"}
OBLIQUE_DEGREES = 1.0
"""A scan tilted by more gets a mark at its letters: they are the nearest direction, not the exact one."""
MARK = "~"
_AXES = {"R": (1, 0, 0), "L": (-1, 0, 0), "A": (0, 1, 0), "P": (0, -1, 0), "S": (0, 0, 1), "I": (0, 0, -1)}


def letters_of(volume: Volume, view: View, rows: int = 1, columns: int = 2) -> dict[str, str]:
    """Give edge → letter for a scan on the screen; none for pictures, which do not say where the patient's left is.

    Args:
        volume: the scan.
        view: how it is turned.
        rows: which axis as shown (0 slices, 1 rows, 2 columns) runs down the screen.
        columns: which runs to the right.
    """
    if is_upright(volume):
        return {}
    directions = view.directions(volume.geometry)
    mark = MARK if volume.geometry.oblique_degrees > OBLIQUE_DEGREES else ""
    down, right = directions[rows], directions[columns]
    found = {"top": OPPOSITE[down], "bottom": down, "left": OPPOSITE[right], "right": right}
    return {edge: mark + letter for edge, letter in found.items()}


class Letters:
    """The letters of one canvas; they follow how the person turns the volume.

    Args:
        model: the viewer model behind the canvas.
    """

    def __init__(self, model: Any) -> None:  # noqa: ANN401 (Viewer and ViewerModel)
        self._model = model
        self._volume: Volume | None = None
        self._view = View()
        self._overlays: dict[str, TextOverlay] = {}
        for edge, position in EDGES.items():
            overlay = TextOverlay(position=position, font_size=12)
            self._overlays[edge] = model.canvas.overlays[_name(edge)] = overlay
        self._events = (model.dims.events.order, model.dims.events.ndisplay, model.scene.camera.events.orientation)
        for event in self._events:
            event.connect(self._draw)

    @property
    def shown(self) -> dict[str, str]:
        """Edge → letter as seen now."""
        return {edge: overlay.text for edge, overlay in self._overlays.items() if overlay.visible}

    def show(self, volume: Volume | None, view: View) -> None:
        """Show the letters of a scan; None for none."""
        self._volume, self._view = volume, view
        self._draw()

    def close(self) -> None:
        """Take the letters off the canvas."""
        for event in self._events:
            event.disconnect(self._draw)
        for edge in self._overlays:
            del self._model.canvas.overlays[_name(edge)]
        self._overlays = {}

    def _draw(self) -> None:
        letters = self._letters()
        for edge, overlay in self._overlays.items():
            overlay.text = letters.get(edge, " ")
            overlay.visible = edge in letters

    def _letters(self) -> dict[str, str]:
        dims = self._model.dims
        if self._volume is None or dims.ndisplay != 2 or dims.ndim < 3:
            return {}
        rows, columns = (axis - (dims.ndim - 3) for axis in dims.displayed)
        if min(rows, columns) < 0:
            return {}  # an axis of another layer, before those of the scan
        letters = letters_of(self._volume, self._view, rows, columns)
        vertical, horizontal = self._model.scene.camera.orientation2d
        swapped = {"up": ("top", "bottom"), "left": ("left", "right")}
        for turned in (str(vertical), str(horizontal)):
            if letters and turned in swapped:
                one, other = swapped[turned]
                letters[one], letters[other] = letters[other], letters[one]
        return letters


def show_unmirrored(camera: Any, volume: Volume, view: View) -> None:  # noqa: ANN401
    """Let a volume seen in 3D keep its left and right, whichever way its slices are stacked and turned."""
    if is_upright(volume):
        return
    through, rows, columns = (_AXES[letter] for letter in view.directions(volume.geometry))
    mirrored = float(np.dot(np.cross(columns, rows), through)) < 0
    vertical, horizontal = camera.orientation2d
    turns = (str(vertical) == "up") + (str(horizontal) == "left") + mirrored
    camera.orientation = ("towards" if turns % 2 else "away", vertical, horizontal)


def _name(edge: str) -> str:
    return f"wsss_{edge}"
