"""Commands of napari's menus and its command palette; each opens the desk first, where it is not open."""

from __future__ import annotations

from napari_wsss.widgets._fold import Fold
from napari_wsss.widgets._numbers_panel import NumbersPanel
from napari_wsss.widgets._open_desk import open_desk, show_dock


def show_export() -> None:
    """Go to the Export dock."""
    show_dock(open_desk().viewer, "Export")


def show_numbers() -> None:
    """Go to the table of lesions in the Review dock."""
    dock = show_dock(open_desk().viewer, "Review")
    for fold in dock.findChildren(Fold):
        if fold.findChild(NumbersPanel) is not None:
            fold.heading.setChecked(True)


def change_keys() -> None:
    """Let the person choose other keys."""
    from napari_wsss.widgets._keys_dialog import KeysDialog

    desk = open_desk()
    KeysDialog(desk, desk.viewer.window._qt_window).exec()  # noqa: SLF001 (napari has no public way to it)


def change_preferences() -> None:
    """Let the person change the preferences."""
    from napari_wsss.widgets._preferences_dialog import PreferencesDialog

    desk = open_desk()
    PreferencesDialog(desk, desk.viewer.window._qt_window).exec()  # noqa: SLF001 (napari has no public way to it)
