"""Preferences: what a person sets once for all projects; the window and the command line read the same file."""

from __future__ import annotations

import getpass
import os
from pathlib import Path
from typing import Literal

from platformdirs import user_config_path

from napari_wsss import files
from napari_wsss.errors import WsssError
from napari_wsss.params import Params, knob

FILE_NAME = "preferences.yaml"


class Preferences(Params):
    """A person's preferences."""

    reader: str = knob(
        "",
        "Your name as it is kept with every mask you accept; empty means the name you are logged in under.",
        title="your name",
    )
    convention: Literal["radiological", "neurological"] = knob(
        "radiological",
        "radiological: the patient's right is on the left of the screen. neurological: right is on the right.",
        title="left and right",
    )
    pseudonyms: bool = knob(
        True,
        "Exports and reports name cases by pseudonyms instead of by their file names.",
        title="pseudonyms on export",
    )
    own_keys: dict[str, str] = knob(
        {}, "Keys other than the usual ones: what it does → key, such as accept: Shift+Enter."
    )
    move_on: bool = knob(
        False, "After a whole scan was accepted or rejected, go to the next case.", title="next case after deciding"
    )

    @property
    def signature(self) -> str:
        """The name kept with what the person decides."""
        return self.reader or _login()


def preferences_path() -> Path:
    """Give where the preferences lie."""
    return user_config_path("napari-wsss") / FILE_NAME


def read_preferences() -> Preferences:
    """Read the preferences; a missing file means all as usual.

    Raises:
        InputError: the file is no YAML.
        RecipeError: a name or value in it is unknown.
    """
    path = preferences_path()
    return Preferences.parse(files.read_yaml(path) or {}, where=str(path)) if path.is_file() else Preferences()


def preferences() -> Preferences:
    """Read the preferences; a file that cannot be understood counts as missing, so that work goes on."""
    try:
        return read_preferences()
    except WsssError:
        return Preferences()


def write_preferences(chosen: Preferences) -> None:
    """Keep preferences: only what differs from the usual. Raises ProjectError if the file cannot be written."""
    files.write_yaml(preferences_path(), chosen.model_dump(mode="json", exclude_defaults=True))


def _login() -> str:
    try:
        return getpass.getuser()
    except (OSError, KeyError, ImportError):  # a user number without a name, as in containers
        return f"user {os.getuid()}" if hasattr(os, "getuid") else "unknown"
