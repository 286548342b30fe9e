"""StepGroup: the controls of one step, with the steps that only serve it, below a heading with its time."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

from qtpy.QtGui import QShowEvent
from qtpy.QtWidgets import QVBoxLayout, QWidget

from napari_wsss.params import Params
from napari_wsss.widgets._choices import Choices
from napari_wsss.widgets._fold import Fold
from napari_wsss.widgets._params import ParamsForm
from napari_wsss.widgets._step_words import Group
from napari_wsss.widgets._tuning import Tuning

_HIDDEN = ("on", "boxes")
"""Knobs with a control of their own: the chip, and the boxes drawn in the viewer."""


class StepGroup(QWidget):
    """Forms of a group; what they change goes to ``tuning``, and they show what is changed elsewhere.

    Args:
        group: which steps.
        tuning: the knobs of the case.
        choices: step → what its knobs are chosen from.
        below: further controls for the group.
        open: unfolded at first.

    Attributes:
        forms: step → its form.
    """

    def __init__(
        self,
        group: Group,
        tuning: Tuning,
        choices: Mapping[str, Choices],
        *,
        below: QWidget | None = None,
        open: bool = True,
    ) -> None:
        super().__init__()
        self.group = group
        self._tuning = tuning
        self.forms: dict[str, ParamsForm] = {}
        content = QWidget()
        rows = QVBoxLayout(content)
        rows.setContentsMargins(8, 0, 0, 2)
        rows.setSpacing(3)
        for name in sorted(group.steps, key=lambda name: name != group.name):  # what serves the step comes after it
            form = ParamsForm(tuning.steps[name], resettable=True, hide=_HIDDEN, choices=choices[name])
            form.valueChanged.connect(partial(self._edited, name))
            self.forms[name] = form
            rows.addWidget(form)
        if below is not None:
            rows.addWidget(below)
        self._fold = Fold(group.title, content, f"<qt>{group.about}</qt>", open=open)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self._fold)

    def showEvent(self, event: QShowEvent) -> None:  # noqa: N802 (Qt's name)
        """Let the editors of all forms stand in line; only now the labels have the window's font."""
        widest = max(form.label_width() for form in self.forms.values())
        for form in self.forms.values():
            form.set_label_width(widest)
        super().showEvent(event)

    def show_values(self) -> None:
        """Show the knobs as they stand, and what reset returns to."""
        for name, form in self.forms.items():
            if name in self._tuning.start:
                form.set_origin(self._tuning.start[name])
            if form.value() != self._tuning.steps[name]:
                form.setValue(self._tuning.steps[name])

    def show_seconds(self, seconds: Mapping[str, float]) -> None:
        """Show in the heading how long the group's steps took."""
        took = [seconds[name] for name in self.group.steps if name in seconds]
        self._fold.heading.setText(f"{self.group.title} · {short_time(sum(took))}" if took else self.group.title)

    def _edited(self, name: str, params: Params) -> None:
        self._tuning.move(name, **{knob: getattr(params, knob) for knob in self.forms[name].names})


def short_time(seconds: float) -> str:
    """Give a time as "3 ms" or "1.2 s"."""
    if seconds < 0.0005:
        return "< 1 ms"
    return f"{seconds * 1000:.0f} ms" if seconds < 0.9995 else f"{seconds:.1f} s"
