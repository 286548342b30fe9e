"""The strip above napari's slice slider: what is known of every slice; a click goes there, a drag picks a range."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from napari.utils.theme import get_theme
from qtpy.QtCore import QEvent, QSize, Qt
from qtpy.QtGui import QHelpEvent, QMouseEvent, QPainter, QPaintEvent
from qtpy.QtWidgets import QSizePolicy, QToolTip, QWidget

from napari_wsss.widgets._controls import wrapped
from napari_wsss.widgets._slider_area import SliderArea
from napari_wsss.widgets._strip_painter import ROW, TICKS, Strip, StripPainter

if TYPE_CHECKING:
    from napari_wsss.widgets._desk import Desk

_WORDS = {1: "yes", 0: "no", -1: "not known"}


class LabelStrip(QWidget):
    """One thin row a class, one cell a slice: filled = yes, a line = no, empty = not known."""

    def __init__(self, desk: Desk) -> None:
        self._area = SliderArea(desk.viewer)
        super().__init__()
        self._desk = desk
        self._from: int | None = None
        self.strip: Strip | None = None
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setMouseTracking(True)
        self.setAccessibleName("Labels of the slices")
        self._area.insert(self)
        signals = (desk.case_opened, desk.case_closed, desk.labels_changed, desk.cases_changed, desk.labelling.changed)
        for signal in signals:
            signal.connect(self.refresh)
        desk.slice_changed.connect(self.refresh)
        desk.ending.connect(self._end)
        desk.viewer.events.theme.connect(self._on_theme)
        desk.viewer.dims.events.ndisplay.connect(self._on_theme)
        self.refresh()

    def sizeHint(self) -> QSize:  # noqa: N802
        """As high as there are classes."""
        rows = len(self.strip.classes) if self.strip is not None else 1
        return QSize(200, rows * ROW + TICKS + 2)

    def refresh(self, _: object = None) -> None:
        """Show what is known now."""
        before = self.sizeHint()
        self.strip = self._read()
        self.setVisible(self.strip is not None and len(self.strip.labels) > 1)
        if self.sizeHint() != before:
            self.updateGeometry()
        self.setFixedHeight(self.sizeHint().height())
        self.update()

    def slice_at(self, x: float) -> int:
        """Give the slice drawn at ``x``, in the strip's own pixels; the nearest one beyond the ends."""
        left, width = self._area.span(self)
        depth = len(self.strip.labels) if self.strip is not None else 1
        return int(np.clip((x - left) / width * depth, 0, depth - 1))

    def x_of(self, z: int) -> float:
        """Give where the middle of slice ``z`` is drawn, in the strip's own pixels."""
        left, width = self._area.span(self)
        return left + (z + 0.5) * width / (len(self.strip.labels) if self.strip is not None else 1)

    def _read(self) -> Strip | None:
        session, loaded, layers = self._desk.session, self._desk.loaded, self._desk.layers
        if session is None or loaded is None or layers is None or not self._area.is_there(layers):
            return None
        table, labelling = session.project.labels, self._desk.labelling
        labels = table.slice_labels(loaded.case_id)
        if labels.shape != (layers.depth, len(table.classes)):
            return None
        picked = (labelling.first, labelling.last) if labelling.scope == "range" else None
        return Strip(table.classes, labels, loaded.accepted_slices, layers.slice_index, picked)

    # ---- mouse ---------------------------------------------------------------------------------------------------

    def mousePressEvent(self, event: QMouseEvent | None) -> None:  # noqa: N802
        """Go to the slice; a range picked before is let go."""
        if event is None or event.button() != Qt.MouseButton.LeftButton or self._desk.layers is None:
            return
        self._from = self.slice_at(event.position().x())
        if self._desk.labelling.scope == "range":
            self._desk.labelling.choose("slice")
        self._desk.layers.go_to(self._from)

    def mouseMoveEvent(self, event: QMouseEvent | None) -> None:  # noqa: N802
        """Pick the slices dragged over."""
        if event is None or self._from is None or self._desk.layers is None:
            return
        z = self.slice_at(event.position().x())
        if z != self._from or self._desk.labelling.scope == "range":
            self._desk.labelling.choose_range(self._from, z)
            self._desk.layers.go_to(z)

    def mouseReleaseEvent(self, event: QMouseEvent | None) -> None:  # noqa: ARG002, N802
        """The range is picked."""
        self._from = None

    def event(self, event: QEvent | None) -> bool:
        """Say what is known of the slice under the mouse."""
        if isinstance(event, QHelpEvent) and self.strip is not None:
            QToolTip.showText(event.globalPos(), wrapped(self.words(self.slice_at(event.pos().x()))), self)
            return True
        return bool(super().event(event))

    def words(self, z: int) -> str:
        """Say what is known of a slice, and what the strip is for."""
        if self.strip is None:
            return ""
        known = zip(self.strip.classes, self.strip.labels[z].tolist(), strict=True)
        facts = [f"{name}: {_WORDS[value]}" for name, value in known]
        facts += ["accepted"] if self.strip.accepted[z] else []
        return f"<b>Slice {z}</b><br>{'<br>'.join(facts)}<br><br>Click to go there, drag to pick slices to label."

    def paintEvent(self, event: QPaintEvent | None) -> None:  # noqa: ARG002, N802
        """Draw what is known."""
        if self.strip is not None:
            theme = get_theme(self._desk.viewer.theme)
            painter = QPainter(self)
            left, width = self._area.span(self)
            StripPainter(painter, self.strip, left, width, theme.text.as_hex(), theme.foreground.as_hex()).paint()
            painter.end()

    def _on_theme(self) -> None:
        self.refresh()

    def _end(self) -> None:
        self._desk.viewer.events.theme.disconnect(self._on_theme)
        self._desk.viewer.dims.events.ndisplay.disconnect(self._on_theme)
        self._area.remove(self)


def ensure_label_strip(desk: Desk) -> LabelStrip:
    """Give the strip of the desk's viewer; made at first asking."""
    area = SliderArea(desk.viewer)
    found = area.find(LabelStrip)
    return found if found is not None else LabelStrip(desk)
