"""Opening the desk: the seven docks in tabs, the step bar on top."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from napari.plugins import menu_item_template
from qtpy.QtCore import Qt
from qtpy.QtWidgets import QDockWidget, QTabBar

from napari_wsss.widgets._desk import Desk, desk_of
from napari_wsss.widgets._dock import WIDTH, Dock
from napari_wsss.widgets._export_dock import ExportDock
from napari_wsss.widgets._maps_dock import MapsDock
from napari_wsss.widgets._models_dock import ModelsDock
from napari_wsss.widgets._napari_settings import PLUGIN
from napari_wsss.widgets._project_dock import ProjectDock
from napari_wsss.widgets._review_dock import ReviewDock
from napari_wsss.widgets._train_dock import TrainDock
from napari_wsss.widgets._tune_dock import TuneDock

if TYPE_CHECKING:
    from napari import Viewer

TABS = "QTabBar { padding: 0px; } QTabBar::tab { padding: 3px 2px; }"
"""Less room around their names than napari gives tabs: seven of them are to fit."""
DOCKS: dict[str, type[Dock]] = {
    "Project": ProjectDock,
    "Maps": MapsDock,
    "Tune": TuneDock,
    "Review": ReviewDock,
    "Train": TrainDock,
    "Models": ModelsDock,
    "Export": ExportDock,
}


def open_desk(viewer: Viewer | None = None, project: Path | str | None = None, *, show: bool = True) -> Desk:
    """Open the docks in a viewer.

    Args:
        viewer: where; the current viewer, or a new one, when None.
        project: project folder to open at once.
        show: show the window of a newly made viewer.

    Returns:
        The desk, which knows viewer and session.
    """
    import napari

    viewer = getattr(viewer, "__wrapped__", viewer) or napari.current_viewer() or napari.Viewer(show=show)
    desk = desk_of(viewer)
    for name in DOCKS:
        dock_called(viewer, name)
    show_dock(viewer, "Project")
    _set_width(viewer)
    _tighten_tabs(viewer)
    if project is not None:
        desk.open(Path(project))
    return desk


def dock_called(viewer: Viewer, name: str) -> Dock:
    """Give the dock of that name; added in a tab if the viewer does not have it yet."""
    kind = DOCKS[name]
    for widget in dict(viewer.window.dock_widgets).values():
        if isinstance(widget, kind):
            return widget
    dock = kind(viewer)
    full = menu_item_template.format(PLUGIN, name)  # under this name napari's Plugins menu finds it, and adds no second
    frame = viewer.window.add_dock_widget(dock, name=full, area="right", tabify=True)
    frame.setWindowTitle(name)
    frame.title.title.setText(name)
    return dock


def _set_width(viewer: Viewer) -> None:
    """Leave the scan as much of the window as the docks can spare."""
    frame = dock_called(viewer, "Project").parent()
    if isinstance(frame, QDockWidget):
        viewer.window._qt_window.resizeDocks([frame], [WIDTH], Qt.Orientation.Horizontal)  # noqa: SLF001


def _tighten_tabs(viewer: Viewer) -> None:
    """Let the tabs of all docks be read side by side."""
    direct = Qt.FindChildOption.FindDirectChildrenOnly
    for bar in viewer.window._qt_window.findChildren(QTabBar, options=direct):  # noqa: SLF001
        bar.setStyleSheet(TABS)


def show_dock(viewer: Viewer, name: str) -> Dock:
    """Bring a dock to the front."""
    dock = dock_called(viewer, name)
    frame = dock.parent()
    if isinstance(frame, QDockWidget):
        frame.show()
        frame.raise_()
    return dock
