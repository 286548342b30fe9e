"""The list of all keys on the screen, always as they are bound now."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape

from napari.settings import get_settings
from qtpy.QtWidgets import QVBoxLayout, QWidget

from napari_wsss.widgets._controls import button, line, row
from napari_wsss.widgets._desk import Desk
from napari_wsss.widgets._key_binding import keys_on
from napari_wsss.widgets._key_names import shown
from napari_wsss.widgets._keys import KEY_GROUPS
from napari_wsss.widgets._napari_keys import napari_keys


class KeysPanel(QWidget):
    """Keys by topic, with what they do; those of the brush are napari's."""

    def __init__(self, desk: Desk) -> None:
        super().__init__()
        self._desk = desk
        self.text = line(tooltip="Keys that work in the picture and in the docks, but not while you type in a field")
        self.change = button("Keys …", "Choose other keys for any of these", self._change)
        self.preferences = button("Preferences …", "Your name, left and right, pseudonyms", self._prefer)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        column.addWidget(self.text)
        column.addLayout(row(self.change, self.preferences))
        for signal in (keys_on(desk).changed, desk.project_changed, desk.labels_changed):
            signal.connect(self.refresh)
        get_settings().shortcuts.events.connect(self.refresh)
        desk.ending.connect(self._end)
        self.refresh()

    def refresh(self, _: object = None) -> None:
        """Show the keys as they are now."""
        self.text.setText("".join(_table(title, rows) for title, rows in listed(self._desk).items() if rows))

    def _change(self) -> None:
        from napari_wsss.widgets._keys_dialog import KeysDialog

        KeysDialog(self._desk, self.window()).exec()

    def _prefer(self) -> None:
        from napari_wsss.widgets._preferences_dialog import PreferencesDialog

        PreferencesDialog(self._desk, self.window()).exec()

    def _end(self) -> None:
        get_settings().shortcuts.events.disconnect(self.refresh)


def listed(desk: Desk) -> dict[str, dict[str, str]]:
    """Give topic → key → what it does, as the keys are bound now; keys of no use in the project are left out."""
    keys = keys_on(desk).keys
    ours = {
        topic: {keys[key.name].key: key.words for key in group if keys[key.name].key and key.offered(desk)}
        for topic, group in KEY_GROUPS.items()
    }
    return {**ours, "Brush (napari's own keys)": napari_keys(key.key for key in keys.values())}


def _table(title: str, rows: Mapping[str, str]) -> str:
    cells = "".join(
        f"<tr><td width='96'><b>{escape(shown(key))}</b></td><td>{escape(words)}</td></tr>"
        for key, words in rows.items()
    )
    return f"<p style='margin: 6px 0 1px 0'><u>{escape(title)}</u></p><table>{cells}</table>"
