"""The masks of a project's cases: proposed, accepted, rejected, predicted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Literal, Protocol

import numpy as np

from napari_wsss.data.cohort import Case
from napari_wsss.data.labels import LabelTable
from napari_wsss.errors import InputError, ProjectError
from napari_wsss.store.accepted import AcceptedShelf
from napari_wsss.store.drafts import DraftShelf
from napari_wsss.store.rejected import Rejections
from napari_wsss.store.shelf import Shelf, plain_name
from napari_wsss.types import Array, BoolArray, LabelMap

State = Literal["unlabelled", "labelled", "proposed", "in progress", "accepted", "rejected"]
"""How far a case has come. In progress: a person began to correct it, or accepted some of its slices but not all."""


class _Has(Protocol):
    def __contains__(self, case_id: str, /) -> bool: ...


class CaseMasks:
    """The part of a project that holds masks.

    Attributes:
        folder: the project folder, absolute.
        cases: case id → case.
        labels: image-level labels; its classes say which label values a mask may hold.
        read_only_reason: why nothing can be written; "" where it can.
    """

    folder: Path
    cases: dict[str, Case]
    labels: LabelTable
    read_only_reason: str = ""

    @property
    def read_only(self) -> bool:
        """Whether nothing can be written."""
        return bool(self.read_only_reason)

    def check_writable(self) -> None:
        """Refuse to go on in a project opened for reading.

        Raises:
            ProjectError: it says why it is read-only.
        """
        if self.read_only:
            raise ProjectError(f"Nothing was changed. {self.read_only_reason}")

    def case(self, case_id: str) -> Case:
        """Give a case.

        Raises:
            InputError: the project has none of this id.
        """
        if case_id not in self.cases:
            many = f"among the {len(self.cases)} of this project"
            advice = "Give its name as `worklist` lists it, not its pseudonym."
            raise InputError(f"There is no case '{case_id}' {many}. {advice}")
        return self.cases[case_id]

    # Accepted and rejected

    def accept(
        self, case_id: str, mask: Array, provenance: Mapping[str, Any], slices: Sequence[int] | None = None
    ) -> Path:
        """Accept a mask, whole or only some slices; an earlier version goes to the history, a rejection is lifted.

        Args:
            case_id: the case.
            mask: (Z, Y, X), 0 background, c + 1 class c.
            provenance: how it was made, see :func:`~napari_wsss.store.provenance.provenance`.
            slices: 0 … Z - 1; the others stay as accepted before, else empty. None accepts all.

        Returns:
            The file written.

        Raises:
            InputError: no such case or slice; a mask of another shape, or with a value that is no class.
            ProjectError: the project cannot be written; everything is as before.
        """
        self.check_writable()
        path = self._accepted.accept(self.case(case_id), self._fitting(case_id, mask), provenance, slices)
        self._rejected.remove(case_id)
        return path

    def accepted(self, case_id: str) -> LabelMap | None:
        """Give the accepted mask, (Z, Y, X), None where nothing is accepted. Raises InputError if it is damaged."""
        return self._accepted.read(case_id)

    def accepted_slices(self, case_id: str) -> BoolArray:
        """Give which slices are accepted, (Z,)."""
        return self._accepted.slices(case_id, self.case(case_id).geometry.shape[0])

    def accepted_path(self, case_id: str) -> Path:
        """Give where the accepted mask lies, whether there is one or not."""
        return self._accepted.path(case_id)

    def accepted_provenance(self, case_id: str) -> dict[str, Any]:
        """Give how the accepted mask was made; empty where there is none."""
        return self._accepted.provenance(case_id)

    def accepted_history(self, case_id: str) -> Shelf:
        """Give the shelf of earlier accepted versions, "1", "2", … from the oldest on."""
        return self._accepted.history(case_id)

    def unaccept(self, case_id: str) -> None:
        """Take an acceptance back; the mask goes to the history. Raises ProjectError if that cannot be written."""
        self.check_writable()
        self._accepted.withdraw(self.case(case_id).id)

    def reject(self, case_id: str, reason: str = "", by: str = "") -> None:
        """Reject what is proposed for a case, for a ``reason``, ``by`` somebody; an accepted mask goes to the history.

        Raises:
            InputError: no such case.
            ProjectError: the project cannot be written.
        """
        self.check_writable()
        # In this order nothing accepted is lost when the second write fails.
        self._rejected.add(self.case(case_id).id, reason, by)
        self._accepted.withdraw(case_id)

    def unreject(self, case_id: str) -> None:
        """Take a rejection back."""
        self.check_writable()
        self._rejected.remove(self.case(case_id).id)

    def rejection(self, case_id: str) -> str | None:
        """Give the reason of a rejection ("" when none was given), None where the case is not rejected."""
        return self._rejected.reason(case_id)

    def rejection_facts(self, case_id: str) -> dict[str, Any] | None:
        """Give reason, time and who (by) of a rejection, None where the case is not rejected."""
        return self._rejected.facts(case_id)

    def rejected(self) -> set[str]:
        """Give the cases that are rejected, whatever was begun since; one that is accepted is not."""
        return self._rejected.case_ids() - self._accepted.case_ids()

    @property
    def drafts(self) -> DraftShelf:
        """Corrections that were not accepted yet."""
        return DraftShelf(self.folder / "drafts")

    # Proposals and predictions

    def proposal_path(self, kind: str, case_id: str) -> Path:
        """Give where the proposal of a kind ("origin", "refined", "crf", …) lies, whether there is one or not."""
        return self._proposals(kind).path(case_id)

    def write_proposal(self, kind: str, case_id: str, mask: Array, provenance: Mapping[str, Any]) -> Path:
        """Write a proposal; its provenance's ``key`` says what it was made from. Raises as :meth:`accept`."""
        self.check_writable()
        return self._proposals(kind).write(self.case(case_id), self._fitting(case_id, mask), provenance)

    def proposal(self, kind: str, case_id: str) -> LabelMap | None:
        """Give a proposal, (Z, Y, X), None where there is none. Raises InputError if it is damaged."""
        return self._proposals(kind).read(case_id)

    def proposal_key(self, kind: str, case_id: str) -> str | None:
        """Give the key a proposal was made under, None where there is none or it is not the one described."""
        return self._proposals(kind).key(case_id)

    def proposal_provenance(self, kind: str, case_id: str) -> dict[str, Any]:
        """Give how a proposal was made; empty where there is none."""
        return self._proposals(kind).provenance(case_id)

    def proposal_kinds(self) -> list[str]:
        """Give the kinds of proposals there are, sorted."""
        return _folders(self.folder / "proposals")

    def prediction_path(self, model: str, case_id: str) -> Path:
        """Give where the prediction of a model lies, whether there is one or not."""
        return self._predictions(model).path(case_id)

    def write_prediction(self, model: str, case_id: str, mask: Array, provenance: Mapping[str, Any]) -> Path:
        """Write what a model predicted. Raises as :meth:`accept`."""
        self.check_writable()
        return self._predictions(model).write(self.case(case_id), self._fitting(case_id, mask), provenance)

    def prediction(self, model: str, case_id: str) -> LabelMap | None:
        """Give a prediction, (Z, Y, X), None where there is none. Raises InputError if it is damaged."""
        return self._predictions(model).read(case_id)

    def prediction_key(self, model: str, case_id: str) -> str | None:
        """Give the key a prediction was made under, None where there is none or it is not the one described."""
        return self._predictions(model).key(case_id)

    def prediction_provenance(self, model: str, case_id: str) -> dict[str, Any]:
        """Give how a prediction was made; empty where there is none."""
        return self._predictions(model).provenance(case_id)

    def prediction_shelf(self, model: str) -> Shelf:
        """Give the shelf with the predictions of a model."""
        return self._predictions(model)

    def prediction_models(self) -> list[str]:
        """Give the models there are predictions of, sorted."""
        return _folders(self.folder / "predictions")

    # State

    def state(self, case_id: str) -> State:
        """Give how far a case has come.

        Raises:
            InputError: no such case.
        """
        case = self.case(case_id)
        proposals = [self._proposals(kind) for kind in self.proposal_kinds()]
        partial = self._accepted.partial({case_id: case.geometry.shape[0]})
        return self._furthest(case_id, partial | self._corrected(), self._accepted, self._rejected, proposals)

    def states(self) -> dict[str, State]:
        """Give :meth:`state` of all cases, with one look into each folder, and into what changed since the last."""
        accepted, rejected = self._accepted.case_ids(), self._rejected.case_ids()
        partial = self._accepted.partial(
            {name: self.cases[name].geometry.shape[0] for name in accepted & set(self.cases)}
        )
        begun = partial | self._corrected()
        proposals = [self._proposals(kind).case_ids() for kind in self.proposal_kinds()]
        return {case_id: self._furthest(case_id, begun, accepted, rejected, proposals) for case_id in self.cases}

    def _furthest(self, case_id: str, begun: _Has, accepted: _Has, rejected: _Has, proposals: Sequence[_Has]) -> State:
        if case_id in begun:
            return "in progress"
        if case_id in accepted:
            return "accepted"
        if case_id in rejected:
            return "rejected"
        if any(case_id in kind for kind in proposals):
            return "proposed"
        return "labelled" if self.labels.is_labelled(case_id) else "unlabelled"

    def _corrected(self) -> set[str]:
        """Give the cases with corrections that were not accepted yet, and were not rejected after the last of them."""
        drafts, rejected = self.drafts, self._rejected
        return {name for name in drafts.case_ids() if drafts.written(name) > rejected.written(name)}

    @property
    def _accepted(self) -> AcceptedShelf:
        return AcceptedShelf(self.folder / "accepted")

    @property
    def _rejected(self) -> Rejections:
        return Rejections(self.folder / "rejected")

    def _proposals(self, kind: str) -> Shelf:
        return Shelf(self.folder / "proposals" / plain_name(kind))

    def _predictions(self, model: str) -> Shelf:
        return Shelf(self.folder / "predictions" / plain_name(model))

    def _fitting(self, case_id: str, mask: Array) -> LabelMap:
        """Give the mask as a label map, refused when its shape or a value does not fit the case."""
        shape, classes = self.case(case_id).geometry.shape, self.labels.classes
        if mask.shape != shape:
            raise InputError(f"'{case_id}': mask of shape {mask.shape}, but the scan has {shape} (Z, Y, X).")
        if mask.dtype.kind not in "bui":
            raise InputError(f"'{case_id}': mask of type {mask.dtype}; whole numbers were expected (0 is background).")
        low, high = int(mask.min(initial=0)), int(mask.max(initial=0))
        if low < 0 or high > len(classes):
            wrong = low if low < 0 else high
            raise InputError(
                f"'{case_id}': mask holds the value {wrong}; 0 is background and 1 to {len(classes)} are the classes "
                f"{', '.join(classes)}."
            )
        return mask.astype(np.uint8)


def _folders(parent: Path) -> list[str]:
    if not parent.is_dir():
        return []
    return sorted(path.name for path in parent.iterdir() if path.is_dir() and not path.name.startswith("."))
