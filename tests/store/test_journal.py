"""Journals: told again exactly, up to the last whole record, whatever happened to the file."""

from __future__ import annotations

import errno
import os
from functools import partial
from pathlib import Path
from typing import Literal

import numpy as np
import pytest

from napari_wsss.edit.brief import brief
from napari_wsss.edit.delta import Delta
from napari_wsss.edit.history import Edit, History, Record
from napari_wsss.errors import InputError, ProjectError
from napari_wsss.store import journal as journal_module
from napari_wsss.store.journal import Journal, read_journal, skim_journal
from napari_wsss.store.journal_parts import Parts
from napari_wsss.types import LabelMap

SHAPE = (4, 6, 5)
KINDS: list[Literal["do", "undo", "redo"]] = ["do", "do", "do", "undo", "redo"]


class Desk:
    """A mask that is edited, its history, and what it was after each step."""

    def __init__(self, path: Path) -> None:
        self.mask: LabelMap = np.zeros(SHAPE, np.uint8)
        self.mask[0, 0, 0] = 2
        self.history = History()
        self.journal = Journal(path, {"case": "a", "by": "me"})
        self.states: list[LabelMap] = []
        self.sizes: list[int] = []

    def stroke(self, rng: np.random.Generator) -> Record:
        after = self.mask.copy()
        z, y, x = (int(rng.integers(size)) for size in SHAPE)
        after[z, y : y + 2, x : x + 2] = (self.mask[z, y, x] + 1) % 3
        edit = Edit("paint", Delta.between(self.mask, after), {"class": "lesion"})
        record = Record("do", edit)
        self.history.replay(record, self.mask)
        return record

    def step(self, rng: np.random.Generator) -> None:
        kind = KINDS[int(rng.integers(len(KINDS)))]
        if kind == "do":
            record = self.stroke(rng)
        else:
            record = Record(kind)
            self.history.replay(record, self.mask)
        if self.states:
            self.journal.append(record)
        else:
            self.journal.begin(self.mask, self.history)
        self.states.append(self.mask.copy())
        self.sizes.append(self.journal.path.stat().st_size)


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path / "drafts" / "1.journal")


def run(desk: Desk, seed: int, steps: int = 25) -> None:
    rng = np.random.default_rng(seed)
    for _ in range(steps):
        desk.step(rng)


@pytest.mark.parametrize("seed", range(4))
def test_what_is_told_again_is_what_was_done_with_every_step_of_undo(desk: Desk, seed: int) -> None:
    run(desk, seed)
    told = read_journal(desk.journal.path)
    np.testing.assert_array_equal(told.mask, desk.mask)
    assert told.history.summary() == desk.history.summary()
    assert (told.header["case"], told.header["by"]) == ("a", "me")
    while desk.history.undo(desk.mask) is not None:
        assert told.history.undo(told.mask) is not None
        np.testing.assert_array_equal(told.mask, desk.mask)
    while desk.history.redo(desk.mask) is not None:
        told.history.redo(told.mask)
        np.testing.assert_array_equal(told.mask, desk.mask)
    assert told.history.redo(told.mask) is None


def test_cut_anywhere_the_last_whole_record_is_told(desk: Desk, tmp_path: Path) -> None:
    run(desk, 5, steps=8)
    content, cut = desk.journal.path.read_bytes(), tmp_path / "cut.journal"
    for size in range(desk.sizes[0], len(content) + 1):
        cut.write_bytes(content[:size])
        whole = max(place for place, end in enumerate(desk.sizes) if end <= size)
        told = read_journal(cut)
        np.testing.assert_array_equal(told.mask, desk.states[whole])
        assert told.size == desk.sizes[whole]


def test_a_damaged_record_ends_the_telling_and_a_damaged_beginning_is_said(desk: Desk, tmp_path: Path) -> None:
    base = desk.mask.copy()
    run(desk, 6, steps=8)
    parts = Parts(desk.journal.path)
    parts.mask(parts.header()["shape"])
    end_of_mask = parts.end
    content, bad = bytearray(desk.journal.path.read_bytes()), tmp_path / "bad.journal"
    for place in range(len(content)):
        content[place] ^= 0x55
        bad.write_bytes(content)
        content[place] ^= 0x55
        if place < end_of_mask:
            with pytest.raises(InputError, match=r"bad\.journal: this draft is damaged"):
                read_journal(bad)
            continue
        whole = [state for state, end in zip(desk.states, desk.sizes, strict=True) if end <= place]
        np.testing.assert_array_equal(read_journal(bad).mask, whole[-1] if whole else base)


@pytest.mark.parametrize("content", [b"", b"nonsense", b"napari-wsss journal 1\n"])
def test_no_journal_is_said(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "a.journal").write_bytes(content)
    with pytest.raises(InputError, match="damaged"):
        read_journal(tmp_path / "a.journal")
    with pytest.raises(InputError, match="cannot be read"):
        read_journal(tmp_path / "none.journal")


def test_it_goes_on_where_it_was_cut(desk: Desk) -> None:
    run(desk, 7, steps=6)
    desk.journal.close()
    with desk.journal.path.open("ab") as file:
        file.write(b"half a rec")
    told = read_journal(desk.journal.path)
    desk.journal.resume(told.size)
    desk.step(np.random.default_rng(1))
    np.testing.assert_array_equal(read_journal(desk.journal.path).mask, desk.mask)


def test_a_closed_journal_is_opened_again(desk: Desk) -> None:
    run(desk, 8, steps=3)
    desk.journal.close()
    desk.step(np.random.default_rng(2))
    np.testing.assert_array_equal(read_journal(desk.journal.path).mask, desk.mask)


@pytest.mark.parametrize("written", [0, 1, 7, 20])
def test_a_full_disk_leaves_what_was_whole_and_everything_is_written_anew(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, written: int
) -> None:
    run(desk, 9, steps=5)
    before, real = desk.mask.copy(), os.write

    def full(handle: int, content: memoryview) -> int:
        if written and not full.done:
            full.done = True
            return real(handle, content[:written])
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    full.done = False
    monkeypatch.setattr(journal_module.os, "write", full)
    record = desk.stroke(np.random.default_rng(3))
    with pytest.raises(ProjectError, match="No space left"):
        desk.journal.append(record)
    np.testing.assert_array_equal(read_journal(desk.journal.path).mask, before)
    assert desk.journal.path.stat().st_size == desk.sizes[-1]
    monkeypatch.undo()
    with pytest.raises(ProjectError, match="begin anew"):  # an edit is missing: what follows would not fit
        desk.journal.append(Record("undo"))
    desk.journal.begin(desk.mask, desk.history)
    told = read_journal(desk.journal.path)
    np.testing.assert_array_equal(told.mask, desk.mask)
    assert told.history.summary() == desk.history.summary()


def test_a_long_journal_is_written_anew_in_bounded_space(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(journal_module, "COMPACT", 2000)
    monkeypatch.setattr(journal_module, "History", partial(History, 300))
    desk.history = History(300)
    rng = np.random.default_rng(4)
    desk.stroke(rng)
    desk.journal.begin(desk.mask, desk.history)
    for _ in range(400):
        desk.journal.append(desk.stroke(rng))
        assert desk.journal.path.stat().st_size < 8000
    told = read_journal(desk.journal.path)
    np.testing.assert_array_equal(told.mask, desk.mask)
    assert brief(told.history.summary()) == brief(desk.history.summary())
    assert told.history.undo_name is not None


def test_skimming_counts_what_stands(desk: Desk) -> None:
    rng = np.random.default_rng(11)
    for _ in range(3):
        desk.stroke(rng)
    desk.journal.begin(desk.mask, desk.history)
    for kind in ("undo", "undo", "redo"):
        record = Record(kind)
        desk.history.replay(record, desk.mask)
        desk.journal.append(record)
    header, edits = skim_journal(desk.journal.path)
    assert header["case"] == "a"
    assert edits == len(desk.history.summary()) == 2


def test_an_edit_outside_the_mask_is_not_told(desk: Desk) -> None:
    desk.stroke(np.random.default_rng(1))
    desk.journal.begin(desk.mask, desk.history)
    far = Delta(np.array([10_000], np.uint32), np.zeros(1, np.uint8), np.ones(1, np.uint8))
    desk.journal.append(Record("do", Edit("paint", far)))
    np.testing.assert_array_equal(read_journal(desk.journal.path).mask, desk.mask)
