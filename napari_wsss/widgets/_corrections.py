"""Corrections: a person's edits of one mask that were not accepted yet, on the desk or set aside."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, Self, cast

from napari_wsss.edit.history import History
from napari_wsss.store.drafts import Draft
from napari_wsss.store.journal import Journal
from napari_wsss.types import LabelMap

Origin = Literal["proposal", "accepted", "prediction", "version", "edited", "draft"]
Made = Callable[[], Mapping[str, Any]]
"""Gives how a mask was made; may read a file."""


@dataclass(eq=False)
class Corrections:
    """Edits of one mask, and how much of them is on the disk.

    Attributes:
        case_id: the case.
        started_from: what is corrected.
        made: how that was made.
        mask: (Z, Y, X), as set aside; None while it is on the desk.
        history: the edits, as set aside.
        stored: as read from the disk, until more is written.
        journal: where they are written; None before the first write.
        handed: how often something was handed over to be written.
        written: of these, how many are on the disk.
        sound: nothing that was handed over has failed.
        accepted_at: what ``handed`` was when a mask with all of them was accepted; -1 before.
        removed: they are no longer on the disk, on purpose.
    """

    case_id: str
    started_from: Origin
    made: Made
    mask: LabelMap | None = None
    history: History = field(default_factory=History)
    stored: Draft | None = None
    journal: Journal | None = None
    handed: int = 0
    written: int = 0
    sound: bool = False
    accepted_at: int = -1
    removed: bool = False

    @classmethod
    def read(cls, case_id: str, draft: Draft) -> Self:
        """Give what was read from the disk."""
        origin = cast("Origin", draft.started_from)
        return cls(case_id, origin, lambda: draft.made, draft.mask, draft.history, stored=draft, sound=True)

    @property
    def saved(self) -> bool:
        """Whether all of it is on the disk."""
        return self.sound and self.handed == self.written

    @property
    def spent(self) -> bool:
        """Whether they are accepted, and nothing was done since."""
        return self.accepted_at == self.handed
