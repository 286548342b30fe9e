"""Panes: the canvases beside the desk's own — the other planes, the other channels — linked by one point."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING

from qtpy.QtCore import Qt, QTimer
from qtpy.QtGui import QMouseEvent
from qtpy.QtWidgets import QSplitter, QVBoxLayout, QWidget

from napari_wsss.widgets._drags import Drag, Drags
from napari_wsss.widgets._pane import Pane

if TYPE_CHECKING:
    from napari import Viewer

    from napari_wsss.widgets._case_layers import CaseLayers

SHARE = 0.58
"""Part of the room that the desk's own canvas keeps."""
WIDE = 1.1
"""Width to height of the room from which the canvases go to the side."""
PAUSE = 30
"""Milliseconds between two drawings while the mask is painted."""
Kind = tuple[int, int | None]
"""Axis cut across, and the one channel shown or None."""
ChooseInPane = Callable[[Pane, QMouseEvent], Drag | None]
Go = Callable[[Sequence[float]], None]


class Panes(QWidget):
    """The canvases that share the room of the desk's own, below it or at its side; nothing of them stays once closed.

    Args:
        viewer: in whose window they are.
        layers: the case on the desk.
        kinds: what each of them shows.
        choose: what a press of the mouse in one of them begins.
        go: called with the voxel (z, y, x) that the person scrolled to.

    Attributes:
        kinds: as given.
        panes: the canvases.
    """

    def __init__(
        self, viewer: Viewer, layers: CaseLayers, kinds: tuple[Kind, ...], choose: ChooseInPane, go: Go
    ) -> None:
        super().__init__()
        self._viewer, self._layers = viewer, layers
        self.kinds = kinds
        self.panes = [Pane(*kind, go) for kind in kinds]
        self._drags = [Drags(pane.canvas, partial(choose, pane)) for pane in self.panes]
        self._room: QSplitter = viewer.window._qt_viewer  # noqa: SLF001 (napari's canvas is the only part in it)
        self._split = QSplitter()
        for pane in self.panes:
            self._split.addWidget(pane.widget)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 2, 0, 2)
        column.addWidget(self._split)
        self._soon = QTimer(self)
        self._soon.setSingleShot(True)
        self._soon.setInterval(PAUSE)
        self._soon.timeout.connect(self._redraw)
        self._crosshair = False
        self._camera = viewer.scene.camera
        for event in (self._camera.events.zoom, self._camera.events.center):
            event.connect(self._on_camera)

    def open(self) -> None:
        """Share the room: side by side where it is wide, else one above the other."""
        wide = self._room.width() > WIDE * self._room.height()
        along, across = Qt.Orientation.Horizontal, Qt.Orientation.Vertical
        self._room.setOrientation(along if wide else across)
        self._split.setOrientation(across if wide else along)
        self._room.addWidget(self)
        own = self._room.width() if wide else self._room.height()
        self._room.setSizes([round(SHARE * own), round((1 - SHARE) * own)])
        self.show_case(self._layers)

    def close_all(self) -> None:
        """Close the canvases and give their room back."""
        self._soon.stop()
        for event in (self._camera.events.zoom, self._camera.events.center):
            event.disconnect(self._on_camera)
        for drags in self._drags:
            drags.close()
        for pane in self.panes:
            pane.close()
        self.panes, self._drags = [], []
        self.setParent(None)
        self._room.setOrientation(Qt.Orientation.Vertical)
        self.deleteLater()

    def show_case(self, layers: CaseLayers) -> None:
        """Show another case, or the same turned round."""
        self._layers = layers
        for pane in self.panes:
            pane.show(layers, self._viewer.theme)
        self.follow(self._crosshair)

    def follow(self, crosshair: bool) -> None:
        """Go to the point that all canvases share."""
        self._crosshair = crosshair
        for pane in self.panes:
            pane.follow(crosshair)

    def redraw_soon(self) -> None:
        """Draw map and mask anew; often asked, seldom done."""
        if not self._soon.isActive():
            self._soon.start()

    def set_theme(self, theme: str) -> None:
        """Follow the viewer's theme."""
        for pane in self.panes:
            pane.model.theme = theme

    def _on_camera(self) -> None:
        """Canvases of the same slice show the same part of it."""
        own = min(self._viewer.canvas.size)
        for pane in self.panes:
            if pane.channel is not None and own:
                pane.model.scene.camera.center = self._camera.center
                pane.model.scene.camera.zoom = self._camera.zoom * min(pane.canvas.size) / own

    def _redraw(self) -> None:
        for pane in self.panes:
            pane.redraw()
