"""The words of `edit`."""

from types import SimpleNamespace

import numpy as np
import pytest

from napari_wsss.cli import main
from napari_wsss.cli.edit_commands import _seed, _settings
from napari_wsss.cli.options import UsageError
from napari_wsss.edit.delta import Delta
from napari_wsss.edit.history import Edit


@pytest.fixture
def calls(monkeypatch):
    heard = []
    delta = Delta(np.arange(3, dtype=np.uint32), np.zeros(3, np.uint8), np.ones(3, np.uint8))

    class Session:
        project = SimpleNamespace(cases={})
        notes = ()

        def __enter__(self):
            return self

        def __exit__(self, *_):
            pass

        def edit(self, *given, **wanted):
            heard.append((*given, wanted))
            return Edit("margin", delta, {"distance": 2.0})

        def accept_draft(self, case):
            heard.append(("accept", case))

    monkeypatch.setattr("napari_wsss.cli.edit_commands.open_session", lambda _: Session())
    return heard


def test_an_operation_with_settings_and_slices(calls, capsys):
    words = ["edit", "folder", "a", "margin", "--set", "distance=2", "mode=3d", "--slices", "3-5", "--class", "edema"]
    assert main(words) == 0
    assert calls == [("a", "margin", {"distance": 2, "mode": "3d"}, {"slices": (3, 5), "cls": "edema", "seed": None})]
    assert "a: margin changed 3 voxels; not accepted yet" in capsys.readouterr().out


def test_accepted_at_once_and_told_as_json(calls, capsys):
    assert main(["edit", "folder", "a", "smart-fill", "--seed", "1,2,3", "--accept", "--json"]) == 0
    assert calls[0][-1] == {"slices": None, "cls": None, "seed": (1, 2, 3)}
    assert calls[1] == ("accept", "a")
    assert '"voxels": 3' in capsys.readouterr().out


def test_words_that_cannot_be_read():
    with pytest.raises(UsageError, match="distance=2"):
        _settings(["distance"])
    with pytest.raises(UsageError, match="12,80,95"):
        _seed("1,2")
