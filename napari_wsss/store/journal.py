"""Journal: a file to which every edit of a mask is added, readable up to the last one that was written whole."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from napari_wsss import files
from napari_wsss.edit.brief import brief
from napari_wsss.edit.history import History, Record
from napari_wsss.errors import InputError, ProjectError
from napari_wsss.store.journal_parts import MAGIC, Parts, header_part, mask_part, record_part, replay_part
from napari_wsss.types import LabelMap

COMPACT = 64 * 2**20
"""Bytes from which on a journal that has doubled is written anew, without what can no longer be undone."""


class Journal:
    """A journal that is being written.

    Args:
        path: the file.
        header: facts to begin it with; JSON values.
        size: how many bytes of the file are whole, to go on after them; 0 where it has to begin.
    """

    def __init__(self, path: Path, header: Mapping[str, Any], size: int = 0) -> None:
        self.path = path
        self.header = dict(header)
        self._handle: int | None = None
        self._begun = self._size = size

    def begin(self, mask: LabelMap, history: History) -> None:
        """Write everything anew, atomically: the mask (Z, Y, X) as it is now and the edits that led there.

        It outlives the program at once, and a power cut after :meth:`flusher`; so does what is appended.

        Raises:
            ProjectError: the folder cannot be written; what was written before is untouched.
        """
        self.close()
        header = {**self.header, "shape": list(mask.shape), "forgotten": brief(history.forgotten)}
        with files.atomic_path(self.path, flush=False) as temporary, temporary.open("wb") as file:
            file.write(MAGIC + header_part(header) + mask_part(_before(mask, history)))
            for record in _records(history):
                file.write(record_part(record))
            size = file.tell()
        self.resume(size)

    def resume(self, size: int) -> None:
        """Go on with a journal of which ``size`` bytes are whole. Raises ProjectError if it cannot be written."""
        self.close()
        if not size:
            raise ProjectError(f"{self.path}: an edit before this one was not written; the journal has to begin anew.")
        try:
            self._handle = os.open(self.path, os.O_WRONLY | getattr(os, "O_BINARY", 0))
            os.ftruncate(self._handle, size)
            os.lseek(self._handle, size, os.SEEK_SET)
        except OSError as error:
            self.close()
            raise files.cannot_write(self.path, error) from error
        self._begun = self._size = size

    def append(self, record: Record) -> None:
        """Add a record; a closed journal is opened again.

        Raises:
            ProjectError: it cannot be written; what was written before stays whole, and :meth:`begin` starts anew.
        """
        content = record_part(record)
        if self._handle is None:
            self.resume(self._size)
        try:
            self._write(content)
        except OSError as error:
            self._cut()
            self._size = 0
            raise files.cannot_write(self.path, error) from error
        self._size += len(content)
        if self._size > max(COMPACT, 2 * self._begun):
            told = read_journal(self.path)
            self.begin(told.mask, told.history)

    def flusher(self) -> Callable[[], None]:
        """Give what makes everything written up to now outlive a power cut, to be called in another thread, once.

        It raises ProjectError if the disk does not take it.
        """
        if self._handle is None:
            return lambda: None
        handle, path = os.dup(self._handle), self.path

        def flush() -> None:
            try:
                os.fsync(handle)
            except OSError as error:
                raise files.cannot_write(path, error) from error
            finally:
                os.close(handle)
            files.flush_folder(path.parent)

        return flush

    def close(self) -> None:
        """Let go of the file."""
        if self._handle is not None:
            with contextlib.suppress(OSError):  # everything was handed over before
                os.close(self._handle)
            self._handle = None

    def _write(self, content: bytes) -> None:
        assert self._handle is not None  # noqa: S101 (the caller opened it)
        left = memoryview(content)
        while left:
            left = left[os.write(self._handle, left) :]

    def _cut(self) -> None:
        """Take away what was written of a record that did not go through."""
        if self._handle is not None:
            with contextlib.suppress(OSError):  # reading stops before a part that is not whole
                os.ftruncate(self._handle, self._size)
        self.close()


@dataclass(frozen=True, eq=False)
class Told:
    """What a journal tells.

    Attributes:
        header: the facts it began with.
        mask: (Z, Y, X), as it was after the last whole record.
        history: the edits that led there, to be undone and redone.
        size: bytes of the file that are whole.
    """

    header: Mapping[str, Any]
    mask: LabelMap
    history: History
    size: int


def read_journal(path: Path) -> Told:
    """Read a journal up to its last whole record.

    Raises:
        InputError: the file cannot be read, or its beginning is damaged.
    """
    parts = Parts(path)
    header = parts.header()
    mask, history = parts.mask(header["shape"]), History(forgotten=header["forgotten"])
    size = parts.end
    for kind, content in parts:
        try:
            replay_part(kind, content, history, mask)
        except InputError:
            break
        size = parts.end
    return Told(header, mask, history, size)


def skim_journal(path: Path) -> tuple[dict[str, Any], int]:
    """Give a journal's header and how many edits stand in it. Raises InputError as :func:`read_journal`."""
    parts = Parts(path)
    header = parts.header()
    return header, sum(line.get("times", 1) for line in header["forgotten"]) + parts.standing()


def _before(mask: LabelMap, history: History) -> LabelMap:
    """Give the mask as it was before all edits that can be undone."""
    mask = mask.copy()
    for edit in reversed(history.done):
        edit.delta.revert(mask)
    return mask


def _records(history: History) -> Iterator[Record]:
    """Give the records that tell a history."""
    for edit in (*history.done, *reversed(history.undone)):
        yield Record("do", edit)
    for _ in history.undone:
        yield Record("undo")
