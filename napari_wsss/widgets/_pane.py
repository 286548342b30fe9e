"""Pane: one more canvas of the case on the desk, cut across another axis, or showing another channel."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from napari.components import ViewerModel
from napari.qt import QtViewer
from qtpy.QtCore import Qt

from napari_wsss.data.view import View, plane_of, view_of
from napari_wsss.data.volume import Volume
from napari_wsss.widgets._canvas import Canvas
from napari_wsss.widgets._case_layers import CaseLayers
from napari_wsss.widgets._crosshair import Crosshair
from napari_wsss.widgets._layers import pictures
from napari_wsss.widgets._letters import Letters
from napari_wsss.widgets._mirror import IMAGE, MASK, PICTURE, Mirror

SMALLEST = 120
"""Pixels below which a canvas shows nothing of use."""


class Pane:
    """A canvas whose layers look into the same arrays as those of the desk; nothing is copied.

    Args:
        through: the axis cut across: 0 for slices as scanned, 1 for Y, 2 for X.
        channel: the one channel it shows; None for what the desk shows.
        go: called with the voxel (z, y, x) that the person scrolled to with the wheel and Ctrl.

    Attributes:
        model: the viewer model behind the canvas.
        widget: the canvas, to be laid out.
        canvas: the canvas, as mouse and crosshair know it.
        letters: R L A P S I at its edges.
    """

    def __init__(self, through: int, channel: int | None, go: Callable[[Sequence[float]], None]) -> None:
        self.through, self.channel, self._go = through, channel, go
        self._following = False
        self.model = ViewerModel()
        self.widget = QtViewer(self.model)
        self.widget.dims.hide()  # the crosshair moves the slice
        self.widget.setMinimumSize(SMALLEST, SMALLEST)
        self.canvas = Canvas(self.widget)
        self.canvas.blacken()
        self.canvas.native.setFocusPolicy(Qt.FocusPolicy.NoFocus)  # keys go to the desk's own canvas
        self.letters = Letters(self.model)
        self._crosshair = Crosshair(self.canvas)
        self._layers: CaseLayers | None = None
        self._mirrors: list[Mirror] = []
        self._view = View()
        self._fitted = 0.0
        self.model.canvas.overlays["text"].visible = True
        self.model.canvas.overlays["text"].position = "top_left"
        self.model.canvas.overlays["text"].font_size = 7
        self.model.canvas.events.size.connect(self._on_size)
        self.model.dims.events.current_step.connect(self._on_step)

    @property
    def view(self) -> View:
        """How the scan is turned here."""
        return self._view

    @property
    def crosshair(self) -> tuple[float, float] | None:
        """(row, column) in mm where the crosshair is drawn; None while it is not."""
        return self._crosshair.place if self._crosshair.visible else None

    def show(self, layers: CaseLayers, theme: str) -> None:
        """Show the case of ``layers``."""
        self._layers, volume, self._following = layers, layers.volume, True
        self.model.theme = theme
        self._view = view_of(volume, layers.convention, self.through)
        self._unmirror()
        if self._fits(layers):
            self._refill(layers)
        else:
            self._fill(layers)
        self._mirror(layers)
        self.letters.show(volume, self._view)
        self.fit()
        self._following = False

    def follow(self, crosshair: bool) -> None:
        """Go to the point that all canvases share, and draw the crosshair there or not."""
        if self._layers is None:
            return
        shape, scale = self._layers.mask.shape, self._scale(self._layers.volume)
        through, row, column = self._view.place(self._layers.point, shape)
        self._following = True
        self.model.dims.set_point(0, through * scale[0])
        self._following = False
        self.model.canvas.overlays["text"].text = self._words(int(through))
        if not crosshair:
            self._crosshair.hide()
            return
        _, rows, columns = (shape[axis] for axis in self._view.axes)
        box = ((-scale[1] / 2, -scale[2] / 2), ((rows - 0.5) * scale[1], (columns - 0.5) * scale[2]))
        self._crosshair.show((row * scale[1], column * scale[2]), box)

    def redraw(self) -> None:
        """Draw map and mask anew, which changed in place."""
        for layer in self.model.layers[-2:]:
            if layer.visible:
                layer.refresh(thumbnail=False, highlight=False, extent=False)

    def voxel(self, x: float, y: float) -> tuple[float, float, float] | None:
        """Give the voxel (z, y, x) under a pixel of the canvas, also a little outside of the scan."""
        if self._layers is None:
            return None
        scale = self._scale(self._layers.volume)
        row, column = self.canvas.world(x, y)
        place = (self.model.dims.point[0] / scale[0], row / scale[1], column / scale[2])
        return self._view.voxel(place, self._layers.mask.shape)

    def fit(self) -> None:
        """Fit the picture into the canvas."""
        self.model.reset_view(margin=0.02)
        self._fitted = self.model.scene.camera.zoom

    def close(self) -> None:
        """Let go of the case's layers and of everything drawn."""
        self._unmirror()
        self.model.canvas.events.size.disconnect(self._on_size)
        self.model.dims.events.current_step.disconnect(self._on_step)
        self._crosshair.close()
        self._layers = None
        self.widget.close()

    def _on_step(self) -> None:
        """The person scrolled here: all canvases go to that slice."""
        if self._layers is not None and not self._following:
            voxel = list(self._layers.point)
            voxel[self.through] = round(self.model.dims.point[0] / self._scale(self._layers.volume)[0])
            self._go(voxel)

    def _on_size(self) -> None:
        """Fit again, unless the person has zoomed."""
        if self._layers is not None and abs(self.model.scene.camera.zoom - self._fitted) < 1e-6:
            self.fit()

    def _words(self, number: int) -> str:
        if self._layers is None:
            return ""
        if self.channel is not None:
            return self._layers.volume.channels[self.channel]
        return f"{plane_of(self._layers.volume, self.through)} {number}"

    def _scale(self, volume: Volume) -> tuple[float, float, float]:
        return self._view.scale(volume.geometry.spacing)

    def _arrays(self, layers: CaseLayers) -> list[Any]:
        every = pictures(layers.volume, self._view)
        chosen = every if self.channel is None else [every[self.channel]]
        return [*chosen, self._view.apply(layers.heat), self._view.apply(layers.mask)]

    def _sources(self, layers: CaseLayers) -> list[Any]:
        images = layers.images if self.channel is None else [layers.images[self.channel]]
        return [*images, layers.map_layer, layers.mask_layer]

    def _fits(self, layers: CaseLayers) -> bool:
        """Whether the canvas has layers of the right kinds already: refilling them is faster than making them."""
        kinds = [bool(getattr(layer, "rgb", False)) for layer in self._sources(layers)]
        return kinds == [bool(getattr(layer, "rgb", False)) for layer in self.model.layers]

    def _refill(self, layers: CaseLayers) -> None:
        for layer, array in zip(self.model.layers, self._arrays(layers), strict=True):
            layer.data = array
            layer.scale = self._scale(layers.volume)

    def _fill(self, layers: CaseLayers) -> None:
        if self.model.layers:
            self.model.layers.clear()
        *images, heat, mask = self._arrays(layers)
        scale, rgb = self._scale(layers.volume), layers.volume.rgb
        for array in images:
            limits = {} if rgb else {"contrast_limits": (0.0, 1.0)}
            self.model.add_image(array, rgb=rgb, scale=scale, **limits)
        self.model.add_image(heat, contrast_limits=(0.0, 1.0), scale=scale)
        self.model.add_labels(mask, scale=scale)

    def _mirror(self, layers: CaseLayers) -> None:
        names: tuple[str, ...] = PICTURE if layers.volume.rgb else IMAGE
        if self.channel is not None:
            names = tuple(name for name in names if name != "visible")
            self.model.layers[0].visible = True
        sources = self._sources(layers)
        kinds = [*[names] * (len(sources) - 2), IMAGE, MASK]
        self._mirrors = [
            Mirror(source, target, wanted)
            for source, target, wanted in zip(sources, self.model.layers, kinds, strict=True)
        ]

    def _unmirror(self) -> None:
        for mirror in self._mirrors:
            mirror.close()
        self._mirrors = []
