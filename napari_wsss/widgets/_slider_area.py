"""Where napari has its slice slider: the one file that reaches into napari's own slider widgets."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

from qtpy.QtCore import QPoint
from qtpy.QtWidgets import QWidget

if TYPE_CHECKING:
    from napari import Viewer

    from napari_wsss.widgets._case_layers import CaseLayers

W = TypeVar("W", bound=QWidget)


class SliderArea:
    """The sliders below the canvas of a viewer; napari has no public way to them."""

    def __init__(self, viewer: Viewer) -> None:
        self._viewer = viewer
        self._sliders: Any = viewer.window._qt_viewer.dims  # noqa: SLF001

    def insert(self, widget: QWidget) -> None:
        """Put a widget above the sliders."""
        self._sliders.layout().insertWidget(0, widget)

    def remove(self, widget: QWidget) -> None:
        """Take it away again."""
        self._sliders.layout().removeWidget(widget)
        widget.setParent(None)
        widget.deleteLater()

    def find(self, kind: type[W]) -> W | None:
        """Give a widget that was inserted."""
        found: W | None = self._sliders.findChild(kind)
        return found

    def is_there(self, layers: CaseLayers) -> bool:
        """Whether the slices of a case have a slider: not while all of them are seen at once."""
        return layers.depth > 1 and self._axis not in self._viewer.dims.displayed

    def span(self, widget: QWidget) -> tuple[float, float]:
        """Give where the slice slider begins, in a widget's own pixels, and how long it is."""
        slider = self._sliders.slider_widgets[self._axis].slider
        return float(slider.mapTo(self._sliders, QPoint(0, 0)).x() - widget.x()), float(max(1, slider.width()))

    @property
    def _axis(self) -> int:
        return int(self._viewer.dims.ndim) - 3
