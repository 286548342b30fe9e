"""The preferences on napari's own Preferences page: the same ones, whichever is changed."""

from __future__ import annotations

from typing import Any

from napari.settings import get_plugin_settings
from qtpy.QtCore import QObject

from napari_wsss.session.preferences import preferences_path
from napari_wsss.widgets._desk import Desk
from napari_wsss.widgets._preferences import preferences_here

PLUGIN = "napari-wsss"
SECTION = "preferences"
"""Key of the section in the manifest's ``configurations``."""


class NapariSettings(QObject):
    """Keeps napari's page and the preferences the same.

    At the start the file written last counts: a person may have used napari's page while no desk was open.
    """

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self._page: Any = getattr(get_plugin_settings().get(PLUGIN), SECTION, None)  # None: the plugin is switched off
        if self._page is None:
            return
        if _written(getattr(get_plugin_settings(PLUGIN), "config_path", None)) > _written(preferences_path()):
            self._take()
        self.show()
        self._page.events.connect(self._take)
        preferences_here().changed.connect(self.show)

    def show(self, _: object = None) -> None:
        """Show the preferences as they are on napari's page."""
        for name, value in self._differences().items():
            setattr(self._page, name, value)

    def end(self) -> None:
        """Follow no more."""
        if self._page is not None:
            self._page.events.disconnect(self._take)
            preferences_here().changed.disconnect(self.show)

    def _take(self, _: object = None) -> None:
        """Take what was changed on napari's page."""
        preferences_here().set(**{name: getattr(self._page, name) for name in self._differences()})

    def _differences(self) -> dict[str, Any]:
        """Give name → preference for those that are others on napari's page."""
        kept = preferences_here().value
        names = [name for name in kept.knobs() if hasattr(self._page, name)]
        return {name: getattr(kept, name) for name in names if getattr(kept, name) != getattr(self._page, name)}


def _written(path: Any) -> float:  # noqa: ANN401
    return float(path.stat().st_mtime) if path is not None and path.is_file() else 0.0


def follow_napari(desk: Desk) -> None:
    """Keep napari's page and the preferences the same while a desk is open."""
    if desk.findChild(NapariSettings) is None:
        desk.ending.connect(NapariSettings(desk).end)
