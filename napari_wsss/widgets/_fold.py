"""Fold: a heading that hides and shows what is below it."""

from __future__ import annotations

from qtpy.QtCore import Qt
from qtpy.QtWidgets import QToolButton, QVBoxLayout, QWidget


class Fold(QWidget):
    """A widget below a heading that folds it away.

    Args:
        title: the heading.
        content: what is folded.
        tooltip: what a person finds there.
        open: unfolded at first.
    """

    def __init__(self, title: str, content: QWidget, tooltip: str, *, open: bool = False) -> None:
        super().__init__()
        self._content = content
        self.heading = QToolButton()
        self.heading.setText(title)
        self.heading.setToolTip(tooltip)
        self.heading.setCheckable(True)
        self.heading.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self.heading.setAutoRaise(True)
        self.heading.setStyleSheet("QToolButton { background: transparent; font-weight: bold; }")
        self.heading.toggled.connect(self._toggle)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(2)
        column.addWidget(self.heading)
        column.addWidget(content)
        self.heading.setChecked(open)
        self._toggle(open)

    def _toggle(self, opened: bool) -> None:
        self.heading.setArrowType(Qt.ArrowType.DownArrow if opened else Qt.ArrowType.RightArrow)
        self._content.setVisible(opened)
