"""What comes with the first dock of a viewer: the step bar on top."""

from __future__ import annotations

from functools import partial

from qtpy.QtWidgets import QWidget

from napari_wsss.widgets._desk import Desk
from napari_wsss.widgets._step_bar import StepBar

BAR = "Steps"


def ensure_step_bar(desk: Desk) -> None:
    """Add the step bar to the desk's viewer, unless it is there."""
    window = desk.viewer.window
    if BAR not in window.dock_widgets:
        bar = StepBar(desk.viewer)
        bar.dock_wanted.connect(partial(_show, desk))
        dock = window.add_dock_widget(bar, name=BAR, area="top", allowed_areas=["top", "bottom"])
        dock.setTitleBarWidget(QWidget())  # a bar of one line needs no title beside it


def _show(desk: Desk, name: str) -> None:
    from napari_wsss.widgets._open_desk import show_dock

    show_dock(desk.viewer, name)
