"""Small builders for the controls of a dock; every one takes its tooltip."""

from __future__ import annotations

from collections.abc import Callable

from qtpy.QtWidgets import QHBoxLayout, QLabel, QPushButton, QWidget


def button(text: str, tooltip: str, pressed: Callable[[], object]) -> QPushButton:
    """Make a push button."""
    made = QPushButton(text)
    made.setToolTip(wrapped(tooltip))
    made.clicked.connect(lambda _: pressed())  # Qt hands over "checked", which nobody wants
    return made


def big_button(text: str, tooltip: str, pressed: Callable[[], object]) -> QPushButton:
    """Make the push button that a dock is there for."""
    made = button(text, tooltip, pressed)
    made.setStyleSheet("font-weight: bold; min-height: 30px;")
    return made


def heading(text: str) -> QLabel:
    """Make the heading of a group of controls."""
    made = QLabel(text)
    made.setStyleSheet("font-weight: bold; padding-top: 4px;")
    return made


def line(text: str = "", tooltip: str = "") -> QLabel:
    """Make a line of text that wraps."""
    made = QLabel(text)
    made.setWordWrap(True)
    made.setToolTip(wrapped(tooltip))
    return made


def row(*widgets: QWidget) -> QHBoxLayout:
    """Lay widgets side by side."""
    made = QHBoxLayout()
    made.setContentsMargins(0, 0, 0, 0)
    made.setSpacing(4)
    for widget in widgets:
        made.addWidget(widget)
    return made


def wrapped(text: str) -> str:
    """Give a tooltip that wraps instead of running across the screen."""
    return f"<qt>{text}</qt>" if text else ""
