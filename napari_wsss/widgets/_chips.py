"""Chips: filters as small switches that flow over as many lines as they need."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING

from qtpy.QtCore import QSize, Signal
from qtpy.QtWidgets import QSizePolicy, QToolButton, QWidget
from superqt.utils import QFlowLayout

from napari_wsss.widgets._controls import wrapped

if TYPE_CHECKING:
    from napari import Viewer

ON, OFF = "✓ ", ""
"""Not colour alone says which chips are on."""


class Chips(QWidget):
    """A switch for each name.

    Args:
        viewer: whose theme it follows.
        tooltip: shown where a chip has none of its own.

    Signals:
        switched: name and whether it is on now; only for clicks.
    """

    switched = Signal(object, bool)

    def __init__(self, viewer: Viewer | None = None, tooltip: str = "") -> None:
        super().__init__()
        self._viewer = viewer
        self.chips: dict[object, QToolButton] = {}
        self._titles: dict[object, str] = {}
        self._flow = QFlowLayout(self)
        self._flow.setContentsMargins(0, 0, 0, 0)
        self._flow.setHorizontalSpacing(4)
        self._flow.setVerticalSpacing(4)
        self.setToolTip(wrapped(tooltip))
        policy = QSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Minimum)
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)
        if viewer is not None:
            viewer.events.theme.connect(self._on_theme)

    def set_names(self, names: Sequence[tuple[object, str, str]]) -> None:
        """Make the chips anew from (name, title, tooltip)."""
        while (item := self._flow.takeAt(0)) is not None:
            item.widget().deleteLater()
        self.chips, self._titles = {}, {}
        for name, title, tooltip in names:
            chip = QToolButton()
            chip.setCheckable(True)
            chip.setAccessibleName(title)
            chip.setToolTip(wrapped(tooltip) or self.toolTip())
            chip.clicked.connect(partial(self._clicked, name))
            self.chips[name], self._titles[name] = chip, title
            self._flow.addWidget(chip)
            self._draw(name)

    def show_on(self, name: object, on: bool) -> None:
        """Show a chip as switched on or off."""
        if name in self.chips:
            self.chips[name].setChecked(on)
            self._draw(name)

    def on(self) -> list[object]:
        """Give the names of the chips that are on."""
        return [name for name, chip in self.chips.items() if chip.isChecked()]

    def minimumSizeHint(self) -> QSize:  # noqa: N802 (Qt's name)
        """Give the size of the widest chip; the rest flows."""
        return self._flow.minimumSize()

    def _clicked(self, name: object, on: bool) -> None:
        self._draw(name)
        self.switched.emit(name, on)

    def _draw(self, name: object) -> None:
        chip = self.chips[name]
        chip.setText((ON if chip.isChecked() else OFF) + self._titles[name])
        chip.setStyleSheet(self._style(chip.isChecked()))
        chip.updateGeometry()

    def _style(self, on: bool) -> str:
        """Give the look of a chip in the window's colours: one that is on is filled."""
        from napari.utils.theme import get_theme

        theme = get_theme(self._viewer.theme if self._viewer is not None else "dark")
        ground = theme.current if on else theme.foreground
        border = theme.current if on else theme.primary
        weight = "bold" if on else "normal"
        return (
            f"QToolButton {{ background: {ground.as_hex()}; border: 1px solid {border.as_hex()}; border-radius: 9px;"
            f" padding: 2px 8px; font-weight: {weight}; color: {theme.text.as_hex()}; }}"
            f"QToolButton:hover {{ border: 1px solid {theme.text.as_hex()}; }}"
        )

    def _on_theme(self) -> None:
        for name in self.chips:
            self._draw(name)
