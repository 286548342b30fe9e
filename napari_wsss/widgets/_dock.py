"""Dock: the base of the docks — a column that scrolls, over the desk of its viewer."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qtpy.QtCore import Qt
from qtpy.QtWidgets import QFrame, QScrollArea, QSizePolicy, QVBoxLayout, QWidget

from napari_wsss.widgets._desk import desk_of
from napari_wsss.widgets._frame import ensure_step_bar
from napari_wsss.widgets._key_binding import keys_on
from napari_wsss.widgets._label_strip import ensure_label_strip
from napari_wsss.widgets._napari_settings import follow_napari

if TYPE_CHECKING:
    from napari import Viewer

WIDTH = 350
"""Width the docks get at first, in logical pixels; it leaves half of a 1280-pixel window to the scan."""
MIN_WIDTH = 300
"""Nothing is cut off down to this width."""


class _Scroll(QScrollArea):
    """Scrolls to what Tab goes to, and stays where a button that had the focus can be pressed no more."""

    def focusNextPrevChild(self, next: bool) -> bool:  # noqa: N802 (Qt's name)
        """Move the focus."""
        here, bar = self.window().focusWidget(), self.verticalScrollBar()
        before = bar.value()
        moved = bool(super().focusNextPrevChild(next))
        if here is not None and not (here.isEnabled() and here.isVisible()):
            bar.setValue(before)
        return moved


class Dock(QWidget):
    """A dock over the desk of its viewer.

    Attributes:
        desk: what all docks share.
        column: the layout that a dock fills from top to bottom; it scrolls.
        foot: a layout below it that is always in sight.
    """

    def __init__(self, viewer: Viewer) -> None:
        super().__init__()
        self.desk = desk_of(viewer)
        ensure_step_bar(self.desk)
        keys_on(self.desk)
        follow_napari(self.desk)
        ensure_label_strip(self.desk)
        content = QWidget()
        self.column = QVBoxLayout(content)
        self.column.setContentsMargins(6, 4, 6, 6)
        self.column.setSpacing(6)
        scroll = _Scroll()
        scroll.setWidgetResizable(True)
        scroll.setFrameShape(QFrame.Shape.NoFrame)
        scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        scroll.setWidget(content)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.setSpacing(0)
        outer.addWidget(scroll, 1)
        self.foot = QVBoxLayout()
        self.foot.setContentsMargins(6, 0, 6, 0)
        self.foot.setSpacing(4)
        outer.addLayout(self.foot)
        self.setMinimumWidth(MIN_WIDTH)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Expanding)
