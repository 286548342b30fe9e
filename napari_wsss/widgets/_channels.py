"""Channels of the scan on the desk: one at a time, blended in colours, or side by side."""

from __future__ import annotations

from typing import Any, Literal, get_args

from qtpy.QtCore import QObject, Signal

from napari_wsss.widgets._case_layers import CaseLayers

Way = Literal["one", "blended", "beside"]
WAYS: dict[Way, str] = {"one": "one at a time", "blended": "blended", "beside": "side by side"}
_COLOURS = {
    2: ("green", "magenta"),
    3: ("red", "green", "blue"),
    4: ("red", "green", "blue", "gray"),
}
"""Number of channels → colours that add up to grey where all channels are equally bright."""


class Channels(QObject):
    """How the channels are shown; kept from case to case.

    Attributes:
        way: one at a time, blended, or side by side.

    Signals:
        changed: way, channel or weights.
    """

    changed = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.way: Way = "one"
        self._layers: CaseLayers | None = None
        self._chosen = ""
        self._weights: dict[str, float] = {}

    def show(self, layers: CaseLayers) -> None:
        """Take the case just put on the desk; layers that were there already stay as the person left them."""
        new, self._layers = self._layers is not layers, layers
        if new and self.several:
            self._apply()
        self.changed.emit()

    def leave(self) -> None:
        """No case is on the desk."""
        self._layers = None
        self.changed.emit()

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the channels; none for a colour picture."""
        layers = self._layers
        return () if layers is None or layers.volume.rgb else tuple(layers.volume.channels)

    @property
    def several(self) -> bool:
        """Whether there is more than one."""
        return len(self.names) > 1

    @property
    def chosen(self) -> int:
        """Number of the channel shown, or shown first."""
        return self.names.index(self._chosen) if self._chosen in self.names else 0

    def choose(self, number: int) -> None:
        """Show another channel."""
        self._chosen = self.names[number]
        self._apply()
        self.changed.emit()

    def go(self, way: Way) -> None:
        """Show the channels another way."""
        if way not in get_args(Way):
            raise ValueError(f"'{way}' is no way to show channels. Choose one of {', '.join(get_args(Way))}.")
        if way == self.way:
            return
        self.way = way
        self._apply()
        self.changed.emit()

    def weight(self, number: int) -> float:
        """Give how strongly a channel counts in the blend, 0 to 1."""
        return self._weights.get(self.names[number], 1.0)

    def weigh(self, number: int, weight: float) -> None:
        """Let a channel count more or less in the blend."""
        self._weights[self.names[number]] = weight
        if self._layers is not None and self.way == "blended":
            self._layers.images[number].opacity = weight
        self.changed.emit()

    def colour(self, number: int) -> str:
        """Give the colour of a channel in the blend."""
        colours = _COLOURS.get(len(self.names), ("red", "green", "blue", "cyan", "magenta", "yellow"))
        return colours[number % len(colours)]

    def _apply(self) -> None:
        if self._layers is None or not self.several:
            return
        for number, layer in enumerate(self._layers.images):
            if self.way == "blended":
                self._blend(layer, number)
            else:
                self._alone(layer, number)

    def _blend(self, layer: Any, number: int) -> None:  # noqa: ANN401
        layer.colormap, layer.blending = self.colour(number), "additive"
        layer.opacity, layer.visible = self.weight(number), True

    def _alone(self, layer: Any, number: int) -> None:  # noqa: ANN401
        if layer.blending == "additive":  # it comes from a blend
            layer.colormap, layer.blending, layer.opacity = "gray", "translucent_no_depth", 1.0
        layer.visible = number == self.chosen
