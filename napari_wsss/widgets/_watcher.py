"""A clean end: threads stopped and the project closed when the viewer's window goes away."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qtpy.QtCore import QEvent, QObject, QTimer
from qtpy.QtWidgets import QApplication, QMessageBox, QWidget

if TYPE_CHECKING:
    from napari_wsss.widgets._desk import Desk

SECONDS = 5.0
"""How long the window waits at most, before it closes, for edits that are still being written."""


class Watcher(QObject):
    """Ends the desk's threads and closes the project when the window goes away."""

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self._desk = desk
        self._window: QWidget | None = desk.viewer.window._qt_window  # noqa: SLF001 (napari has no public way to it)
        self._window.installEventFilter(self)
        QApplication.instance().aboutToQuit.connect(self._end)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802 (Qt's name)
        """Ask before a person's click ends a running job; then see the window off."""
        if watched is self._window and event.type() == QEvent.Type.Close:
            if not event.spontaneous():
                self._end()
            elif not may_leave(self._desk, self._window):
                event.ignore()
                return True
            else:
                QTimer.singleShot(0, self._check)  # napari may ask too, and the person may stay
        return False

    def _check(self) -> None:
        if self._window is not None and not self._window.isVisible():
            self._end()

    def _end(self) -> None:
        """End the desk, and let go of the window so that it can be collected."""
        if self._window is not None:
            self._window.removeEventFilter(self)
            self._window = None
            QApplication.instance().aboutToQuit.disconnect(self._end)
            self._desk.shut_down()


def may_leave(desk: Desk, window: QWidget) -> bool:
    """Ask, if something runs or corrections are in memory alone, whether the project may be left all the same."""
    desk.autosave.finish(SECONDS)
    words = []
    if desk.job is not None:
        words.append(f"'{desk.job.title}' is still running; what it has finished is kept.")
    if desk.running.job is not None:
        words.append(f"'{desk.running.job.title}' goes on without this window; open the project again to see it.")
    if desk.awaited is not None:
        words.append(f"{desk.awaited} is not accepted yet: its mask is still being computed.")
    if unsaved := desk.mask.unsaved:
        words.append(
            f"Corrections that could not be written to the disk will be lost: {', '.join(unsaved)}. "
            "They can be saved elsewhere in the Review dock."
        )
    if not words:
        return True
    answer = QMessageBox.question(window, "Leave the project?", "\n".join([*words, "Leave the project all the same?"]))
    return bool(answer == QMessageBox.StandardButton.Yes)
