"""The Tune dock: sliders for everything between map and mask; the mask follows while they move."""

from __future__ import annotations

from typing import TYPE_CHECKING

from napari_wsss.widgets._calibrate_panel import CalibratePanel
from napari_wsss.widgets._controls import button, line
from napari_wsss.widgets._decisions import keep_settings
from napari_wsss.widgets._dock import Dock
from napari_wsss.widgets._fold import Fold
from napari_wsss.widgets._history_bar import HistoryBar
from napari_wsss.widgets._job_panel import JobPanel
from napari_wsss.widgets._keep_panel import KeepPanel
from napari_wsss.widgets._mask_on_desk import ORIGINS
from napari_wsss.widgets._params import ParamsForm
from napari_wsss.widgets._questions import Answer
from napari_wsss.widgets._score_line import ScoreLine
from napari_wsss.widgets._search_panel import SearchPanel
from napari_wsss.widgets._show_panel import ShowPanel
from napari_wsss.widgets._step_group import short_time
from napari_wsss.widgets._steps_panel import StepsPanel

if TYPE_CHECKING:
    from napari import Viewer


class TuneDock(Dock):
    """Third of the docks."""

    def __init__(self, napari_viewer: Viewer) -> None:
        super().__init__(napari_viewer)
        self.hint = line(tooltip="What is shown, and why sliders may have no effect on it")
        self.back = button(
            "Show the proposal", "Show the live proposal again, so that the sliders move the mask", self._show_proposal
        )
        self.score = ScoreLine(self.desk)
        self.times = line(tooltip="How long all steps took when they last ran, and what is still to come")
        self.steps = StepsPanel(self.desk)
        self.history = HistoryBar(self.desk)
        self.keeping = KeepPanel(self.desk)
        self.propose = button(
            "Make proposals for all cases",
            "Keep these settings and make the masks of every case with them",
            self._propose,
        )
        self.search = SearchPanel(self.desk)
        self.calibrate = CalibratePanel(self.desk)
        for part in (ShowPanel(self.desk), self.hint, self.back, self.score, self.times, self.steps, self.history):
            self.column.addWidget(part)
        self.column.addWidget(self.keeping)
        self.column.addWidget(self.propose)
        self.column.addWidget(JobPanel(self.desk, ("propose",)))
        self.column.addWidget(Fold("Search thresholds", self.search, "Try every threshold on masks you have accepted"))
        self.column.addWidget(
            Fold("Calibrate", self.calibrate, "Choose thresholds and other settings from masks you have accepted")
        )
        self.column.addStretch()
        self._connect()
        self._refresh()

    @property
    def forms(self) -> dict[str, ParamsForm]:
        """Live step → its form."""
        return self.steps.forms

    def _connect(self) -> None:
        desk = self.desk
        for signal in (
            desk.tuner_ready,
            desk.case_closed,
            desk.run_changed,
            desk.case_opened,
            desk.mask.origin_changed,
        ):
            signal.connect(self._refresh)
        desk.answered.connect(self._on_answer)

    def _on_answer(self, answer: Answer) -> None:
        words = [f"All steps: {short_time(sum(answer.seconds.values()))}"] if answer.seconds else []
        words += ["preview: the whole volume is being computed …"] if answer.preview else []
        self.times.setText(" · ".join(words))

    def _propose(self) -> None:
        keep_settings(self.desk)
        self.desk.run(["propose"], "Make proposals for all cases")

    def _show_proposal(self) -> None:
        self.desk.mask.choose("proposal")
        self.desk.retune(keep=True)

    def _refresh(self) -> None:
        desk = self.desk
        has_maps = desk.tuner is not None and desk.tuner.has_maps
        for part in (self.steps, self.history):
            part.setEnabled(has_maps)
        self.propose.setEnabled(has_maps and desk.writable and desk.running.job is None)
        if not has_maps:
            self.times.setText("")
        self.hint.setText(self._hint(has_maps))
        self.hint.setVisible(bool(self.hint.text()))
        self.back.setVisible(desk.loaded is not None and desk.mask.origin != "proposal")

    def _hint(self, has_maps: bool) -> str:
        desk = self.desk
        if desk.loaded is None:
            return "No case is open. Pick one in the Project dock."
        if desk.tuner is None:
            return "Preparing the case …"
        if not has_maps:
            return "This case has no maps yet. Compute them in the Maps dock."
        if desk.mask.origin != "proposal":
            return f"Shown: {ORIGINS[desk.mask.origin]}. The sliders move the map, not this mask."
        return (
            "The maps are out of date: labels, settings or classifier have changed since." if desk.tuner.stale else ""
        )
