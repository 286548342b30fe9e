"""History: every edit of a mask, a person's and the computer's alike, to be undone and redone in bounded memory."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Literal

from napari_wsss.edit.delta import Delta
from napari_wsss.types import LabelMap

LIMIT = 256 * 2**20
"""Bytes of edits kept for undo at most; a stroke takes some kilobytes, a change of every voxel of 155×240×240 54 MB."""


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")


@dataclass(frozen=True, eq=False)
class Edit:
    """One edit.

    Attributes:
        name: what was done, as a person knows it: "paint", "fill between slices".
        delta: the voxels it changed.
        details: settings it was done with; JSON values.
        time: UTC, ISO 8601.
    """

    name: str
    delta: Delta
    details: Mapping[str, Any] = field(default_factory=dict)
    time: str = field(default_factory=_now)


@dataclass(frozen=True, eq=False)
class Record:
    """What a person just did: the line of a journal from which a history can be told again.

    Attributes:
        kind: an edit was made, taken back, or made again.
        edit: the edit made; None where one was taken back or made again.
    """

    kind: Literal["do", "undo", "redo"]
    edit: Edit | None = None


class History:
    """Edits in the order made.

    Args:
        limit: bytes of edits kept; beyond it the oldest can no longer be undone. The last one always can.
        forgotten: lines of :meth:`summary` of edits made before the first that can be undone.
    """

    def __init__(self, limit: int = LIMIT, forgotten: Sequence[Mapping[str, Any]] = ()) -> None:
        self.limit = limit
        self._done: list[Edit] = []
        self._undone: list[Edit] = []
        self._forgotten: list[dict[str, Any]] = [dict(line) for line in forgotten]

    @property
    def done(self) -> tuple[Edit, ...]:
        """Edits that can be undone, in the order made."""
        return tuple(self._done)

    @property
    def undone(self) -> tuple[Edit, ...]:
        """Edits that can be made again, the next one last."""
        return tuple(self._undone)

    @property
    def forgotten(self) -> tuple[Mapping[str, Any], ...]:
        """Lines of :meth:`summary` of the edits that can no longer be undone."""
        return tuple(self._forgotten)

    def copy(self) -> History:
        """Give a history of the same edits, which goes its own way from here on."""
        made = History(self.limit, self._forgotten)
        made._done, made._undone = self._done.copy(), self._undone.copy()
        return made

    @property
    def undo_name(self) -> str | None:
        """Name of the edit that :meth:`undo` takes back; None where there is none."""
        return self._done[-1].name if self._done else None

    @property
    def redo_name(self) -> str | None:
        """Name of the edit that :meth:`redo` makes again; None where there is none."""
        return self._undone[-1].name if self._undone else None

    @property
    def nbytes(self) -> int:
        """Memory that the edits take, in bytes."""
        return sum(edit.delta.nbytes for edit in (*self._done, *self._undone))

    def start(self, mask: LabelMap) -> LabelMap | None:
        """Give the mask that the edits began with, from ``mask`` (Z, Y, X) as it is; None where that is forgotten."""
        if self._forgotten:
            return None
        start = mask.copy()
        for edit in reversed(self._done):
            edit.delta.revert(start)
        return start

    def do(self, edit: Edit) -> None:
        """Remember an edit that was made; what could be redone is forgotten. One that changed nothing is none."""
        if not len(edit.delta):
            return
        self._undone.clear()
        self._done.append(edit)
        spent = self.nbytes
        while spent > self.limit and len(self._done) > 1:
            oldest = self._done.pop(0)
            spent -= oldest.delta.nbytes
            self._forgotten.append(_line(oldest))

    def undo(self, mask: LabelMap) -> Edit | None:
        """Take the last edit back in ``mask`` (Z, Y, X), in place; None where there is nothing to undo."""
        if not self._done:
            return None
        edit = self._done.pop()
        self._undone.append(edit)
        edit.delta.revert(mask)
        return edit

    def redo(self, mask: LabelMap) -> Edit | None:
        """Make the edit again that was taken back last, in place; None where there is nothing to redo."""
        if not self._undone:
            return None
        edit = self._undone.pop()
        self._done.append(edit)
        edit.delta.apply(mask)
        return edit

    def replay(self, record: Record, mask: LabelMap) -> None:
        """Do in ``mask`` (Z, Y, X), in place, what a record says was done."""
        if record.edit is not None:
            record.edit.delta.apply(mask)
            self.do(record.edit)
        elif record.kind == "undo":
            self.undo(mask)
        else:
            self.redo(mask)

    def clear(self) -> None:
        """Forget everything: another mask is edited."""
        for kept in (self._done, self._undone, self._forgotten):
            kept.clear()

    def summary(self) -> list[dict[str, Any]]:
        """Say what was done, in order, without what was undone: for each edit its name, voxels, time and details."""
        return [*self._forgotten, *map(_line, self._done)]


def _line(edit: Edit) -> dict[str, Any]:
    line: dict[str, Any] = {"edit": edit.name, "voxels": len(edit.delta), "time": edit.time}
    return line | ({"details": dict(edit.details)} if edit.details else {})
