"""Keys for looking: map, mask, outline, linked views, crosshair, window."""

from __future__ import annotations

from typing import Any

from napari_wsss.widgets._desk import Desk
from napari_wsss.widgets._key import Key


def _toggle(desk: Desk, name: str) -> None:
    layer: Any = getattr(desk.layers, name)
    layer.visible = not layer.visible


def _outline(desk: Desk) -> None:
    if desk.layers is not None:
        desk.layers.mask_layer.contour = 0 if desk.layers.mask_layer.contour else 1


VIEW_KEYS: tuple[Key, ...] = (
    Key("map", "H", "map on or off", lambda desk: _toggle(desk, "map_layer")),
    Key("mask", "K", "mask on or off", lambda desk: _toggle(desk, "mask_layer")),
    Key("outline", "U", "outline or filled", _outline),
    Key("views", "V", "linked views on or off", lambda desk: desk.viewing.toggle_views()),
    Key("crosshair", "C", "crosshair on or off", lambda desk: desk.viewing.toggle_crosshair()),
    Key("window", "W", "window and level with the left button, or no more", lambda desk: desk.viewing.window.toggle()),
)
