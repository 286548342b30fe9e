"""The line at the bottom of the window: keys that are bound, where napari's own line would name keys that are not."""

from __future__ import annotations

from typing import Any

from qtpy.QtCore import QObject, QTimer

from napari_wsss.widgets._desk import Desk
from napari_wsss.widgets._key_names import shown
from napari_wsss.widgets._napari_keys import napari_keys

_NAMED = ("brush", "eraser", "fill", "move and zoom the picture", "smaller brush", "larger brush")


class KeyHelp(QObject):
    """Puts the desk's line in place of napari's while the mask is the layer that is painted.

    Args:
        desk: the desk.
        keys: the keys on it; a KeysOnDesk.
    """

    def __init__(self, desk: Desk, keys: Any) -> None:  # noqa: ANN401 (it makes this object)
        super().__init__(keys)
        self._desk, self._keys = desk, keys
        self._soon = QTimer(self)  # napari still has to tell its own line to others
        self._soon.setSingleShot(True)
        self._soon.timeout.connect(self._put)
        desk.viewer.events.help.connect(self._on_help)
        desk.ending.connect(self._end)

    def _on_help(self, _: object = None) -> None:
        self._soon.start(0)

    def _put(self) -> None:
        layers, viewer = self._desk.layers, self._desk.viewer
        if layers is None or viewer.layers.selection.active is not layers.mask_layer:
            return
        words = self._words()
        if viewer.help and viewer.help != words:
            viewer.help = words

    def _words(self) -> str:
        ours = [key.key for key in self._keys.keys.values()]
        named = [f"{shown(key)} {words}" for key, words in napari_keys(ours).items() if words in _NAMED]
        return " · ".join([*named, "all keys: Review dock"])

    def _end(self) -> None:
        self._soon.stop()
        self._desk.viewer.events.help.disconnect(self._on_help)
