"""KeptLook: how map and mask look goes with the person from case to case, also where layers are made anew."""

from __future__ import annotations

from typing import Any

from napari_wsss.widgets._case_layers import CaseLayers

_WATCHED = {"map_layer": ("visible", "opacity"), "mask_layer": ("visible", "opacity", "contour")}


class KeptLook:
    """Remembers visibility, opacity and outline of map and mask, whoever changes them."""

    def __init__(self) -> None:
        self._layers: CaseLayers | None = None
        self._look: dict[tuple[str, str], Any] = {}

    def show(self, layers: CaseLayers) -> None:
        """Give the layers of the case the look of those before."""
        if layers is self._layers:
            return
        self.leave()
        self._layers = layers
        for (name, knob), value in self._look.items():
            setattr(getattr(layers, name), knob, value)
        for name, knobs in _WATCHED.items():
            for knob in knobs:
                getattr(getattr(layers, name).events, knob).connect(self._remember)
        self._remember()

    def leave(self) -> None:
        """Let go of the layers."""
        for name, knobs in _WATCHED.items() if self._layers is not None else ():
            for knob in knobs:
                getattr(getattr(self._layers, name).events, knob).disconnect(self._remember)
        self._layers = None

    def _remember(self) -> None:
        self._look = {
            (name, knob): getattr(getattr(self._layers, name), knob)
            for name, knobs in _WATCHED.items()
            for knob in knobs
        }
