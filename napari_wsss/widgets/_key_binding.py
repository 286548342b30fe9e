"""KeysOnDesk: the keys of the desk, bound in its viewer as the person wants them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from napari.layers import Points, Shapes
from qtpy.QtCore import QObject, Signal

from napari_wsss.widgets._box_layer import NAME as BOXES
from napari_wsss.widgets._desk import Desk
from napari_wsss.widgets._key import Key
from napari_wsss.widgets._key_focus import KeyFocus, typing
from napari_wsss.widgets._key_help import KeyHelp
from napari_wsss.widgets._key_tips import KeyTips
from napari_wsss.widgets._keys import keys_in_use
from napari_wsss.widgets._preferences import preferences_here


class KeysOnDesk(QObject):
    """Binds every key on the viewer and on its layers, so that a layer's own keys do not come first.

    The person's own Shapes and Points layers keep napari's keys for drawing while they are active. Nothing happens
    while the person types in a text field.

    Attributes:
        keys: name → deed with the key that does it now.

    Signals:
        changed: other keys do what these did.
    """

    changed = Signal()

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self._desk = desk
        self.keys: dict[str, Key] = {}
        self._by_key: dict[str, Callable[..., Any]] = {}
        window = desk.viewer.window
        self._focus = KeyFocus(window._qt_window, window._qt_viewer.canvas.native, self)  # noqa: SLF001
        desk.viewer.layers.events.inserted.connect(self._on_layer)
        preferences_here().changed.connect(self.rebind)
        desk.ending.connect(self._end)
        self._tips = KeyTips(self)
        KeyHelp(desk, self)
        self.rebind()

    def rebind(self) -> None:
        """Bind the keys that the person wants now; those of before are given back to napari."""
        self._unbind()
        self.keys = keys_in_use(preferences_here().value.own_keys)
        self._by_key = {key.key: self._pressed(key) for key in self.keys.values() if key.key}
        for provider in self._providers():
            self._bind(provider)
        self.changed.emit()

    def bound(self, name: str) -> bool:
        """Whether a key does something here."""
        return name in self._by_key

    def press(self, name: str) -> None:
        """Do what a key does."""
        self._by_key[name]()

    def _pressed(self, key: Key) -> Callable[..., Callable[[], None]]:
        def pressed(_: object = None) -> Callable[[], None]:
            if self._desk.loaded is not None and not typing():
                key.do(self._desk)
            return _released

        return pressed

    def _providers(self) -> list[Any]:
        """Give what napari asks for keys, the layers first."""
        return [*(layer for layer in self._desk.viewer.layers if _listens(layer)), self._desk.viewer]

    def _bind(self, provider: Any) -> None:  # noqa: ANN401
        for name, pressed in self._by_key.items():
            provider.bind_key(name, pressed, overwrite=True)

    def _unbind(self) -> None:
        for provider in self._providers():
            for name, pressed in self._by_key.items():
                if pressed in provider.keymap.values():
                    provider.bind_key(name, None)

    def _on_layer(self, event: Any) -> None:  # noqa: ANN401
        if _listens(event.value):
            self._bind(event.value)

    def _end(self) -> None:
        preferences_here().changed.disconnect(self.rebind)
        self._desk.viewer.layers.events.inserted.disconnect(self._on_layer)
        self._focus.end()
        self._tips.end()
        self._unbind()


def _released() -> None:
    """Do nothing when the key is let go.

    Without it napari would do again what it keeps for the letter alone: after Z (move the picture) the end of Ctrl+Z
    would bring the tool back that was in the hand before.
    """


def keys_on(desk: Desk) -> KeysOnDesk:
    """Give the keys of a desk; bound at first asking."""
    found = desk.findChild(KeysOnDesk)
    return found if found is not None else KeysOnDesk(desk)


def _listens(layer: Any) -> bool:  # noqa: ANN401
    return not isinstance(layer, Shapes | Points) or layer.name == BOXES
