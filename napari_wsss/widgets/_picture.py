"""A picture that a job shows while it goes on, as wide as the dock, with its caption below."""

from __future__ import annotations

from qtpy.QtCore import QRectF, Qt
from qtpy.QtGui import QColor, QPainter, QPaintEvent, QPixmap
from qtpy.QtWidgets import QVBoxLayout, QWidget
from superqt import QElidingLabel

from napari_wsss.widgets._controls import wrapped

HEIGHT = 372
"""Of the place kept for pictures, in logical pixels: that of a training's preview in a dock of the least width."""


class PictureView(QWidget):
    """Shows one picture; keeps its place free before there is one, so that nothing jumps.

    Attributes:
        caption: what the picture shows.
    """

    def __init__(self, tooltip: str, waiting: str) -> None:
        super().__init__()
        self._canvas = _Canvas(waiting)
        self.caption = QElidingLabel()
        for part in (self, self._canvas, self.caption):
            part.setToolTip(wrapped(tooltip))
        self._tooltip = tooltip
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(2)
        column.addWidget(self._canvas)
        column.addWidget(self.caption)

    @property
    def pixmap(self) -> QPixmap:
        """The picture; a null one where there is none."""
        return self._canvas.pixmap

    def show_file(self, path: str, caption: str) -> None:
        """Show a PNG file; one that is gone or cannot be read leaves the picture before."""
        pixmap = QPixmap(path)
        if pixmap.isNull():
            return
        self._canvas.put(pixmap)
        self.caption.setText(caption)
        self.caption.setToolTip(wrapped(f"{caption}<br>{self._tooltip}"))
        self._canvas.setAccessibleName(caption)

    def clear(self) -> None:
        """Show no picture."""
        self._canvas.put(QPixmap())
        self.caption.setText("")


class _Canvas(QWidget):
    def __init__(self, waiting: str) -> None:
        super().__init__()
        self.pixmap = QPixmap()
        self._waiting = waiting
        self.setFixedHeight(HEIGHT)

    def put(self, pixmap: QPixmap) -> None:
        """Show a picture."""
        self.pixmap = pixmap
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802, ARG002 (Qt's spelling)
        """Draw the picture as large as it fits, or say that it is awaited."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        if self.pixmap.isNull():
            colour = QColor(self.palette().windowText().color())
            colour.setAlpha(120)
            painter.setPen(colour)
            painter.drawRect(self.rect().adjusted(0, 0, -1, -1))
            painter.drawText(self.rect(), Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap, self._waiting)
            return
        size = self.pixmap.size().scaled(self.size(), Qt.AspectRatioMode.KeepAspectRatio)
        place = QRectF((self.width() - size.width()) / 2, 0.0, size.width(), size.height())
        painter.drawPixmap(place, self.pixmap, QRectF(self.pixmap.rect()))
