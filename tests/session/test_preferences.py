"""Preferences: kept, read back, and never in the way."""

import getpass

import pytest

from napari_wsss.errors import InputError, RecipeError
from napari_wsss.session.preferences import (
    Preferences,
    preferences,
    preferences_path,
    read_preferences,
    write_preferences,
)


@pytest.fixture(autouse=True)
def _own_file(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))


def test_a_missing_file_means_all_as_usual():
    assert read_preferences() == preferences() == Preferences()
    assert preferences().convention == "radiological"
    assert preferences().pseudonyms


def test_what_is_kept_is_read_back_and_only_what_differs_is_kept():
    chosen = Preferences(reader="Dr. Ödön", own_keys={"accept": "Alt+Y"})
    write_preferences(chosen)
    assert read_preferences() == chosen
    assert preferences_path().read_text().count("\n") == 3
    assert "convention" not in preferences_path().read_text()


@pytest.mark.parametrize(
    ("text", "error"),
    [("reader: [", InputError), ("raeder: me", RecipeError), ("convention: left", RecipeError), ("- a", RecipeError)],
)
def test_a_file_that_cannot_be_understood_is_told_but_stops_no_work(text, error):
    preferences_path().parent.mkdir(parents=True)
    preferences_path().write_text(text)
    with pytest.raises(error):
        read_preferences()
    assert preferences() == Preferences()
    assert preferences_path().read_text() == text


def test_the_signature_is_the_name_given_or_the_login(monkeypatch):
    assert Preferences(reader="me").signature == "me"
    assert Preferences().signature == getpass.getuser()
    monkeypatch.setattr(getpass, "getuser", lambda: (_ for _ in ()).throw(OSError("no name for uid")))
    assert Preferences().signature.startswith("user ")
