"""The shelf of drafts: kept per case, told again, set aside when damaged, never deleted unasked."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import numpy as np
import pytest

from napari_wsss.edit.delta import Delta
from napari_wsss.edit.history import Edit, History, Record
from napari_wsss.errors import InputError, ProjectError
from napari_wsss.store.drafts import DraftShelf, read_drafts
from napari_wsss.store.project import Project

SHAPE = (4, 5, 6)


def begin(shelf: DraftShelf, case_id: str, strokes: int = 2) -> np.ndarray:
    """Keep a draft of some strokes, and give its mask."""
    mask, history = np.zeros(SHAPE, np.uint8), History()
    for z in range(strokes):
        after = mask.copy()
        after[z, 1:3, 1:3] = 1
        history.do(Edit("paint", Delta.between(mask, after)))
        mask = after
    journal = shelf.new(case_id, "proposal", {"recipe": "r", "params": {"cut": {"value": 0.5}}}, "anna")
    journal.begin(mask, history)
    journal.close()
    return mask


@pytest.fixture
def shelf(tmp_path: Path) -> DraftShelf:
    return DraftShelf(tmp_path / "drafts")


def test_an_empty_shelf(shelf: DraftShelf) -> None:
    assert (shelf.case_ids(), shelf.numbers("a"), shelf.notes(["a"])) == (set(), [], [])
    assert shelf.written("a") == 0
    assert not shelf.folder.exists()
    shelf.remove("a", 1)


def test_a_draft_comes_back_whole(shelf: DraftShelf) -> None:
    mask = begin(shelf, "a")
    assert shelf.case_ids() == {"a"}
    draft = shelf.read("a", 1)
    np.testing.assert_array_equal(draft.mask, mask)
    assert (draft.started_from, draft.by, draft.made["recipe"]) == ("proposal", "anna", "r")
    draft.history.undo(draft.mask)
    assert draft.mask.sum() == 4
    note = shelf.note("a", 1)
    assert (note.edits, note.by, note.started_from, note.number) == (2, "anna", "proposal", 1)
    assert note.size == shelf.path("a", 1).stat().st_size
    assert shelf.written("a") > 0


def test_it_is_gone_on_with_after_reading(shelf: DraftShelf) -> None:
    begin(shelf, "a")
    draft = shelf.read("a", 1)
    journal = shelf.resumed("a", draft)
    journal.begin(draft.mask, draft.history)
    journal.close()
    assert shelf.read("a", 1).by == "anna"
    assert shelf.numbers("a") == [1]


def test_a_draft_whose_file_went_away_is_begun_anew(shelf: DraftShelf) -> None:
    begin(shelf, "a")
    draft = shelf.read("a", 1)
    shelf.remove("a", 1)
    journal = shelf.resumed("a", draft)
    with pytest.raises(ProjectError, match="No such file"):
        journal.append(Record("undo"))
    journal.begin(draft.mask, draft.history)
    journal.append(Record("undo"))
    journal.close()
    assert shelf.note("a", 1).edits == 1


def test_several_drafts_of_a_case_and_their_removal(shelf: DraftShelf) -> None:
    for strokes in (1, 2, 3):
        begin(shelf, "a", strokes)
    begin(shelf, "b.v2")
    assert shelf.numbers("a") == [1, 2, 3]
    shelf.remove("a", 2)
    assert [draft.number for draft in read_drafts(shelf, "a", SHAPE)[0]] == [1, 3]
    assert {(note.case_id, note.number) for note in shelf.notes({"a", "b.v2"})} == {("a", 1), ("a", 3), ("b.v2", 1)}
    assert {note.case_id for note in shelf.notes(["b.v2"])} == {"b.v2"}
    for number in (1, 3):
        shelf.remove("a", number)
    assert shelf.case_ids() == {"b.v2"}
    assert not (shelf.folder / "a").exists()


def test_a_damaged_draft_is_set_aside_and_keeps_its_number(shelf: DraftShelf) -> None:
    begin(shelf, "a")
    content = bytearray(shelf.path("a", 1).read_bytes())
    content[40] ^= 1
    shelf.path("a", 1).write_bytes(content)
    assert shelf.notes(["a"]) == []
    drafts, faults = read_drafts(shelf, "a", SHAPE, read_only=True)
    assert (drafts, len(faults)) == ([], 1)
    assert shelf.path("a", 1).read_bytes() == content
    _, faults = read_drafts(shelf, "a", SHAPE)
    assert "damaged" in faults[0]
    assert "1.journal.damaged" in faults[0]
    assert (shelf.folder / "a" / "1.journal.damaged").read_bytes() == content
    assert shelf.case_ids() == set()
    assert read_drafts(shelf, "a", SHAPE) == ([], [])
    begin(shelf, "a")
    assert shelf.numbers("a") == [2]


def test_a_draft_of_another_scan_is_refused(shelf: DraftShelf) -> None:
    begin(shelf, "a")
    drafts, (fault,) = read_drafts(shelf, "a", (9, 5, 6))
    assert drafts == []
    assert "(4, 5, 6), but the scan has (9, 5, 6)" in fault


def test_what_cannot_be_set_aside_or_removed_says_so(shelf: DraftShelf, monkeypatch: pytest.MonkeyPatch) -> None:
    begin(shelf, "a")

    def refuse(*_: object, **__: object) -> None:
        raise OSError(errno.EROFS, os.strerror(errno.EROFS))

    for name in ("replace", "unlink"):
        monkeypatch.setattr(os, name, refuse)
    with pytest.raises(ProjectError, match="Read-only"):
        shelf.set_aside("a", 1)
    with pytest.raises(ProjectError, match="Read-only"):
        shelf.remove("a", 1)
    assert shelf.numbers("a") == [1]


def test_a_name_leads_nowhere_else(shelf: DraftShelf) -> None:
    for name in ("../a", "", ".hidden"):
        with pytest.raises(ProjectError, match="cannot name a file"):
            shelf.path(name, 1)
    with pytest.raises(InputError, match="cannot be read"):
        shelf.read("a", 1)


def test_a_case_with_a_draft_is_in_progress_until_it_is_rejected(project: Project, mask: np.ndarray) -> None:
    assert project.state("a") == "unlabelled"
    begin(project.drafts, "a")
    assert project.state("a") == project.states()["a"] == "in progress"
    project.accept("a", mask, {})
    assert project.state("a") == "in progress"
    project.reject("a", "blurred", by="anna")
    assert project.state("a") == project.states()["a"] == "rejected"
    later = project.drafts.written("a") + 60
    os.utime(project.drafts.path("a", 1), (later, later))
    assert project.state("a") == "in progress"
