"""Decisions through the session: how a mask was made and by whom; drafts accepted or discarded."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "widgets"))

from fake import write_scan

from napari_wsss.cli import main
from napari_wsss.edit.delta import Delta
from napari_wsss.edit.history import Edit, History
from napari_wsss.errors import InputError
from napari_wsss.progress import drain
from napari_wsss.session import Session
from napari_wsss.session.preferences import Preferences, write_preferences

SHAPE = (5, 24, 20)
MADE = {"recipe": "r", "step": "crf", "key": "k1", "params": {"crf": {"gt_prob": 0.7}}, "weights": {"net": "d1"}}


@pytest.fixture
def session(tmp_path):
    write_scan(tmp_path / "scans" / "case0.nii.gz")
    write_preferences(Preferences(reader="Dr Anna"))
    with drain(Session.create(tmp_path / "project", images=tmp_path / "scans")) as made:
        yield made
    write_preferences(Preferences())


def draft(session, strokes=3):
    """Leave a draft of some strokes behind; gives its mask."""
    mask, history = np.zeros(SHAPE, np.uint8), History()
    for z in range(strokes):
        after = mask.copy()
        after[z, 1:3, 1:3] = 1
        history.do(Edit("paint", Delta.between(mask, after)))
        mask = after
    journal = session.project.drafts.new("case0", "proposal", MADE, "Dr Anna")
    journal.begin(mask, history)
    journal.close()
    return mask


def test_an_accepted_mask_tells_how_it_was_made_what_was_done_and_who(session):
    lines = [{"edit": "paint", "voxels": 4, "time": "t"}] * 3
    session.accept("case0", np.ones(SHAPE, np.uint8), made=MADE, edits=lines)
    facts = session.project.accepted_provenance("case0")
    assert {name: facts[name] for name in MADE} == MADE
    assert (facts["by"], facts["edited"], facts["edits"][0]["times"]) == ("Dr Anna", True, 3)
    session.accept("case0", np.ones(SHAPE, np.uint8), made=facts, edits=[{"edit": "fill", "voxels": 1, "time": "t"}])
    again = session.project.accepted_provenance("case0")
    assert [line["edit"] for line in again["edits"]] == ["paint", "fill"]
    assert again["params"] == MADE["params"]
    session.reject("case0", "blurred")
    versions = session.versions("case0")
    assert {entry.by for entry in versions} == {"Dr Anna"}
    assert [(entry.kind, entry.number) for entry in versions] == [("rejected", 0), ("earlier", 2), ("earlier", 1)]
    np.testing.assert_array_equal(session.version_mask("case0", versions[1]), np.ones(SHAPE, np.uint8))


def test_drafts_are_accepted_or_discarded(session):
    mask = draft(session)
    (note,) = session.drafts()
    assert (note.case_id, note.edits, note.by) == ("case0", 3, "Dr Anna")
    session.accept_draft("case0")
    np.testing.assert_array_equal(session.project.accepted("case0"), mask)
    assert session.project.accepted_provenance("case0")["weights"] == {"net": "d1"}
    assert session.drafts() == []
    with pytest.raises(InputError, match="it has none"):
        session.accept_draft("case0")
    draft(session)
    draft(session)
    with pytest.raises(InputError, match="its drafts are 1, 2"):
        session.discard_draft("case0", 7)
    session.discard_draft("case0", 1)
    assert [note.number for note in session.drafts()] == [2]


def test_the_command_line_does_the_same(session, capsys):
    folder = str(session.project.folder)
    session.project.close()
    assert main(["drafts", folder]) == 0
    assert "No corrections wait" in capsys.readouterr().out
    draft(session)
    assert main(["drafts", folder]) == 0
    assert "case0" in capsys.readouterr().out
    assert main(["drafts", folder, "--json"]) == 0
    assert '"edits": 3' in capsys.readouterr().out
    assert main(["drafts", folder, "--accept", "case0"]) == 0
    assert main(["history", folder, "case0"]) == 0
    assert "whole scan: 3 × paint" in " ".join(capsys.readouterr().out.split())
    draft(session)
    assert main(["drafts", folder, "--discard", "case0", "--number", "1"]) == 0
    assert session.project.drafts.case_ids() == set()
    assert main(["drafts", folder, "--discard", "case0"]) == 3
    assert main(["drafts", folder, "--number", "1"]) == 2
    assert main(["history", folder, "case0", "--json"]) == 0
    assert '"gt_prob": 0.7' in capsys.readouterr().out
