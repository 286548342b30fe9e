"""Drafts: corrections that were not accepted yet, each in a journal that outlives the program."""

from __future__ import annotations

import contextlib
from collections.abc import Container, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from napari_wsss import files
from napari_wsss.edit.history import History
from napari_wsss.errors import InputError, ProjectError
from napari_wsss.store.journal import Journal, read_journal, skim_journal
from napari_wsss.store.provenance import now
from napari_wsss.store.shelf import plain_name, remove
from napari_wsss.types import LabelMap

_SUFFIX = ".journal"
_DAMAGED = ".damaged"


@dataclass(frozen=True)
class DraftNote:
    """A draft in a line.

    Attributes:
        case_id: the case.
        number: 1, 2, … among the drafts of the case.
        started_from: what was corrected: "proposal", "accepted", "prediction" or "version".
        edits: how many edits stand in it.
        by: who made them.
        time: when they began; UTC, ISO 8601.
        saved: when the last was written.
        size: bytes on disk.
    """

    case_id: str
    number: int
    started_from: str
    edits: int
    by: str
    time: str
    saved: str
    size: int


@dataclass(frozen=True, eq=False)
class Draft:
    """A draft with all that belongs to it.

    Attributes:
        number: of the draft.
        started_from: what was corrected.
        made: how that was made, as far as known.
        by: who corrects it.
        time: when the corrections began; UTC, ISO 8601.
        mask: (Z, Y, X), as it was last.
        history: the edits, to be undone and redone.
        size: bytes of its journal that are whole; 0 where nothing is on disk.
    """

    number: int
    started_from: str
    made: Mapping[str, Any]
    by: str
    time: str
    mask: LabelMap
    history: History
    size: int = 0


class DraftShelf:
    """``<folder>/<case id>/<n>.journal``; a damaged one is set aside as ``<n>.journal.damaged``.

    Attributes:
        folder: made at the first draft.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def case_ids(self) -> set[str]:
        """Give the cases that have a draft."""
        if not self.folder.is_dir():
            return set()
        return {path.name for path in self.folder.iterdir() if path.is_dir() and any(path.glob(f"*{_SUFFIX}"))}

    def numbers(self, case_id: str) -> list[int]:
        """Give the numbers of the drafts of a case, ascending."""
        return sorted(number for number, path in self._files(case_id) if path.name.endswith(_SUFFIX))

    def written(self, case_id: str) -> float:
        """Give when a draft of a case was written last, in seconds since 1970; 0 where there is none."""
        paths = [path for _, path in self._files(case_id) if path.name.endswith(_SUFFIX)]
        return max((_time_of(path) for path in paths), default=0.0)

    def path(self, case_id: str, number: int) -> Path:
        """Give where a draft lies, whether there is one or not."""
        return self.folder / plain_name(case_id) / f"{number}{_SUFFIX}"

    def note(self, case_id: str, number: int) -> DraftNote:
        """Give a draft in a line. Raises InputError if it is damaged or gone."""
        path = self.path(case_id, number)
        header, edits = skim_journal(path)
        found = path.stat()
        saved = datetime.fromtimestamp(found.st_mtime, UTC).isoformat(timespec="seconds")
        started_from, by, time = (str(header.get(name, "")) for name in ("started_from", "by", "time"))
        return DraftNote(case_id, number, started_from, edits, by, time, saved, found.st_size)

    def notes(self, cases: Container[str]) -> list[DraftNote]:
        """Give the drafts of ``cases``, each in a line, the last written first; damaged ones are left out."""
        found = []
        for case_id in self.case_ids():
            for number in self.numbers(case_id) if case_id in cases else ():
                with contextlib.suppress(InputError, OSError):
                    found.append(self.note(case_id, number))
        return sorted(found, key=lambda note: note.saved, reverse=True)

    def new(self, case_id: str, started_from: str, made: Mapping[str, Any], by: str) -> Journal:
        """Give a journal for a new draft; nothing is written before its :meth:`~.journal.Journal.begin`.

        Args:
            case_id: the case.
            started_from: what is corrected.
            made: how that was made.
            by: who corrects it.
        """
        number = 1 + max((number for number, _ in self._files(case_id)), default=0)
        facts = {"case": case_id, "started_from": started_from, "made": dict(made), "by": by, "time": now()}
        return Journal(self.path(case_id, number), facts)

    def read(self, case_id: str, number: int) -> Draft:
        """Read a draft up to its last whole record. Raises InputError if its beginning is damaged, or it is gone."""
        told = read_journal(self.path(case_id, number))
        header = told.header
        started_from, by, time = (str(header.get(name, "")) for name in ("started_from", "by", "time"))
        return Draft(number, started_from, header.get("made", {}), by, time, told.mask, told.history, told.size)

    def resumed(self, case_id: str, draft: Draft) -> Journal:
        """Give the journal of a draft as it was read, to be gone on with, or begun anew should its file be gone."""
        facts = {"case": case_id, "started_from": draft.started_from, "made": dict(draft.made)}
        return Journal(self.path(case_id, draft.number), {**facts, "by": draft.by, "time": draft.time}, draft.size)

    def remove(self, case_id: str, number: int) -> None:
        """Discard a draft; nothing happens where there is none. Raises ProjectError if the folder cannot be written."""
        remove(self.path(case_id, number))
        with contextlib.suppress(OSError):  # others are left in it
            (self.folder / plain_name(case_id)).rmdir()

    def set_aside(self, case_id: str, number: int) -> Path:
        """Give a damaged draft another name, so that it is in nobody's way and not lost; gives where it lies now.

        Raises:
            ProjectError: the folder cannot be written.
        """
        path = self.path(case_id, number)
        aside = path.with_name(path.name + _DAMAGED)
        try:
            path.replace(aside)
        except OSError as error:
            raise files.cannot_write(aside, error) from error
        return aside

    def _files(self, case_id: str) -> Iterator[tuple[int, Path]]:
        folder = self.folder / plain_name(case_id)
        for path in folder.glob(f"*{_SUFFIX}*") if folder.is_dir() else ():
            number = path.name.partition(".")[0]
            if number.isdigit():
                yield int(number), path


def read_drafts(
    shelf: DraftShelf, case_id: str, shape: tuple[int, int, int], *, read_only: bool = False
) -> tuple[list[Draft], list[str]]:
    """Read all drafts of a case, oldest first, and say what is wrong with those that cannot be used.

    Args:
        shelf: where they are.
        case_id: the case.
        shape: of its scan, (Z, Y, X).
        read_only: leave what is damaged where it is; else it is set aside.
    """
    drafts, faults = [], []
    for number in shelf.numbers(case_id):
        try:
            drafts.append(_fitting(shelf.read(case_id, number), shape))
        except InputError as error:
            faults.append(f"{case_id}, draft {number}: {error}")
            if not read_only:
                with contextlib.suppress(ProjectError):
                    faults[-1] += f" It was set aside as {shelf.set_aside(case_id, number)}."
    return drafts, faults


def _time_of(path: Path) -> float:
    try:
        return path.stat().st_mtime
    except OSError:  # removed meanwhile
        return 0.0


def _fitting(draft: Draft, shape: tuple[int, int, int]) -> Draft:
    if draft.mask.shape != shape:
        raise InputError(f"its mask has the shape {draft.mask.shape}, but the scan has {shape} (Z, Y, X).")
    return draft
