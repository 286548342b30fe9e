"""A person at the desk: keys and mouse as Qt would deliver them, nothing called behind the window's back."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise
from pathlib import Path

from napari.utils.key_bindings import coerce_keybinding
from qtpy.QtCore import QEvent, QPoint, QPointF, Qt
from qtpy.QtGui import QMouseEvent
from qtpy.QtTest import QTest
from qtpy.QtWidgets import QAbstractButton, QApplication, QComboBox

from napari_wsss.widgets._canvas import Canvas
from napari_wsss.widgets._desk import Desk
from napari_wsss.widgets._dock import Dock
from napari_wsss.widgets._open_desk import show_dock

LEFT, NONE = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
_KEYS = {"[": Qt.Key.Key_BracketLeft, "]": Qt.Key.Key_BracketRight}
_HELD = {
    "shift": Qt.KeyboardModifier.ShiftModifier,
    "alt": Qt.KeyboardModifier.AltModifier,
    "ctrl": Qt.KeyboardModifier.ControlModifier,
}


class Person:
    """Works at a desk.

    Args:
        desk: the desk, in a visible window.
        wait: waits until a condition holds, and gives up by an exception.
        pictures: folder for pictures of the window; none are taken when None.
    """

    def __init__(self, desk: Desk, wait: Callable[[Callable[[], bool]], None], pictures: Path | None = None) -> None:
        self.desk, self._wait, self._pictures = desk, wait, pictures
        self.canvas = Canvas.of(desk.viewer)

    # ---- hands -------------------------------------------------------------------------------------------------------

    def key(self, name: str) -> None:
        """Press a key over the picture, such as "Shift+A"."""
        (part,) = coerce_keybinding(name).parts
        held = NONE
        for modifier, qt in _HELD.items():
            held |= qt if getattr(part, modifier) else NONE
        text = str(part.key)
        code = _KEYS.get(text) or getattr(Qt.Key, f"Key_{text}")
        QTest.keyClick(self.canvas.native, code, held)

    def stroke(self, voxels: Sequence[tuple[float, float]]) -> None:
        """Draw with the left button through voxels (y, x) of the slice shown."""
        native, points = self.canvas.native, [self.pixel(y, x) for y, x in voxels]
        QTest.mouseMove(native, points[0])
        QTest.mousePress(native, LEFT, NONE, points[0])
        self._go(points, LEFT)
        QTest.mouseRelease(native, LEFT, NONE, points[-1])

    def round(self, voxels: Sequence[tuple[float, float]]) -> None:
        """Click with the right button, then go round without one: napari's way of filling an outline."""
        native, points = self.canvas.native, [self.pixel(y, x) for y, x in voxels]
        QTest.mouseClick(native, Qt.MouseButton.RightButton, NONE, points[0])
        self._go(points, Qt.MouseButton.NoButton)

    def _go(self, points: Sequence[QPoint], button: Qt.MouseButton) -> None:
        for before, after in pairwise(points):
            for part in (0.25, 0.5, 0.75, 1.0):
                self._move_to(before + (after - before) * part, button)

    def click_on(self, y: float, x: float) -> None:
        """Click on a voxel of the slice shown."""
        QTest.mouseClick(self.canvas.native, LEFT, NONE, self.pixel(y, x))

    def click(self, button: QAbstractButton) -> None:
        """Click a button that can be clicked."""
        self._wait(lambda: button.isVisible() and button.isEnabled())
        QTest.mouseClick(button, LEFT, NONE, button.rect().center())

    def choose(self, box: QComboBox, data: object) -> None:
        """Choose from a list by the keyboard."""
        self._wait(box.isEnabled)
        place = box.findData(data)
        assert place >= 0, f"{data} is not offered"
        while box.currentIndex() != place:
            before = box.currentIndex()
            QTest.keyClick(box, Qt.Key.Key_Down if place > before else Qt.Key.Key_Up)
            assert box.currentIndex() != before
        box.activated.emit(place)

    def _move_to(self, at: QPoint, button: Qt.MouseButton) -> None:
        """Move with a button down, which QTest.mouseMove leaves out.

        A hand goes on moving; vispy and napari look at the mouse every few milliseconds only.
        """
        native, there = self.canvas.native, self.canvas.world(at.x(), at.y())
        where, world = QPointF(at), QPointF(native.mapToGlobal(at))
        cursor = self.desk.viewer.cursor

        def arrived() -> bool:
            move = QMouseEvent(QEvent.Type.MouseMove, where, world, Qt.MouseButton.NoButton, button, NONE)
            QApplication.sendEvent(native, move)
            return max(abs(a - b) for a, b in zip(cursor.position[-2:], there, strict=True)) < 1e-3

        self._wait(arrived)

    # ---- eyes --------------------------------------------------------------------------------------------------------

    def pixel(self, y: float, x: float) -> QPoint:
        """Give where a voxel (y, x) of the slice shown is seen on the canvas."""
        layers = self.desk.layers
        assert layers is not None
        _, row, column = layers.view.place((layers.slice_index, y, x), layers.mask.shape)
        scale = layers.mask_layer.scale
        across, down = self.canvas.pixel(row * scale[-2], column * scale[-1])
        return QPoint(round(across), round(down))

    def wait(self, condition: Callable[[], bool]) -> None:
        """Wait until something is seen."""
        self._wait(condition)

    def rest(self) -> None:
        """Let the window finish what it has put off, such as fitting the picture into its new size."""
        for _ in range(20):
            QTest.qWait(10)

    def wait_for_case(self) -> None:
        """Wait until the case is there and its mask is whole."""
        desk = self.desk
        self._wait(lambda: desk.loaded is not None and not desk.loading and not desk.live.busy)

    def dock(self, name: str) -> Dock:
        """Go to a dock by its tab."""
        made = show_dock(self.desk.viewer, name)
        self._wait(made.isVisible)
        return made

    def picture(self, name: str) -> None:
        """Take a picture of the window."""
        if self._pictures is not None:
            self._pictures.mkdir(parents=True, exist_ok=True)
            QApplication.processEvents()
            self.desk.viewer.window._qt_window.grab().save(str(self._pictures / f"{name}.png"))
