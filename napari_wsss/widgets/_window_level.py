"""Window and level of the scan on the desk: dragged with the mouse, chosen by name, kept from case to case."""

from __future__ import annotations

from typing import Any

from napari.components.overlays import TextOverlay
from qtpy.QtCore import QObject, Signal

from napari_wsss.data.windows import CT_WINDOWS, Window, in_hounsfield
from napari_wsss.widgets._case_layers import CaseLayers
from napari_wsss.widgets._drags import Drag
from napari_wsss.widgets._notify import tell

AUTO, BY_HAND = "auto", "by hand"
NO_WINDOW = "A colour picture has no window to set: its colours are shown as they are."
_OVERLAY = "wsss_window"


class WindowLevel(QObject):
    """What is shown black and white, channel by channel.

    A window chosen by name is kept for the next cases. One dragged by hand is kept in Hounsfield units where those are
    the intensities; elsewhere, as MR has no units, it is kept relative to what "auto" gives.

    Args:
        model: the viewer model whose canvas shows the read-out.

    Attributes:
        on: the left mouse button sets the window.

    Signals:
        changed: window, its name, or ``on``.
    """

    changed = Signal()

    def __init__(self, model: Any) -> None:  # noqa: ANN401
        super().__init__()
        self._model = model
        self._layers: CaseLayers | None = None
        self._kept: dict[tuple[str, bool], str | Window] = {}  # by channel, and whether in Hounsfield units
        self._auto: dict[str, Window] = {}
        self._units = self._quiet = False
        self.on = False
        self._readout = TextOverlay(position="bottom_left", font_size=11)
        model.canvas.overlays[_OVERLAY] = self._readout
        model.layers.selection.events.active.connect(self._tell)

    def show(self, layers: CaseLayers) -> None:
        """Take the case just put on the desk, which is shown as "auto" until here."""
        if self._layers is not layers:
            self._let_go()
            self._layers = layers
            for layer in layers.images:
                layer.events.contrast_limits.connect(self._on_limits)
                layer.events.visible.connect(self._tell)
        self._units = in_hounsfield(layers.volume)
        self._auto = {layer.name: Window.between(*layer.contrast_limits) for layer in self._grey}
        for layer in self._grey:
            self._set(layer, self._kept_for(layer.name))
        self._tell()

    def close(self) -> None:
        """Let go of the layers and the canvas."""
        self._let_go()
        self._model.layers.selection.events.active.disconnect(self._tell)
        del self._model.canvas.overlays[_OVERLAY]

    def leave(self) -> None:
        """No case is on the desk."""
        self._let_go()
        self._tell()

    @property
    def choices(self) -> tuple[str, ...]:
        """Names of the windows that suit the scan: those of CT where intensities are Hounsfield units."""
        return (AUTO, *CT_WINDOWS) if self._units else (AUTO,)

    @property
    def chosen(self) -> str:
        """Name of the window in use, or "by hand"."""
        layer = self.target
        kept = self._kept.get((layer.name, self._units), AUTO) if layer is not None else AUTO
        return kept if isinstance(kept, str) and kept in self.choices else BY_HAND if kept != AUTO else AUTO

    @property
    def target(self) -> Any:  # noqa: ANN401 (a napari layer, or None)
        """The channel whose window is set: the one picked in the layer list, else the topmost that is seen."""
        seen = [layer for layer in self._grey if layer.visible]
        active = self._model.layers.selection.active
        return active if active in seen else seen[-1] if seen else None

    @property
    def window(self) -> Window | None:
        """The window of that channel."""
        return Window.between(*self.target.contrast_limits) if self.target is not None else None

    @property
    def why_not(self) -> str:
        """Why no window can be set; empty where one can."""
        return NO_WINDOW if self._layers is not None and self._layers.volume.rgb else ""

    def choose(self, name: str) -> None:
        """Use a window by name, for all channels seen."""
        for layer in self._grey:
            if layer.visible and name in self.choices:
                self._kept[layer.name, self._units] = name
                self._set(layer, self._kept_for(layer.name))
        self._tell()

    def set(self, window: Window, layer: Any = None) -> None:  # noqa: ANN401
        """Set the window of a channel by hand; of the one at hand when None."""
        layer = layer if layer is not None else self.target
        if layer is not None:
            layer.contrast_limits = window.limits

    def toggle(self) -> None:
        """Let the left mouse button set the window, or no more."""
        if self.why_not and not self.on:
            tell(self.why_not)
            return
        self.on = not self.on
        self._tell()

    def drag(self, layer: Any = None, *, patient: bool = False) -> Drag | None:  # noqa: ANN401
        """Begin to drag the window of a channel; of the one at hand when None."""
        layer = layer if layer is not None else self.target
        if layer is None:
            return Drag(lambda _x, _y: None, patient)
        began: list[tuple[float, float, Window]] = []

        def move(x: float, y: float) -> None:
            if not began:
                began.append((x, y, Window.between(*layer.contrast_limits)))
            x0, y0, window = began[0]
            self.set(window.moved(x - x0, y0 - y), layer)

        return Drag(move, patient)

    @property
    def _grey(self) -> list[Any]:
        if self._layers is None or self._layers.volume.rgb:
            return []
        return self._layers.images

    def _kept_for(self, name: str) -> Window:
        """Give the window kept for a channel, fitted to this scan."""
        kept, auto = self._kept.get((name, self._units), AUTO), self._auto[name]
        if isinstance(kept, str):
            return CT_WINDOWS[kept] if kept in CT_WINDOWS and self._units else auto
        return kept if self._units else kept.of(auto)

    def _set(self, layer: Any, window: Window) -> None:  # noqa: ANN401
        self._quiet = True
        try:
            layer.contrast_limits = window.limits
        finally:
            self._quiet = False

    def _on_limits(self, event: Any) -> None:  # noqa: ANN401
        """Somebody changed the window: a drag, or napari's own slider."""
        layer = event.source
        turning = self._layers is None or self._layers.turning
        if not self._quiet and not turning and layer.name in self._auto:
            window = Window.between(*layer.contrast_limits)
            kept = window if self._units else window.relative_to(self._auto[layer.name])
            self._kept[layer.name, self._units] = kept
            self._tell()

    def _tell(self) -> None:
        window = self.window
        self._readout.text = window.words if window is not None else " "
        self._readout.visible = self.on and window is not None
        self.changed.emit()

    def _let_go(self) -> None:
        for layer in self._layers.images if self._layers is not None else []:
            layer.events.contrast_limits.disconnect(self._on_limits)
            layer.events.visible.disconnect(self._tell)
        self._layers = None
        self._auto = {}
