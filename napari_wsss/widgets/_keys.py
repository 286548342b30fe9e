"""One key for each thing done often; the same table binds them and is shown in the Review dock."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from napari_wsss.widgets._decisions import accept, reject
from napari_wsss.widgets._desk import Desk

if TYPE_CHECKING:
    from napari import Viewer


@dataclass(frozen=True)
class Key:
    """A key, what it does in words, and the deed."""

    key: str
    words: str
    do: Callable[[Desk], object]


def accept_slice(desk: Desk) -> None:
    """Accept the slice shown."""
    if desk.layers is not None:
        accept(desk, [desk.layers.slice_index])


def _toggle(desk: Desk, name: str) -> None:
    layer: Any = getattr(desk.layers, name)
    layer.visible = not layer.visible


def _outline(desk: Desk) -> None:
    if desk.layers is not None:
        desk.layers.mask_layer.contour = 0 if desk.layers.mask_layer.contour else 1


def _accept(desk: Desk) -> None:
    accept(desk)


KEYS: tuple[Key, ...] = (
    Key("A", "accept the mask of this case", _accept),
    Key("Shift-A", "accept the slice shown", accept_slice),
    Key("R", "reject", lambda desk: reject(desk, "")),
    Key("N", "next case", lambda desk: desk.step_case(1)),
    Key("Shift-N", "previous case", lambda desk: desk.step_case(-1)),
    Key("H", "map on or off", lambda desk: _toggle(desk, "map_layer")),
    Key("K", "mask on or off", lambda desk: _toggle(desk, "mask_layer")),
    Key("U", "outline or filled", _outline),
    Key("Alt-Z", "take the last slider move back", lambda desk: desk.tuning.undo()),
    Key("Shift-Alt-Z", "do the slider move again", lambda desk: desk.tuning.redo()),
)


def bind_keys(desk: Desk) -> None:
    """Bind all keys in the desk's viewer. A layer's own keys (brush, eraser, fill, …) come first."""
    for key in KEYS:
        desk.viewer.bind_key(key.key, _pressed(desk, key.do), overwrite=True)


def _pressed(desk: Desk, do: Callable[[Desk], object]) -> Callable[[Viewer], None]:
    def pressed(_: Viewer) -> None:
        if desk.loaded is not None:
            do(desk)

    return pressed
