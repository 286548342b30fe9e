"""KeyEdit: a field that takes the key pressed in it."""

from __future__ import annotations

from qtpy.QtCore import QEvent, Qt, Signal
from qtpy.QtGui import QKeyEvent
from qtpy.QtWidgets import QLineEdit

from napari_wsss.widgets._key_names import event_name, shown

_LEAVES_FIELD = (Qt.Key.Key_Tab, Qt.Key.Key_Backtab, Qt.Key.Key_Escape, Qt.Key.Key_Return, Qt.Key.Key_Enter)
_HELD = (Qt.Key.Key_Shift, Qt.Key.Key_Control, Qt.Key.Key_Alt, Qt.Key.Key_Meta, Qt.Key.Key_AltGr)


class KeyEdit(QLineEdit):
    """Shows a key; Tab, Enter and Esc do in it what they do in any field.

    Signals:
        pressed: the key that was pressed, "" for Backspace and Delete, None for one that cannot be bound.
    """

    pressed = Signal(object)

    def __init__(self) -> None:
        super().__init__()
        self.setReadOnly(True)
        self.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.NoContextMenu)

    def show_key(self, name: str) -> None:
        """Show a key; "" for none."""
        self.setText(shown(name))

    def event(self, event: QEvent) -> bool:
        """Let no menu take the key."""
        if event.type() == QEvent.Type.ShortcutOverride:
            event.accept()
            return True
        return bool(super().event(event))

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802 (Qt's name)
        """Take the key."""
        if event.key() in _LEAVES_FIELD and not event.modifiers():
            event.ignore()
        elif event.key() in (Qt.Key.Key_Backspace, Qt.Key.Key_Delete):
            self.pressed.emit("")
        elif event.key() not in _HELD:
            self.pressed.emit(event_name(event) or None)
