"""Names of keys: one spelling for those of tables, preferences, napari and Qt."""

from __future__ import annotations

from app_model.backends.qt import qkeysequence2modelkeybinding
from app_model.types import KeyBinding, KeyCode
from napari.utils.key_bindings import coerce_keybinding
from qtpy.QtCore import Qt
from qtpy.QtGui import QKeyEvent, QKeySequence


def key_name(text: str) -> str:
    """Give the one spelling of a key, such as "Shift+A" for "shift-a"; "" for what cannot be bound.

    Shift with a digit or a sign cannot: keyboards of different countries give different signs for it.
    """
    try:
        binding = coerce_keybinding(text)
    except (KeyError, ValueError):
        return ""
    return str(binding) if _bindable(binding) else ""


def event_name(event: QKeyEvent) -> str:
    """Give the key that was pressed, with Shift, Ctrl and Alt; "" for one that cannot be bound."""
    held = event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier
    return sequence_name(QKeySequence(event.key() | held.value))


def sequence_name(sequence: QKeySequence) -> str:
    """Give the first key of a Qt sequence; "" for one that cannot be bound."""
    if sequence.isEmpty():
        return ""
    return key_name(str(qkeysequence2modelkeybinding(QKeySequence(sequence[0]))))


def shown(name: str) -> str:
    """Give a key as a keyboard of this system names it, such as "Ctrl+Z", or "⌘Z" on a Mac; "–" for none."""
    return str(coerce_keybinding(name).to_text()) if name else "–"


def _bindable(binding: KeyBinding) -> bool:
    if len(binding.parts) != 1:
        return False
    (part,) = binding.parts
    name = str(part.key)
    plain = len(name) > 1 or name.isalpha() or not part.shift
    return plain and part.key not in (None, KeyCode.UNKNOWN, KeyCode.Shift, KeyCode.Ctrl, KeyCode.Alt, KeyCode.Meta)
