"""The person's preferences in the window: read, changed, and heard of by every dock that follows them."""

from __future__ import annotations

from functools import cache
from typing import Any

from qtpy.QtCore import QObject, Signal

from napari_wsss.errors import WsssError
from napari_wsss.session.preferences import Preferences, preferences, write_preferences
from napari_wsss.widgets._notify import tell_error


class PreferencesHere(QObject):
    """The preferences of the person at this window; the command line reads the same file.

    Signals:
        changed: the preferences as they are now.
    """

    changed = Signal(object)

    @property
    def value(self) -> Preferences:
        """The preferences as they are now."""
        return preferences()

    def set(self, **knobs: Any) -> None:  # noqa: ANN401
        """Change preferences by name and keep them; an error is shown, and the file stays as it was."""
        before = self.value
        try:
            after = before.replace(**knobs)
            if after == before:
                return
            write_preferences(after)
        except WsssError as error:
            tell_error(error)
            return
        self.changed.emit(after)


@cache
def preferences_here() -> PreferencesHere:
    """Give the one object through which the window reads and changes preferences."""
    return PreferencesHere()
