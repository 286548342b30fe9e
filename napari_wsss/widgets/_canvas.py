"""Canvas: what the desk needs of a napari canvas that napari has no public name for; the only place that knows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from qtpy.QtWidgets import QWidget

if TYPE_CHECKING:
    from napari import Viewer
    from napari.qt import QtViewer


class Canvas:
    """The canvas of a viewer.

    Args:
        qt_viewer: the widget that holds it.

    Attributes:
        model: the viewer model behind it.
    """

    def __init__(self, qt_viewer: QtViewer) -> None:
        self.model = qt_viewer.viewer
        self._canvas: Any = qt_viewer.canvas

    @classmethod
    def of(cls, viewer: Viewer) -> Canvas:
        """Give the canvas in the middle of the window."""
        return cls(viewer.window._qt_viewer)  # noqa: SLF001 (as napari's own examples do)

    def blacken(self) -> None:
        """Make what surrounds the scan black in every theme: bright surroundings hide faint contrast."""
        self.model.canvas.background_color_override = "black"

    def unbox_brush(self) -> None:
        """Take away the box behind the brush's circle; napari 0.9 leaves it on the scan when the brush is put down."""
        self.model.canvas.overlays._brush_circle.box = False  # noqa: SLF001

    @property
    def native(self) -> QWidget:
        """The widget that hears the mouse."""
        widget: QWidget = self._canvas.native
        return widget

    @property
    def scene(self) -> Any:  # noqa: ANN401 (vispy has no types)
        """The node that everything seen in world coordinates hangs on."""
        return self._canvas.view.scene

    @property
    def size(self) -> tuple[int, int]:
        """Height and width in logical pixels."""
        height, width = self._canvas.size
        return int(height), int(width)

    def world(self, x: float, y: float) -> tuple[float, float]:
        """Give the (row, column) in mm under a pixel of the canvas; for slices, not for the volume in 3D."""
        transform = self._canvas.view.transform * self._canvas.view.scene.transform
        column, row = transform.imap([x, y])[:2]
        return float(row), float(column)

    def pixel(self, row: float, column: float) -> tuple[float, float]:
        """Give the pixel (x, y) of the canvas where a (row, column) in mm is seen; the opposite of :meth:`world`."""
        transform = self._canvas.view.transform * self._canvas.view.scene.transform
        x, y = transform.map([column, row])[:2]
        return float(x), float(y)
