"""Viewing: how the case on the desk is looked at — linked views, crosshair, letters, window, channels."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from qtpy.QtCore import QObject, QTimer, Signal

from napari_wsss.data.view import View
from napari_wsss.session.preferences import Preferences
from napari_wsss.widgets._canvas import Canvas
from napari_wsss.widgets._case_layers import CaseLayers
from napari_wsss.widgets._channels import Channels
from napari_wsss.widgets._crosshair import Crosshair
from napari_wsss.widgets._kept_look import KeptLook
from napari_wsss.widgets._letters import Letters
from napari_wsss.widgets._notify import tell
from napari_wsss.widgets._panes import Kind, Panes
from napari_wsss.widgets._pointing import Pointing
from napari_wsss.widgets._preferences import preferences_here
from napari_wsss.widgets._window_level import WindowLevel

if TYPE_CHECKING:
    from napari_wsss.widgets._desk import Desk

FLAT = "This scan is a single slice: there is nothing to cut across. Linked views come back with the next volume."

NEARLY = 1.3
"""Zoom off by no more than this still fills the canvas."""


class Viewing(QObject):
    """Everything about looking that is the same for all cases; off and empty until a case is there.

    Attributes:
        views: the other planes are wanted beside the desk's canvas.
        crosshair: the point that all canvases share is drawn.
        window: window and level.
        channels: how channels are shown.
        letters: R L A P S I of the desk's canvas.
        panes: the canvases beside it, or None.

    Signals:
        changed: views, crosshair.
        turned: the scan is shown in the other convention.
    """

    changed = Signal()
    turned = Signal()

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self._desk, viewer = desk, desk.viewer
        self.views = self.crosshair = False
        self.window, self.channels, self.letters = WindowLevel(viewer), Channels(), Letters(viewer)
        self.panes: Panes | None = None
        self._look = KeptLook()
        self._canvas = Canvas.of(viewer)
        self._canvas.unbox_brush()
        self._canvas.blacken()
        self._lines = Crosshair(self._canvas)
        self._pointing = Pointing(desk, self)
        self._layers: CaseLayers | None = None
        self.channels.changed.connect(self._arrange)
        desk.case_opened.connect(self._on_case)
        desk.case_closed.connect(self._on_closed)
        desk.mask.changed.connect(self._redraw)
        desk.ending.connect(self._end)
        viewer.events.theme.connect(self._on_theme)
        viewer.dims.events.order.connect(self._arrange)
        viewer.dims.events.ndisplay.connect(self._arrange)
        preferences_here().changed.connect(self._on_preferences)

    @property
    def why_no_views(self) -> str:
        """Why there is nothing to cut across; empty where there is."""
        return FLAT if self._layers is not None and self._layers.depth == 1 else ""

    def toggle_views(self) -> None:
        """Show the other planes beside the desk's canvas, with the crosshair that links them, or close them."""
        if self.why_no_views and not self.views:
            tell(self.why_no_views)
            return
        self.views = not self.views
        if self.views:
            self.crosshair = True
        self._arrange()
        self.changed.emit()

    def toggle_crosshair(self) -> None:
        """Draw the crosshair, or no more."""
        self.crosshair = not self.crosshair
        self._follow()
        self.changed.emit()

    def point_at(self, voxel: Sequence[float]) -> None:
        """Go to a voxel (z, y, x) in all canvases; of many in a row only the last is shown."""
        self._pointing.at(voxel)

    # ---- the case ------------------------------------------------------------------------------------------------

    def _on_case(self) -> None:
        layers = self._desk.layers
        if layers is None:
            return
        if layers is not self._layers:
            self._let_go()
            self._layers = layers
            layers.moved.connect(self._follow)
            layers.redrawn.connect(self._redraw)
            layers.turned.connect(self._on_turned)
            layers.mask_layer.events.labels_update.connect(self._redraw)
        self._look.show(layers)
        self.channels.show(layers)
        self.window.show(layers)
        self._show()

    def _on_closed(self) -> None:
        self._let_go()
        self._look.leave()
        self.channels.leave()
        self.window.leave()
        self.letters.show(None, View())
        self._follow()
        self._arrange()
        self.changed.emit()

    def _let_go(self) -> None:
        layers, self._layers = self._layers, None
        if layers is not None:
            layers.mask_layer.events.labels_update.disconnect(self._redraw)
            layers.moved.disconnect(self._follow)
            layers.redrawn.disconnect(self._redraw)
            layers.turned.disconnect(self._on_turned)
            self._close_panes()

    def _show(self) -> None:
        """Show the case, or the same turned round, in all canvases."""
        layers = self._layers
        if layers is None:
            return
        self.letters.show(layers.volume, layers.view)
        if self.panes is not None:
            self.panes.show_case(layers)
        self._arrange()
        self.changed.emit()

    def _on_turned(self) -> None:
        self._show()
        self.turned.emit()

    def _on_preferences(self, preferences: Preferences) -> None:
        if self._layers is not None and self._present:
            self._layers.turn(preferences.convention)

    @property
    def _present(self) -> bool:
        """Whether the layers of the case are in the viewer, and not just being taken away."""
        layers, viewer = self._layers, self._desk.viewer
        return layers is not None and viewer.dims.ndim >= 3 and layers.mask_layer in viewer.layers

    # ---- canvases ------------------------------------------------------------------------------------------------

    def _kinds(self) -> tuple[Kind, ...]:
        """Say which canvases are wanted beside the desk's own."""
        layers = self._layers
        if layers is None or not self._present:
            return ()
        kinds: list[Kind] = []
        if self.views and not self.why_no_views:
            own = [0] if layers.flat else []
            kinds += [(axis, None) for axis in range(3) if axis not in own]
        if self.channels.way == "beside" and self.channels.several:
            kinds += [(0, number) for number in range(len(self.channels.names)) if number != self.channels.chosen]
        return tuple(kinds)

    def _arrange(self) -> None:
        """Open and close canvases as wanted."""
        kinds = self._kinds()
        if kinds != (self.panes.kinds if self.panes is not None else ()):
            fitted = self._fitted()
            self._close_panes()
            if kinds and self._layers is not None:
                self.panes = Panes(self._desk.viewer, self._layers, kinds, self._pointing.choose_in_pane, self.point_at)
                self.panes.open()
            if fitted and self._present:
                QTimer.singleShot(0, self._desk.viewer.reset_view)  # once the canvas has its new size
        self._follow()

    def _fitted(self) -> bool:
        """Whether the picture about fills the canvas, as napari's "home" shows it; then it stays so."""
        camera = self._desk.viewer.scene.camera
        before = camera.center, camera.zoom, camera.angles
        self._desk.viewer.reset_view()
        fitted = bool(1 / NEARLY < camera.zoom / before[1] < NEARLY)
        camera.center, camera.zoom, camera.angles = before
        return fitted

    def _close_panes(self) -> None:
        panes, self.panes = self.panes, None
        if panes is not None:
            panes.close_all()

    def _follow(self) -> None:
        """Bring all canvases to the point they share."""
        layers, dims = self._layers, self._desk.viewer.dims
        if layers is not None and not self._present:
            return
        if self.panes is not None:
            self.panes.follow(self.crosshair)
        if layers is None or not self.crosshair or dims.ndisplay != 2 or min(dims.displayed) < dims.ndim - 3:
            self._lines.hide()
            return
        scale, shape = layers.mask_layer.scale, layers.mask_layer.data.shape
        place = layers.view.place(layers.point, layers.mask.shape)
        down, right = (axis - (dims.ndim - 3) for axis in dims.displayed)
        at = (place[down] * scale[down], place[right] * scale[right])
        box = (
            (-scale[down] / 2, -scale[right] / 2),
            ((shape[down] - 0.5) * scale[down], (shape[right] - 0.5) * scale[right]),
        )
        self._lines.show(at, box)

    def _redraw(self) -> None:
        if self.panes is not None:
            self.panes.redraw_soon()

    def _on_theme(self) -> None:
        if self.panes is not None:
            self.panes.set_theme(self._desk.viewer.theme)

    def _end(self) -> None:
        """The viewer goes away."""
        self._pointing.close()
        preferences_here().changed.disconnect(self._on_preferences)
        self._let_go()
        self._close_panes()
        self._lines.close()
        self.letters.close()
        self.window.close()
