"""Calibrate: settings chosen from a handful of masks, with the Dice before and after, to apply or discard."""

from __future__ import annotations

from typing import Any

from qtpy.QtWidgets import QHeaderView, QVBoxLayout, QWidget

from napari_wsss.errors import WsssError
from napari_wsss.widgets._controls import button, line, row
from napari_wsss.widgets._desk import Desk
from napari_wsss.widgets._masks_box import masks_box
from napari_wsss.widgets._notify import tell, tell_error
from napari_wsss.widgets._score_table import ScoreTable


class CalibratePanel(QWidget):
    """A button that searches settings, a table of what they do, and the decision."""

    def __init__(self, desk: Desk) -> None:
        super().__init__()
        self._desk = desk
        self._settings: dict[str, Any] = {}
        self.masks = masks_box()
        self.start = button(
            "Calibrate",
            "Search thresholds, CRF and cluster settings that fit these masks best; takes up to five minutes",
            self._calibrate,
        )
        self.words = line(tooltip="What was found, and how far it can be trusted")
        self.table = ScoreTable(
            "Dice of each case: with the settings now, with those found, and with settings found without this patient"
        )
        self.apply = button("Apply", "Make the settings found those of the project", self._apply)
        self.discard = button("Discard", "Keep the settings as they are", self.clear)
        column = QVBoxLayout(self)
        column.setContentsMargins(8, 0, 0, 2)
        column.setSpacing(4)
        column.addLayout(row(self.masks, self.start))
        column.addWidget(self.words)
        column.addWidget(self.table)
        column.addLayout(row(self.apply, self.discard))
        desk.project_changed.connect(self.clear)
        desk.job_changed.connect(self._refresh)
        self.clear()

    def show_result(self, found: dict[str, Any]) -> None:
        """Show the result of ``Session.calibrate``."""
        self._settings = dict(found["settings"])
        self.table.fill([_row(item) for item in found["rows"]])
        self.table.horizontalHeader().setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        self.words.setText("<br>".join(_words(found)))
        self._refresh()
        self.discard.show()

    def clear(self) -> None:
        """Forget what was found."""
        self._settings = {}
        self.table.fill([])
        self.words.setText("Needs a few accepted masks; each patient is scored with settings found without it.")
        self.discard.hide()
        self._refresh()

    def _calibrate(self) -> None:
        self.clear()
        session = self._desk.require_session()
        self._desk.start(session.calibrate(masks=self.masks.currentData()), "Calibrate", self.show_result)

    def _apply(self) -> None:
        """Take the settings over, for the project and on the sliders."""
        session = self._desk.require_session()
        try:
            session.apply(self._settings)
        except WsssError as error:
            tell_error(error)
            return
        tell("The settings found are now the project's.")
        self.clear()
        self._desk.recipe_changed.emit()
        self._desk.retune()

    def _refresh(self) -> None:
        idle = self._desk.session is not None and self._desk.job is None
        self.start.setEnabled(idle)
        self.apply.setVisible(bool(self._settings))
        self.apply.setEnabled(idle and self._desk.writable)


def _row(item: dict[str, Any]) -> dict[str, Any]:
    return {"case": item["case"], "before": item["before"], "after": item["after"], "unseen": item["unseen"]}


def _words(found: dict[str, Any]) -> list[str]:
    """Say what was found in a few lines."""
    unseen = found["unseen"]
    scores = f"Dice before {found['before']['dice']:.3f}, after {found['after']['dice']:.3f}"
    scores += f"; on patients not used for the choice <b>{unseen['dice']:.3f}</b>" if unseen else ""
    changes = [f"{name}: {found['present'].get(name, '–')} → <b>{new}</b>" for name, new in found["settings"].items()]
    return [f"{found['text'].capitalize()}. {found['reason']}", f"{scores}.", *(changes or ["Nothing to change."])]
