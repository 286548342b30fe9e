"""Parts of a journal as bytes: each with its kind, its length and a checksum, so that half a part is known as such."""

from __future__ import annotations

import json
import struct
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal

import numpy as np

from napari_wsss.edit.delta import Delta
from napari_wsss.edit.history import Edit, History, Record
from napari_wsss.errors import InputError
from napari_wsss.store.provenance import plain
from napari_wsss.types import LabelMap

MAGIC = b"napari-wsss journal 1\n"
_FRAME = struct.Struct("<cII")
"""Before each part: its kind, its length in bytes, the CRC-32 of kind and part."""
_HEADER, _MASK = b"h", b"m"
_KINDS: dict[bytes, Literal["do", "undo", "redo"]] = {b"d": "do", b"u": "undo", b"r": "redo"}
_MARKS = {kind: mark for mark, kind in _KINDS.items()}
_STEPS = {b"d": 1, b"u": -1, b"r": 1}


class Parts(Iterator[tuple[bytes, bytes]]):
    """The whole parts of a journal in order, as kind and content; stops before the first that is not whole.

    Attributes:
        path: the file.
        end: bytes of the file up to the end of the part given last.

    Raises:
        InputError: the file cannot be read.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        try:
            self._content = memoryview(path.read_bytes())
        except OSError as error:
            raise InputError(f"{path}: cannot be read ({error.strerror or error}).") from error
        self.end = len(MAGIC) if self._content[: len(MAGIC)] == MAGIC else len(self._content)

    def __next__(self) -> tuple[bytes, bytes]:
        begin = self.end + _FRAME.size
        if begin > len(self._content):
            raise StopIteration
        kind, length, checksum = _FRAME.unpack_from(self._content, self.end)
        part = self._content[begin : begin + length]
        if len(part) < length or _checksum(kind, part) != checksum:
            raise StopIteration
        self.end = begin + length
        return kind, bytes(part)

    def header(self) -> dict[str, Any]:
        """Take the first part. Raises InputError where it is damaged."""
        kind, content = next(self, (b"", b""))
        if kind != _HEADER:
            raise self._damaged("its first part is missing")
        header: dict[str, Any] = json.loads(content)
        return header

    def mask(self, shape: list[int]) -> LabelMap:
        """Take the second part, a mask of ``shape`` (Z, Y, X). Raises InputError where it is damaged."""
        kind, content = next(self, (b"", b""))
        if kind != _MASK:
            raise self._damaged("its mask is missing")
        return np.frombuffer(zlib.decompress(content), np.uint8).reshape(shape).copy()

    def standing(self) -> int:
        """Count the edits that stand at the end, by the kinds of the parts left."""
        count = 0
        for kind, _ in self:
            count = max(0, count + _STEPS.get(kind, 0))
        return count

    def _damaged(self, reason: str) -> InputError:
        return InputError(f"{self.path}: this draft is damaged ({reason}), and its strokes cannot be told from it.")


def header_part(header: dict[str, Any]) -> bytes:
    """Give the first part."""
    return _part(_HEADER, json.dumps(plain(header)).encode())


def mask_part(mask: LabelMap) -> bytes:
    """Give the second part: a mask, (Z, Y, X)."""
    return _part(_MASK, zlib.compress(mask.tobytes(), 1))


def record_part(record: Record) -> bytes:
    """Give the part of a record."""
    if record.edit is None:
        return _part(_MARKS[record.kind], b"")
    edit = record.edit
    facts = {"edit": edit.name, "time": edit.time, "details": plain(edit.details)}
    return _part(_MARKS["do"], json.dumps(facts).encode() + b"\n" + edit.delta.to_bytes())


def replay_part(kind: bytes, content: bytes, history: History, mask: LabelMap) -> None:
    """Do in ``mask`` (Z, Y, X), in place, and in ``history`` what a part says.

    Raises:
        InputError: it says something that this version does not know, or that does not fit the mask.
    """
    name = _KINDS.get(kind)
    if name is None:
        raise InputError(f"a recorded edit is of an unknown kind ({kind!r}).")
    if name != "do":
        history.replay(Record(name), mask)
        return
    words, _, rest = content.partition(b"\n")
    facts, delta = json.loads(words), Delta.from_bytes(rest)
    if len(delta) and int(delta.where[-1]) >= mask.size:
        raise InputError(f"a recorded edit lies outside the mask of shape {mask.shape}.")
    history.replay(Record("do", Edit(facts["edit"], delta, facts["details"], facts["time"])), mask)


def _part(kind: bytes, content: bytes) -> bytes:
    return _FRAME.pack(kind, len(content), _checksum(kind, content)) + content


def _checksum(kind: bytes, content: bytes | memoryview) -> int:
    return zlib.crc32(content, zlib.crc32(kind))
