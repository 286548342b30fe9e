"""What was decided about a case, and the corrections that were not decided about yet."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from napari_wsss.edit.brief import brief
from napari_wsss.errors import InputError
from napari_wsss.session.preferences import preferences
from napari_wsss.session.rounds import Rounds
from napari_wsss.store.drafts import DraftNote
from napari_wsss.store.provenance import provenance
from napari_wsss.store.versions import Version, mask_of, versions_of
from napari_wsss.types import LabelMap


class Deciding(Rounds):
    """The part of a :class:`~napari_wsss.session.Session` that keeps a person's decisions."""

    def accept(
        self,
        case_id: str,
        mask: LabelMap,
        slices: Sequence[int] | None = None,
        *,
        edited: bool = False,
        made: Mapping[str, Any] | None = None,
        edits: Sequence[Mapping[str, Any]] = (),
    ) -> Path:
        """Keep ``mask`` (Z, Y, X) as the person's own decision; the version before stays in the history.

        Args:
            case_id: the case.
            mask: label map on the scan's grid.
            slices: only these slices are accepted; all when None.
            edited: the person changed the proposal by hand.
            made: how what was corrected had been made (:meth:`Tuner.provenance`, or what is kept beside a mask); that
                of the mask offered when None.
            edits: what was done to it since (:meth:`~napari_wsss.edit.history.History.summary`).
        """
        if made is None:
            made = self.offered_made(case_id)
        bare = {"recipe": self.recipe.name, "step": "", "key": "", "params": {}}
        facts = {name: made[name] for name in (*bare, "weights", "seed") if name in made}
        done = brief([*made.get("edits", ()), *edits])
        by_hand = bool(edited or edits or made.get("edited"))
        facts = provenance(**(bare | facts), edited=by_hand, edits=done, by=preferences().signature)
        return self.project.accept(case_id, mask, facts, slices)

    def reject(self, case_id: str, reason: str = "") -> None:
        """Mark a case's proposal as no use."""
        self.project.reject(case_id, reason, by=preferences().signature)

    def versions(self, case_id: str) -> list[Version]:
        """Give everything that was decided or begun about a case, newest first. Raises InputError: no such case."""
        return versions_of(self.project, case_id)

    def version_mask(self, case_id: str, version: Version) -> LabelMap:
        """Read the mask of a version, (Z, Y, X). Raises InputError if it is damaged, or there is none."""
        return mask_of(self.project, case_id, version)

    def drafts(self) -> list[DraftNote]:
        """Give the corrections that were not accepted yet, the last written first; damaged ones are left out."""
        return self.project.drafts.notes(self.project.cases)

    def accept_draft(self, case_id: str, number: int | None = None) -> Path:
        """Accept corrections as they were left, for the whole scan; they are no draft any more then.

        Args:
            case_id: the case.
            number: of the draft; the last one when None.

        Raises:
            InputError: no such case or draft, or it is damaged.
            ProjectError: the project cannot be written; everything is as before.
        """
        self.project.check_writable()
        number = self._draft(case_id, number)
        draft = self.project.drafts.read(case_id, number)
        path = self.accept(case_id, draft.mask, made=draft.made or None, edits=draft.history.summary())
        self.project.drafts.remove(case_id, number)
        return path

    def discard_draft(self, case_id: str, number: int | None = None) -> None:
        """Throw corrections away that were not accepted. Raises as :meth:`accept_draft`."""
        self.project.check_writable()
        self.project.drafts.remove(case_id, self._draft(case_id, number))

    def _draft(self, case_id: str, number: int | None) -> int:
        numbers = self.project.drafts.numbers(self.project.case(case_id).id)
        if not numbers or (number is not None and number not in numbers):
            there = f"its drafts are {', '.join(map(str, numbers))}" if numbers else "it has none"
            raise InputError(f"{case_id}: there is no such draft; {there}.")
        return numbers[-1] if number is None else number
