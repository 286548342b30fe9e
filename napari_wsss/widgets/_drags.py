"""Drags: mouse drags on a canvas that belong to the desk and not to napari, which never sees them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from qtpy.QtCore import QEvent, QObject, QPointF, Qt
from qtpy.QtGui import QKeyEvent, QMouseEvent
from qtpy.QtWidgets import QApplication, QWidget

from napari_wsss.widgets._canvas import Canvas

_PRESSES = frozenset({QEvent.Type.MouseButtonPress, QEvent.Type.MouseButtonDblClick})
TREMBLE = 4
"""Pixels that a hand moves in a click."""


@dataclass(frozen=True)
class Drag:
    """What a drag does.

    Attributes:
        move: called with the pixel (x, y) of the canvas; at the press too, unless ``patient``.
        patient: a click without moving is none of ours and goes to napari.
    """

    move: Callable[[float, float], None]
    patient: bool = False


Choice = Callable[[QMouseEvent], Drag | None]
"""Gives what a press begins; None leaves it to napari."""


class Drags(QObject):
    """Hears a canvas before napari does.

    Args:
        canvas: the canvas.
        choose: asked at every press.

    Attributes:
        space: the space bar is held down, with which napari lends the hand that moves the picture.
    """

    def __init__(self, canvas: Canvas, choose: Choice) -> None:
        super().__init__(canvas.native)
        self._choose = choose
        self._native: QWidget = canvas.native
        self._drag: Drag | None = None
        self._button = Qt.MouseButton.NoButton
        self._start = QPointF()
        self._moved = self._replaying = self.space = False
        self._native.installEventFilter(self)

    def close(self) -> None:
        """Hear nothing more."""
        self._native.removeEventFilter(self)
        self.setParent(None)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802 (Qt's name)
        """Keep from napari what belongs to a drag of ours."""
        if watched is not self._native or self._replaying:
            return False
        if isinstance(event, QKeyEvent) and event.key() == Qt.Key.Key_Space and not event.isAutoRepeat():
            self.space = event.type() == QEvent.Type.KeyPress
        if not isinstance(event, QMouseEvent):
            return False
        if event.type() in _PRESSES:
            return self._press(event)
        if self._drag is None:
            return False
        if event.type() == QEvent.Type.MouseMove:
            self._move(event.position())
        elif event.type() == QEvent.Type.MouseButtonRelease and event.button() == self._button:
            self._release(event)
        return True

    def _press(self, event: QMouseEvent) -> bool:
        if self._drag is not None:
            return True  # another button during a drag
        self._drag = self._choose(event)
        if self._drag is None:
            return False
        self._button, self._start, self._moved = event.button(), event.position(), False
        if not self._drag.patient:
            self._move(self._start)
        return True

    def _move(self, at: QPointF) -> None:
        drag = self._drag
        if drag is None:
            return
        far = (at - self._start).manhattanLength() >= TREMBLE
        if not drag.patient or far or self._moved:
            if drag.patient and not self._moved:
                drag.move(self._start.x(), self._start.y())
            self._moved = True
            drag.move(at.x(), at.y())

    def _release(self, event: QMouseEvent) -> None:
        drag, self._drag = self._drag, None
        if drag is not None and drag.patient and not self._moved:
            self._click(event)

    def _click(self, event: QMouseEvent) -> None:
        """Give napari the click that was no drag."""
        self._replaying = True
        try:
            for kind, held in (
                (QEvent.Type.MouseButtonPress, self._button),
                (QEvent.Type.MouseButtonRelease, Qt.MouseButton.NoButton),
            ):
                made = QMouseEvent(
                    kind, event.position(), event.globalPosition(), self._button, held, event.modifiers()
                )
                QApplication.sendEvent(self._native, made)
        finally:
            self._replaying = False
