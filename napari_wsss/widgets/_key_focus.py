"""Keys while the mouse was last used in a dock: they work there as in the picture, but never in a text field."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qtpy.QtCore import QEvent, QObject, Qt
from qtpy.QtGui import QKeyEvent
from qtpy.QtWidgets import (
    QAbstractSpinBox,
    QApplication,
    QComboBox,
    QDialog,
    QLineEdit,
    QPlainTextEdit,
    QTextEdit,
    QWidget,
)

from napari_wsss.widgets._key_names import event_name

if TYPE_CHECKING:
    from napari_wsss.widgets._key_binding import KeysOnDesk

_KEYS = (QEvent.Type.KeyPress, QEvent.Type.KeyRelease)


class KeyFocus(QObject):
    """Does what letters and digits do that are pressed in a control of the window.

    Lists and menus would swallow them to search their entries. Arrows, Enter, Space and the like stay the control's.
    Esc in a text field goes back to the picture.

    Args:
        window: the window; its docks count, floating ones too.
        canvas: the picture, where napari hears the keys itself.
        keys: the keys of the desk; they own this object.
    """

    def __init__(self, window: QWidget, canvas: QWidget, keys: KeysOnDesk) -> None:
        super().__init__(keys)
        self._window: QWidget | None = window
        self._canvas: QWidget | None = canvas
        self._keys = keys
        self._watched: QWidget | None = None
        QApplication.instance().focusChanged.connect(self._on_focus)
        self._on_focus(None, QApplication.focusWidget())

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: ARG002, N802 (Qt's names)
        """Do what a key of ours does; everything else goes its way."""
        if (
            event.type() not in _KEYS
            or not isinstance(event, QKeyEvent)
            or QApplication.activePopupWidget() is not None
        ):
            return False
        if typing():
            return self._leave(event)
        name = event_name(event)
        if len(name.rpartition("+")[2]) != 1 or not self._keys.bound(name):
            return False
        if event.type() == QEvent.Type.KeyPress and not event.isAutoRepeat():
            self._keys.press(name)
        return True

    def _leave(self, event: QKeyEvent) -> bool:
        """Esc in a text field goes back to the picture, where all keys work again."""
        if event.type() != QEvent.Type.KeyPress or event.key() != Qt.Key.Key_Escape or self._canvas is None:
            return False
        self._canvas.setFocus()
        return True

    def end(self) -> None:
        """Listen no more."""
        self._let_go()
        self._window = self._canvas = None
        QApplication.instance().focusChanged.disconnect(self._on_focus)

    def _on_focus(self, _: QWidget | None, now: QWidget | None) -> None:
        self._let_go()
        if now is not None and self._belongs(now):
            now.installEventFilter(self)
            now.destroyed.connect(self._forget)
            self._watched = now

    def _let_go(self) -> None:
        if self._watched is not None:
            self._watched.removeEventFilter(self)
            self._watched.destroyed.disconnect(self._forget)
        self._watched = None

    def _forget(self) -> None:
        self._watched = None

    def _belongs(self, widget: QWidget) -> bool:
        parent: QObject | None = None if widget is self._canvas else widget
        while parent is not None and parent is not self._window:
            if isinstance(parent, QDialog):
                return False
            parent = parent.parent()
        return parent is not None


def typing() -> bool:
    """Whether the person types in a text field now."""
    field = QApplication.focusWidget()
    if isinstance(field, QComboBox):
        return bool(field.isEditable())
    if isinstance(field, QLineEdit | QTextEdit | QPlainTextEdit):
        return not field.isReadOnly()
    return isinstance(field, QAbstractSpinBox)
