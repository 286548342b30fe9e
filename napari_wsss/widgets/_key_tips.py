"""KeyTips: tooltips that name a key name the one that the person chose."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from qtpy.QtCore import QEvent, QObject
from qtpy.QtGui import QHelpEvent
from qtpy.QtWidgets import QApplication, QToolTip, QWidget

from napari_wsss.widgets._key_names import key_name, shown
from napari_wsss.widgets._keys import USUAL

if TYPE_CHECKING:
    from napari_wsss.widgets._key_binding import KeysOnDesk

_NAMED = re.compile(r" ?\(key: ([^)]+)\)")
_DEEDS = {key: name for name, key in USUAL.items()}


class KeyTips(QObject):
    """Tooltips are written with the usual keys; those that do something else now are replaced as a tooltip opens.

    Args:
        keys: the keys of the desk; they own this object.
    """

    def __init__(self, keys: KeysOnDesk) -> None:
        super().__init__(keys)
        self._keys = keys
        QApplication.instance().installEventFilter(self)

    def text(self, tip: str) -> str:
        """Give a tooltip with the keys that work now; a deed without a key is told without."""
        return _NAMED.sub(self._named, tip)

    def _named(self, found: re.Match[str]) -> str:
        deed = _DEEDS.get(key_name(found[1]))
        if deed is None:  # a key of napari's own
            return found[0]
        key = self._keys.keys[deed].key
        return f" (key: {shown(key)})" if key else ""

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802 (Qt's name)
        """Show the tooltip with the present keys, if they are others than those it names."""
        if event.type() != QEvent.Type.ToolTip or not isinstance(watched, QWidget) or not isinstance(event, QHelpEvent):
            return False
        tip = watched.toolTip()
        text = self.text(tip)
        if text == tip:
            return False
        QToolTip.showText(event.globalPos(), text, watched)
        return True

    def end(self) -> None:
        """Stop listening."""
        QApplication.instance().removeEventFilter(self)
