"""Threshold search: the Dice of every threshold on masks a person vouches for, as a heat map."""

from __future__ import annotations

from typing import Any

from qtpy.QtWidgets import QVBoxLayout, QWidget

from napari_wsss.errors import WsssError
from napari_wsss.widgets._controls import button, line, row
from napari_wsss.widgets._desk import Desk
from napari_wsss.widgets._heat_map import HeatMap
from napari_wsss.widgets._masks_box import masks_box
from napari_wsss.widgets._notify import tell_error


class SearchPanel(QWidget):
    """A button that searches, the heat map, and what it was searched with."""

    def __init__(self, desk: Desk) -> None:
        super().__init__()
        self._desk = desk
        self._found: dict[str, Any] = {}
        self.masks = masks_box()
        self.search = button(
            "Search thresholds", "Score thresholds from 0 to 1 in steps of 0.1 on these masks", self._search
        )
        self.words = line(tooltip="How many masks the scores come from, and what scores best")
        self.map = HeatMap()
        self.map.hide()
        self.map.picked.connect(self._apply)
        column = QVBoxLayout(self)
        column.setContentsMargins(8, 0, 0, 2)
        column.setSpacing(4)
        column.addLayout(row(self.masks, self.search))
        column.addWidget(self.words)
        column.addWidget(self.map)
        desk.project_changed.connect(self._clear)
        desk.job_changed.connect(self._refresh)
        self._clear()

    def show_result(self, found: dict[str, Any]) -> None:
        """Show the result of ``Session.search_thresholds``."""
        self._found = found
        axes = [(_name(axis), axis["values"]) for axis in found["axes"]]
        self.map.fill(axes, found["dice"], found["best"]["index"])
        best, now = found["best"], found["now"]
        setting = ", ".join(f"{name} {value:g}" for name, value in best["settings"].items())
        self.words.setText(
            f"{found['text'].capitalize()}.<br>Best: {setting}, Dice <b>{best['dice']:.3f}</b>; "
            f"project's settings: {now['dice']:.3f}. Click a cell to apply it."
        )
        self.map.show()

    def _search(self) -> None:
        session = self._desk.require_session()
        self._desk.start(
            session.search_thresholds(masks=self.masks.currentData()), "Search thresholds", self.show_result
        )

    def _apply(self, index: tuple[int, ...]) -> None:
        """Move the sliders to the thresholds of a cell."""
        try:
            for axis, place in zip(self._found["axes"], index, strict=True):
                if axis["step"] in self._desk.tuning.steps:
                    self._desk.tuning.move(axis["step"], **{axis["knob"]: axis["values"][place]})
        except WsssError as error:
            tell_error(error)

    def _clear(self) -> None:
        self._found = {}
        self.map.hide()
        self.words.setText("Needs masks: accept some cases first, or take expert masks where the project has them.")
        self._refresh()

    def _refresh(self) -> None:
        self.search.setEnabled(self._desk.session is not None and self._desk.job is None)


def _name(axis: dict[str, Any]) -> str:
    return f"threshold – {axis['step']}" if axis["knob"] == "value" else f"{axis['step']}.{axis['knob']}"
