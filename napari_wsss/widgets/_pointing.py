"""Pointing: what the mouse means in the desk's canvas and in those beside it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from qtpy.QtCore import QEvent, QObject, Qt, QTimer
from qtpy.QtGui import QMouseEvent

from napari_wsss.widgets._canvas import Canvas
from napari_wsss.widgets._drags import Drag, Drags
from napari_wsss.widgets._pane import Pane

if TYPE_CHECKING:
    from napari_wsss.widgets._desk import Desk
    from napari_wsss.widgets._viewing import Viewing

_LEFT, _RIGHT = Qt.MouseButton.LeftButton, Qt.MouseButton.RightButton
_PLAIN, _SHIFT = Qt.KeyboardModifier.NoModifier, Qt.KeyboardModifier.ShiftModifier


class Pointing(QObject):
    """Right button: window and level. Left button: the crosshair, where no brush is in hand; in mode W the window.

    Everything else stays napari's.
    """

    def __init__(self, desk: Desk, viewing: Viewing) -> None:
        super().__init__(viewing)
        self._desk, self._viewing = desk, viewing
        self._canvas = Canvas.of(desk.viewer)
        self._drags = Drags(self._canvas, self._choose)
        self._aim: Sequence[float] | None = None
        self._soon = QTimer(self)
        self._soon.setSingleShot(True)
        self._soon.timeout.connect(self._go)

    def at(self, voxel: Sequence[float]) -> None:
        """Go to a voxel (z, y, x) in all canvases; of many in a row only the last is shown."""
        self._aim = voxel
        self._soon.start(0)

    def close(self) -> None:
        """Hear the mouse no longer."""
        self._soon.stop()
        self._drags.close()

    def choose_in_pane(self, pane: Pane, event: QMouseEvent) -> Drag | None:
        """Say what a press in another canvas begins."""
        layers = self._desk.layers
        if layers is None:
            return None
        layer = layers.images[pane.channel] if pane.channel is not None else None
        if drag := self._window_drag(event, layer):
            return drag
        if event.button() != _LEFT or event.modifiers() != _PLAIN:
            return None
        if event.type() == QEvent.Type.MouseButtonDblClick:
            pane.fit()

        def aim(x: float, y: float) -> None:
            voxel = pane.voxel(x, y)
            if voxel is not None:
                self.at(voxel)

        return Drag(aim)

    def _choose(self, event: QMouseEvent) -> Drag | None:
        """Say what a press in the desk's own canvas begins."""
        if self._desk.layers is None:
            return None
        if drag := self._window_drag(event):
            return drag
        if event.button() != _LEFT or not self._viewing.crosshair or self._desk.viewer.dims.ndisplay != 2:
            return None
        plain = event.modifiers() == _PLAIN and self._moving and not self._drags.space
        return Drag(self._aim_here) if plain or event.modifiers() == _SHIFT else None

    def _window_drag(self, event: QMouseEvent, layer: object = None) -> Drag | None:
        if event.modifiers() != _PLAIN:
            return None
        window = self._viewing.window
        if event.button() == _RIGHT:
            return window.drag(layer, patient=True)
        return window.drag(layer) if event.button() == _LEFT and window.on else None

    @property
    def _moving(self) -> bool:
        """Whether the tool at hand is the one that moves the picture."""
        active = self._desk.viewer.layers.selection.active
        return str(getattr(active, "mode", "pan_zoom")) == "pan_zoom" and not self._desk.clicks.on

    def _aim_here(self, x: float, y: float) -> None:
        layers, dims = self._desk.layers, self._desk.viewer.dims
        if layers is None:
            return
        place = list(dims.point[-3:])
        for axis, value in zip(dims.displayed, self._canvas.world(x, y), strict=True):
            if axis >= dims.ndim - 3:
                place[axis - (dims.ndim - 3)] = value
        scale = layers.mask_layer.scale
        self.at(layers.view.voxel([at / size for at, size in zip(place, scale, strict=True)], layers.mask.shape))

    def _go(self) -> None:
        aim, self._aim = self._aim, None
        layers = self._desk.layers
        if aim is not None and layers is not None and self._desk.viewer.dims.ndim >= 3:
            shape = layers.mask.shape
            layers.point = [min(max(round(at), 0), size - 1) for at, size in zip(aim, shape, strict=True)]
