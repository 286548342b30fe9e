"""StepsPanel: the form of the recipe's live steps — a group a step, the filters as chips."""

from __future__ import annotations

from collections.abc import Mapping

from qtpy.QtWidgets import QVBoxLayout, QWidget

from napari_wsss.params import Params
from napari_wsss.widgets._box_layer import BoxLayer
from napari_wsss.widgets._box_panel import BoxPanel
from napari_wsss.widgets._chips import Chips
from napari_wsss.widgets._choices import Choices, choices_for
from napari_wsss.widgets._controls import heading
from napari_wsss.widgets._desk import Desk
from napari_wsss.widgets._params import ParamsForm
from napari_wsss.widgets._step_group import StepGroup
from napari_wsss.widgets._step_words import Group, belongs_to_case, groups_of


class StepsPanel(QWidget):
    """Made from the live steps that feed the proposal; made anew only when the steps are others.

    Attributes:
        groups: name of the main step → its controls.
        chips: the filters.
    """

    def __init__(self, desk: Desk) -> None:
        super().__init__()
        self._desk = desk
        self._tuning = desk.tuning
        self._boxes = BoxLayer(desk)
        self._made: dict[str, tuple[type[Params], Choices]] = {}
        self.groups: dict[str, StepGroup] = {}
        self.chips = Chips(desk.viewer)
        self.chips.switched.connect(self._switch)
        self._title = heading("Filters")
        self._title.setToolTip("Each one changes the mask after the steps above; its numbers show while it is on")
        self._steps, self._filters = _column(), _column()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        column.addLayout(self._steps)
        column.addWidget(self._title)
        column.addWidget(self.chips)
        column.addLayout(self._filters)
        self._title.hide()
        self._tuning.rebuilt.connect(self._rebuild)
        self._tuning.start_changed.connect(self._show_all)
        self._tuning.changed.connect(self._show)
        desk.answered.connect(lambda answer: self.show_seconds(answer.seconds))
        self._rebuild()

    @property
    def forms(self) -> dict[str, ParamsForm]:
        """Step → its form."""
        return {name: form for group in self.groups.values() for name, form in group.forms.items()}

    def show_seconds(self, seconds: Mapping[str, float]) -> None:
        """Show in each heading how long the steps took."""
        for group in self.groups.values():
            group.show_seconds(seconds)

    def _rebuild(self) -> None:
        kinds = {name: (type(step), choices_for(self._desk, step)) for name, step in self._tuning.steps.items()}
        if kinds != self._made:
            self._made = kinds
            self._make(groups_of(self._tuning.steps))
        self._show_all()

    def _make(self, groups: list[Group]) -> None:
        for layout in (self._steps, self._filters):
            while (item := layout.takeAt(0)) is not None:
                item.widget().deleteLater()
        self.groups = {}
        for group in groups:
            below = BoxPanel(self._desk, self._boxes) if belongs_to_case(self._tuning.steps[group.name]) else None
            gives_map = getattr(self._tuning.steps[group.name], "gives", "mask") == "evidence"
            choices = {name: self._made[name][1] for name in group.steps}
            made = StepGroup(group, self._tuning, choices, below=below, open=not gives_map)
            self.groups[group.name] = made
            (self._filters if group.optional else self._steps).addWidget(made)
        self.chips.set_names([(group.name, group.title, group.about) for group in groups if group.optional])
        self._title.setVisible(any(group.optional for group in groups))

    def _show_all(self) -> None:
        for name in self._tuning.steps:
            self._show(name)

    def _show(self, step: str) -> None:
        for name, group in self.groups.items():
            if step in group.group.steps:
                group.show_values()
                if group.group.optional:
                    on = bool(self._tuning.steps[name].on)  # type: ignore[attr-defined]
                    self.chips.show_on(name, on)
                    group.setVisible(on)

    def _switch(self, name: object, on: bool) -> None:
        self._tuning.move(str(name), on=on)


def _column() -> QVBoxLayout:
    made = QVBoxLayout()
    made.setContentsMargins(0, 0, 0, 0)
    made.setSpacing(4)
    return made
