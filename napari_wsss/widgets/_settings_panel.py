"""Settings of the recipe's steps that belong to some stages, one folded form a step; every edit is kept at once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from qtpy.QtCore import QTimer, Signal
from qtpy.QtWidgets import QVBoxLayout, QWidget

from napari_wsss.params import Params
from napari_wsss.widgets._choices import Choices, choices_for
from napari_wsss.widgets._decisions import set_knobs
from napari_wsss.widgets._desk import Desk
from napari_wsss.widgets._fold import Fold
from napari_wsss.widgets._params import ParamsForm

SAVE_DELAY_MS = 400


class SettingsPanel(QWidget):
    """Forms of all steps of ``stages`` that run as jobs.

    Args:
        desk: whose recipe it edits.
        stages: stages whose steps are shown.
        open: kinds of steps that are unfolded at first.

    Signals:
        edited: a step's name and its new knobs, at once; they are kept in the project a little later.
    """

    edited = Signal(str, object)

    def __init__(self, desk: Desk, stages: Sequence[str], open: Sequence[str] = ()) -> None:
        super().__init__()
        self._desk = desk
        self._stages = tuple(stages)
        self._open = tuple(open)
        self._choices: dict[str, Choices] = {}
        self.forms: dict[str, ParamsForm] = {}
        self._edited: dict[str, Params] = {}
        self._save_soon = QTimer(self)
        self._save_soon.setSingleShot(True)
        self._save_soon.setInterval(SAVE_DELAY_MS)
        self._save_soon.timeout.connect(self.save)
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(3)
        desk.project_changed.connect(self.rebuild)
        desk.recipe_changed.connect(self._refresh)
        for signal in (desk.job_changed, desk.run_changed):
            signal.connect(self._lock)
        self.rebuild()

    def rebuild(self) -> None:
        """Make the forms anew for the recipe in use."""
        self._save_soon.stop()
        self._edited.clear()
        while (item := self._column.takeAt(0)) is not None:
            item.widget().deleteLater()
        self.forms, self._choices = {}, {}
        for name, step in self._steps().items():
            self._choices[name] = choices_for(self._desk, step)
            form = ParamsForm(step, choices=self._choices[name])
            form.valueChanged.connect(lambda params, step_name=name: self._edit(step_name, params))
            self.forms[name] = form
            about, unfolded = (type(step).__doc__ or "").splitlines()[0], getattr(step, "kind", "") in self._open
            self._column.addWidget(Fold(f"Settings: {name}", form, f"<qt>{about}</qt>", open=unfolded))
        self._lock()

    def save(self) -> None:
        """Keep what was edited in the project."""
        self._save_soon.stop()
        session, edited = self._desk.session, dict(self._edited)
        self._edited.clear()
        if session is None:
            return
        for name, params in edited.items():
            before = session.recipe.step(name)
            knobs = {
                knob: value for knob in params.knobs() if (value := getattr(params, knob)) != getattr(before, knob)
            }
            if knobs:
                set_knobs(self._desk, name, knobs)

    def _edit(self, step: str, params: Params) -> None:
        self._edited[step] = params
        self._save_soon.start()
        self.edited.emit(step, params)

    def _steps(self) -> dict[str, Params]:
        """Give the steps that have a form, by name."""
        session = self._desk.session
        steps: dict[str, Params] = {} if session is None else dict(session.recipe.steps)
        return {name: step for name, step in steps.items() if self._has_form(step)}

    def _has_form(self, step: Any) -> bool:  # noqa: ANN401
        return step.stage in self._stages and not step.live and bool(step.knobs())

    def _refresh(self) -> None:
        """Follow a change of the recipe made elsewhere; of another recipe, a step of the same name is another step."""
        steps = self._steps()
        if {name: type(step) for name, step in steps.items()} != {n: type(f.value()) for n, f in self.forms.items()}:
            self.rebuild()
        elif not self._edited:
            self._show(steps)

    def _show(self, steps: Mapping[str, Params]) -> None:
        if any(self._choices[name] != choices_for(self._desk, step) for name, step in steps.items()):
            self.rebuild()
            return
        for name, form in self.forms.items():
            if form.value() != steps[name]:
                form.setValue(steps[name])

    def _lock(self) -> None:
        """A running job has its settings already; a change would only be misleading."""
        for form in self.forms.values():
            form.setEnabled(self._desk.idle and self._desk.writable)
