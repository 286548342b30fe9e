"""Two models side by side on the accepted masks, patient by patient; and whether the newer one is kept."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from napari.utils.theme import get_theme
from qtpy.QtWidgets import QVBoxLayout, QWidget

from napari_wsss.report.two_models import means_table, patients_table
from napari_wsss.session.kept_predictions import Brought
from napari_wsss.widgets._compare_plot import ComparePlot
from napari_wsss.widgets._controls import button, heading, line, row, wrapped
from napari_wsss.widgets._desk import Desk
from napari_wsss.widgets._jobs import work_of
from napari_wsss.widgets._notify import tell
from napari_wsss.widgets._score_table import ScoreTable


class ComparePanel(QWidget):
    """The last comparison of two models. Hidden until there is one.

    Args:
        desk: whose models.
        deciding: offers to keep the newer model, or to go back to the older one.

    Attributes:
        result: what is shown, as :func:`napari_wsss.session.comparing.compare` describes it; None for nothing.
    """

    def __init__(self, desk: Desk, *, deciding: bool = True) -> None:
        super().__init__()
        self._desk, self._deciding = desk, deciding
        self.result: Mapping[str, Any] | None = None
        self.title = heading("Better than before?")
        self.gist = line(tooltip="What the comparison says about patients that neither model was trained with")
        self.plot = ComparePlot()
        self.means = ScoreTable("Means over the patients, and the 95 % interval of the change")
        self.patients = ScoreTable("Each patient with accepted masks: Dice of both models")
        self.keep = button(
            "Keep the new model", "Use it from now on, and start from its masks in the scans still to do.", self._keep
        )
        self.back = button(
            "Back to the model before",
            "Put the older model to use again; its masks come back. The newer one stays in the Models dock.",
            self._back,
        )
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        for part in (self.title, self.gist, self.plot, self.means, self.patients):
            column.addWidget(part)
        column.addLayout(row(self.keep, self.back))
        desk.project_changed.connect(self.clear)
        desk.job_changed.connect(self._refresh)
        desk.viewer.events.theme.connect(self._on_theme)
        self._on_theme()
        self.clear()

    def compare_new(self) -> None:
        """Compare the segmenter in use with the one before it, and start from its masks unless it is worse."""
        session = self._desk.require_session()
        self._desk.start(session.end_round(), "Compare with the model before", self._on_round)

    def compare(self, first: str, second: str) -> None:
        """Compare two models, by folder; ``second`` counts as the newer one."""
        session = self._desk.require_session()
        self._desk.start(session.compare_models(first, second), "Compare two models", self.show_result)

    def show_result(self, result: Mapping[str, Any]) -> None:
        """Show a comparison."""
        self.result = result
        self.gist.setText(str(result["text"]))
        self.plot.draw(result)
        means, patients = means_table(result), patients_table(result)
        self.means.fill(means.rows, means.columns)
        self.patients.fill(patients.rows, patients.columns)
        self.patients.setToolTip(wrapped(patients.caption))
        self.plot.setVisible(bool(result["rows"]))
        for choice in (self.keep, self.back):
            choice.setVisible(self._deciding)
        self._refresh()
        self.show()

    def clear(self) -> None:
        """Put the comparison away."""
        self.result = None
        self.hide()

    def _on_round(self, ended: Mapping[str, Any]) -> None:
        if ended["comparison"] is not None:
            self.show_result(ended["comparison"])
        if ended["worse"]:
            tell("The new model is worse than the one before; see the Train dock.")
        elif ended["start_from"] == "segmenter":
            tell("Scans still to do now start from the segmenter's masks; the Models dock can change that.")
        self._desk.models_changed.emit()

    def _keep(self) -> None:
        work = work_of(self._desk.require_session().set_start_from, "segmenter")
        self._desk.write(work, "Keep the new model", lambda _: self._decided("The new model is kept."))

    def _back(self) -> None:
        if self.result is not None:
            older = str(self.result["first"]["folder"])
            work = work_of(self._desk.require_session().use_model, older)
            self._desk.write(work, "Back to the model before", self._went_back)

    def _went_back(self, brought: Brought | None) -> None:
        self._decided("The model before is in use again. " + (brought.words if brought is not None else ""))

    def _decided(self, words: str) -> None:
        tell(words)
        for choice in (self.keep, self.back):
            choice.hide()
        self._desk.models_changed.emit()

    def _refresh(self) -> None:
        for choice in (self.keep, self.back):
            choice.setEnabled(self._desk.writable and self._desk.job is None)

    def _on_theme(self, _: object = None) -> None:
        theme = get_theme(self._desk.viewer.theme)
        self.plot.paint(theme.canvas.as_hex(), theme.text.as_hex())
