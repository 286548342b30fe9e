"""The step bar: the six steps, which are done, which is next, and one sentence saying what comes next."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from napari.utils.theme import get_theme
from qtpy.QtCore import Signal
from qtpy.QtWidgets import QHBoxLayout, QLabel, QSizePolicy, QToolButton, QVBoxLayout, QWidget

from napari_wsss.widgets._controls import line, wrapped
from napari_wsss.widgets._desk import desk_of
from napari_wsss.widgets._progress_of import STEPS, Name

if TYPE_CHECKING:
    from napari import Viewer


LOOKING = "Looking how far the project has come …"


class StepBar(QWidget):
    """One for all docks of a viewer.

    Signals:
        dock_wanted: a step was clicked; the name of the dock it is done in.
    """

    dock_wanted = Signal(str)

    def __init__(self, napari_viewer: Viewer) -> None:
        super().__init__()
        self._desk = desk_of(napari_viewer)
        self.buttons: dict[Name, QToolButton] = {}
        steps = QHBoxLayout()
        steps.setContentsMargins(0, 0, 0, 0)
        steps.setSpacing(3)
        for number, (name, (dock, what)) in enumerate(STEPS.items()):
            if number:
                steps.addWidget(QLabel("›"))
            steps.addWidget(self._button(name, dock, what))
        steps.addStretch()
        self.sentence = line(tooltip="What comes next")
        column = QVBoxLayout(self)
        column.setContentsMargins(8, 3, 8, 3)
        column.setSpacing(2)
        column.addLayout(steps)
        column.addWidget(self.sentence)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        self._desk.way_changed.connect(self.refresh)
        self._desk.project_changed.connect(self.refresh)
        self._desk.viewer.events.theme.connect(self._on_theme)
        self.refresh()

    def refresh(self) -> None:
        """Show how far the project is now."""
        way, theme = self._desk.way, get_theme(self._desk.viewer.theme)
        for number, (name, made) in enumerate(self.buttons.items(), start=1):
            mark = "✓" if name in way.done else str(number)
            made.setText(f"{mark} {name}")
            made.setStyleSheet(_style(theme, done=name in way.done, following=name == way.next))
        looking = self._desk.session is not None and not self._desk.plan
        self.sentence.setText(LOOKING if looking else way.sentence)

    def _button(self, name: Name, dock: str, what: str) -> QToolButton:
        made = QToolButton()
        made.setToolTip(wrapped(f"{what}. Click to go to the {dock} dock."))
        made.setAccessibleName(name)
        made.clicked.connect(partial(self.dock_wanted.emit, dock))
        self.buttons[name] = made
        return made

    def _on_theme(self) -> None:
        self.refresh()


def _style(theme: Any, *, done: bool, following: bool) -> str:  # noqa: ANN401
    """Give the look of a step: the next one stands out, finished ones step back."""
    ground = theme.current if following else theme.foreground
    border = theme.current if done or following else theme.foreground
    weight = "bold" if following else "normal"
    return (
        f"QToolButton {{ background: {ground.as_hex()}; border: 1px solid {border.as_hex()}; border-radius: 9px;"
        f" padding: 2px 9px; font-weight: {weight}; color: {theme.text.as_hex()}; }}"
        f"QToolButton:hover {{ border: 1px solid {theme.text.as_hex()}; }}"
    )
