"""From the command line into napari."""

from __future__ import annotations

import os
import sys
from importlib.util import find_spec
from pathlib import Path

from napari_wsss.errors import ProjectError, WsssError


def has_screen() -> bool:
    """Tell whether a window can be opened and napari is there to open it."""
    screen = sys.platform in ("win32", "darwin") or any(os.environ.get(name) for name in ("DISPLAY", "WAYLAND_DISPLAY"))
    return screen and _napari_is_here()


def show_desk(project: Path | None) -> None:
    """Open napari with the docks, on ``project`` if given, and return when the window is closed.

    Raises:
        WsssError: napari is not installed.
        ProjectError: no project there.
    """
    if not _napari_is_here():
        raise WsssError("napari is not installed here; get the window with: pip install 'napari-wsss[gui]'")
    if project is not None and not project.is_dir():
        raise ProjectError(f"{project}: no such folder; make a project there with: napari-wsss init {project}")
    from napari_wsss.widgets import window

    window.show_desk(project)


def _napari_is_here() -> bool:
    return find_spec("napari") is not None
