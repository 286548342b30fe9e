"""The Tune dock: sliders for everything between map and mask; the mask follows while they move."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qtpy.QtCore import QTimer
from qtpy.QtWidgets import QVBoxLayout, QWidget

from napari_wsss.params import Params
from napari_wsss.widgets._agreement import agreement
from napari_wsss.widgets._controls import button, heading, line, row
from napari_wsss.widgets._decisions import keep_settings
from napari_wsss.widgets._dock import Dock
from napari_wsss.widgets._job_panel import JobPanel
from napari_wsss.widgets._mask_on_desk import ORIGINS
from napari_wsss.widgets._params import ParamsForm
from napari_wsss.widgets._questions import Answer
from napari_wsss.widgets._show_panel import ShowPanel

if TYPE_CHECKING:
    from napari import Viewer


SCORE_DELAY_MS = 50
"""Dice is measured once the mask has rested so long."""


class TuneDock(Dock):
    """Third of the docks. Its forms are made from the live steps of the recipe."""

    def __init__(self, napari_viewer: Viewer) -> None:
        super().__init__(napari_viewer)
        self.forms: dict[str, ParamsForm] = {}
        self.hint = line(tooltip="What is shown, and why sliders may have no effect on it")
        self.back = button(
            "Show the proposal", "Show the live proposal again, so that the sliders move the mask", self._show_proposal
        )
        self.score = line(tooltip="1 is perfect agreement, 0 is none")
        self.score.hide()
        self._score_soon = QTimer(self)
        self._score_soon.setSingleShot(True)
        self._score_soon.setInterval(SCORE_DELAY_MS)
        self._score_soon.timeout.connect(self._compare)
        self.times = line(tooltip="How long each step took when it last ran")
        self.keep = button("Keep for the project", "Use these settings for every case of the project", self._keep)
        self.reset = button("Reset all", "Take every slider back to the project's settings", self._reset)
        self.propose = button(
            "Make proposals for all cases",
            "Keep these settings and make the masks of every case with them",
            self._propose,
        )
        self.column.addWidget(ShowPanel(self.desk))
        self.column.addWidget(self.hint)
        self.column.addWidget(self.back)
        self.column.addWidget(self.score)
        self._steps = QWidget()
        self._rows = QVBoxLayout(self._steps)
        self._rows.setContentsMargins(0, 0, 0, 0)
        self.column.addWidget(self._steps)
        self.column.addLayout(row(self.reset, self.keep))
        self.column.addWidget(self.propose)
        self.column.addWidget(JobPanel(self.desk))
        self.column.addWidget(self.times)
        self.column.addStretch()
        self._connect()
        self._on_tuner()

    def _connect(self) -> None:
        desk = self.desk
        desk.tuner_ready.connect(self._on_tuner)
        for signal in (desk.case_closed, desk.job_changed, desk.case_opened, desk.mask.origin_changed):
            signal.connect(self._refresh)
        for signal in (desk.case_opened, desk.mask.changed, desk.live.settled):
            signal.connect(self._score_soon.start)
        desk.recipe_changed.connect(self._on_recipe)
        desk.answered.connect(self._on_answer)

    def _on_tuner(self) -> None:
        """Make the forms for the case's steps, or show its values in those that are there."""
        tuner = self.desk.tuner
        if tuner is not None:
            steps = tuner.steps
            if {name: type(step) for name, step in steps.items()} != {
                name: type(form.value()) for name, form in self.forms.items()
            }:
                self._make_forms(dict(steps))
            for name, step in steps.items():
                if name in self.forms:
                    self.forms[name].set_origin(step)
                    self.forms[name].setValue(step.replace(**self.desk.moved.get(name, {})))
            self._on_recipe()
        self._refresh()

    def _make_forms(self, steps: dict[str, Params]) -> None:
        while (item := self._rows.takeAt(0)) is not None:
            item.widget().deleteLater()
        self.forms = {}
        for name, step in steps.items():
            if step.knobs():
                title = heading(title_of_step(name, step))
                title.setToolTip((type(step).__doc__ or "").splitlines()[0])
                form = ParamsForm(step, resettable=True)
                form.valueChanged.connect(lambda params, step_name=name: self._move(step_name, params))
                self._rows.addWidget(title)
                self._rows.addWidget(form)
                self.forms[name] = form

    def _move(self, step: str, params: Params) -> None:
        self.desk.tune(step, **{knob: getattr(params, knob) for knob in params.knobs()})

    def _on_answer(self, answer: Answer) -> None:
        shown = [f"{name} {seconds * 1000:.0f} ms" for name, seconds in answer.seconds.items()]
        left = f"<br>{answer.left} more slices to compute …" if answer.left else ""
        self.times.setText(f"Last run: {', '.join(shown)}{left}" if shown else "")

    def _on_recipe(self) -> None:
        """The project's settings changed: they are what reset returns to."""
        session = self.desk.session
        if session is not None:
            for name, form in self.forms.items():
                if name in session.recipe.steps:
                    form.set_origin(session.recipe.step(name))

    def _reset(self) -> None:
        for form in self.forms.values():
            form.reset_all()

    def _keep(self) -> None:
        keep_settings(self.desk)

    def _propose(self) -> None:
        keep_settings(self.desk)
        self.desk.run(["propose"], "Make proposals for all cases")

    def _show_proposal(self) -> None:
        self.desk.mask.choose("proposal")
        self.desk.retune()

    def _refresh(self) -> None:
        desk = self.desk
        has_maps = desk.tuner is not None and desk.tuner.has_maps
        self._steps.setEnabled(has_maps)
        for made in (self.keep, self.propose):
            made.setEnabled(has_maps and desk.writable and desk.job is None)
        self.reset.setEnabled(has_maps)
        self.hint.setText(self._hint(has_maps))
        self.hint.setVisible(bool(self.hint.text()))
        self.back.setVisible(desk.loaded is not None and desk.mask.origin != "proposal")

    def _compare(self) -> None:
        desk, words = self.desk, ""
        if desk.layers is not None and desk.session is not None:
            words = agreement(desk.layers.mask, desk.loaded, desk.session.project.labels.classes)
        self.score.setText(f"{words} (so far)" if words and desk.live.busy else words)
        self.score.setVisible(bool(words))

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


def title_of_step(name: str, step: Params) -> str:
    """Give the heading of a step: what kind it is, and its name in the recipe."""
    kind = str(getattr(step, "kind", "")).replace("-", " ").capitalize().replace("crf", "CRF")
    return f"{kind} – {name}" if kind else name
