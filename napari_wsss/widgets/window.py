"""napari started for one purpose: the desk. The command line comes in here."""

from __future__ import annotations

from pathlib import Path

import napari

from napari_wsss.widgets._open_desk import open_desk


def show_desk(project: Path | None) -> None:
    """Open napari with the docks, on ``project`` if given, and return when the window is closed.

    Raises:
        ProjectError: there is no project in the folder, or it cannot be read.
    """
    open_desk(project=project)
    napari.run()
