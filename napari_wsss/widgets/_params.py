"""ParamsForm: a set of knobs as a form, and back. Labels, bounds, units and tooltips come from the knobs alone."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from qtpy.QtCore import Signal
from qtpy.QtWidgets import QAbstractSpinBox, QGridLayout, QLabel, QToolButton, QVBoxLayout, QWidget

from napari_wsss.errors import RecipeError
from napari_wsss.params import Knob, Params
from napari_wsss.widgets._choices import Choices
from napari_wsss.widgets._editors import Editor, make_editor
from napari_wsss.widgets._fold import Fold

READOUT_WIDTH = 48
"""Width of the number beside a slider, in logical pixels; the slider gets the rest."""


class ParamsForm(QWidget):
    """Form over one Params object.

    Args:
        params: what it shows first; its class says which knobs there are.
        resettable: give every row a button that takes its knob back to ``params``' value.
        hide: names of knobs to leave out.
        choices: what some knobs are chosen from, by name.

    Signals:
        valueChanged: the new Params, after every valid edit. An invalid one shows its reason below the form instead.
    """

    valueChanged = Signal(object)  # noqa: N815 (Qt's spelling, as every editor has it)

    def __init__(
        self, params: Params, *, resettable: bool = False, hide: Sequence[str] = (), choices: Choices | None = None
    ) -> None:
        super().__init__()
        self._params = params
        self._origin = params
        self._editors: dict[str, Editor] = {}
        self._resets: dict[str, QToolButton] = {}
        self._quiet = False
        self._choices = choices or {}
        self._places: list[tuple[QGridLayout, int]] = []
        self._build([knob for name, knob in params.knobs().items() if name not in hide], resettable)
        self.setValue(params)

    def value(self) -> Params:
        """Give the last valid content."""
        return self._params

    def setValue(self, params: Params) -> None:  # noqa: N802 (Qt's spelling)
        """Show ``params``; does not emit ``valueChanged``."""
        self._params = params
        self._quiet = True
        try:
            for name, editor in self._editors.items():
                editor.set(getattr(params, name))
        finally:
            self._quiet = False
        self._fault.hide()
        self._update_resets()

    def set_origin(self, params: Params) -> None:
        """Make ``params`` what the reset buttons return to."""
        self._origin = params
        self._update_resets()

    def reset(self, name: str) -> None:
        """Take one knob back to where the form began; emits ``valueChanged``."""
        self._editors[name].set(getattr(self._origin, name))

    def reset_all(self) -> None:
        """Take every knob back to where the form began; emits ``valueChanged`` once, if anything moved."""
        if self._params != self._origin:
            self.setValue(self._origin)
            self.valueChanged.emit(self._origin)

    @property
    def names(self) -> list[str]:
        """Names of the knobs that have an editor."""
        return list(self._editors)

    def label_width(self) -> int:
        """Give the width of the widest label, in logical pixels."""
        return max((grid.itemAtPosition(row, 0).widget().sizeHint().width() for grid, row in self._places), default=0)

    def set_label_width(self, width: int) -> None:
        """Make room for labels of this width, so that the editors of several forms stand in line."""
        for grid, _ in self._places:
            grid.setColumnMinimumWidth(0, width)

    def editor(self, name: str) -> Editor:
        """Give the editor of a knob."""
        return self._editors[name]

    def _build(self, knobs: Sequence[Knob], resettable: bool) -> None:
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        column.addWidget(self._rows([knob for knob in knobs if not knob.advanced], resettable))
        advanced = [knob for knob in knobs if knob.advanced]
        if advanced:
            column.addWidget(
                Fold("More settings", self._rows(advanced, resettable), "Settings that rarely need a change")
            )
        self._fault = QLabel()
        self._fault.setWordWrap(True)
        self._fault.setToolTip("Why the last entry was not taken")
        column.addWidget(self._fault)

    def _rows(self, knobs: Sequence[Knob], resettable: bool) -> QWidget:
        box = QWidget()
        grid = QGridLayout(box)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setHorizontalSpacing(6)
        grid.setVerticalSpacing(3)
        grid.setColumnStretch(1, 1)
        for row, knob in enumerate(knobs):
            self._add_row(grid, row, knob, resettable)
        return box

    def _add_row(self, grid: QGridLayout, row: int, knob: Knob, resettable: bool) -> None:
        editor = make_editor(knob, self._choices.get(knob.name))
        self._editors[knob.name] = editor
        label = QLabel(title_of(knob))
        for part in (label, editor.widget.native):
            part.setToolTip(tooltip_of(knob))
        self._places.append((grid, row))
        grid.addWidget(label, row, 0)
        grid.addWidget(editor.widget.native, row, 1)
        editor.widget.native.setMinimumWidth(60)
        for readout in editor.widget.native.findChildren(QAbstractSpinBox):
            readout.setStyleSheet(f"min-width: 20px; max-width: {READOUT_WIDTH}px; padding: 0px;")
        editor.widget.changed.connect(self._edited)
        if resettable:
            button = QToolButton()
            button.setText("↺")
            button.setToolTip(f"Take '{title_of(knob)}' back to where it was")
            button.clicked.connect(partial(self.reset, knob.name))
            grid.addWidget(button, row, 2)
            self._resets[knob.name] = button

    def _edited(self) -> None:
        if self._quiet:
            return
        try:
            params = self._params.replace(**{name: editor.get() for name, editor in self._editors.items()})
        except RecipeError as error:
            self._fault.setText(f"Not taken: {error}")
            self._fault.show()
            return
        self._fault.hide()
        if params == self._params:
            return
        self._params = params
        self._update_resets()
        self.valueChanged.emit(params)

    def _update_resets(self) -> None:
        for name, button in self._resets.items():
            button.setEnabled(getattr(self._params, name) != getattr(self._origin, name))


def title_of(knob: Knob) -> str:
    """Give the label of a knob: its title and the unit."""
    return f"{knob.title} [{knob.unit}]" if knob.unit and knob.unit != knob.title else knob.title


def tooltip_of(knob: Knob) -> str:
    """Give the tooltip of a knob: what it does, its bounds and its default."""
    bounds = ""
    if knob.lower is not None and knob.upper is not None:
        bounds = f" From {knob.lower:g} to {knob.upper:g}."
    default = ", ".join(map(str, knob.default)) if isinstance(knob.default, tuple) else knob.default
    shown = f" Usually {default}." if default not in ("", None) else ""
    return f"<qt>{knob.help}{bounds}{shown}</qt>"  # rich text wraps, a plain tooltip would be one long line
