"""Rounds: after a segmenter was trained, its masks are what the person starts from in the scans still to be done."""

from __future__ import annotations

from contextlib import suppress
from typing import Any, Literal, get_args

from napari_wsss.errors import InputError, RecipeError
from napari_wsss.params import nearest
from napari_wsss.progress import Work
from napari_wsss.session.kept_masks import prediction_made, prediction_of
from napari_wsss.session.library import Library
from napari_wsss.session.model_entry import learnt_from
from napari_wsss.session.verdict_on_models import surely_worse
from napari_wsss.types import LabelMap

StartFrom = Literal["proposals", "segmenter"]
Offer = Literal["proposal", "prediction"]
STARTS: tuple[StartFrom, ...] = get_args(StartFrom)
_SETTING = "start from"


class Rounds(Library):
    """The part of a :class:`~napari_wsss.session.Session` that says which masks a person starts from."""

    @property
    def start_from(self) -> StartFrom:
        """What is offered in scans that are not accepted: the proposals, or the masks of the segmenter in use."""
        return "segmenter" if self.project.settings.get(_SETTING) == "segmenter" else "proposals"

    def set_start_from(self, start: StartFrom) -> None:
        """Say what is offered from now on; nothing accepted or begun changes by it.

        Raises:
            InputError: no such thing.
            RecipeError: the recipe has no segmenter.
            ProjectError: the project cannot be written.
        """
        if start not in STARTS:
            raise InputError(f"'{start}' is nothing to start from. {nearest(start, STARTS)}")
        if start == "segmenter" and not self.recipe.giving("prediction"):
            raise RecipeError(f"the recipe '{self.recipe.name}' has no segmenter to start from.")
        self._settings.store({_SETTING: start})

    def offers(self, case_id: str) -> Offer:
        """Say which mask is offered for a case; where the segmenter has made none it is the proposal."""
        kinds = self.recipe.giving("prediction") if self.start_from == "segmenter" else []
        there = bool(kinds) and case_id in self.project.prediction_shelf(kinds[-1])
        return "prediction" if there else "proposal"

    def offered(self, case_id: str) -> LabelMap | None:
        """Give the mask (Z, Y, X) that is offered for a case, or None. Raises InputError if it is damaged."""
        if self.offers(case_id) == "prediction":
            return prediction_of(self.project, self.recipe, case_id)
        return self.project.proposal(self._proposed_by(case_id), case_id)

    def offered_made(self, case_id: str) -> dict[str, Any]:
        """Give how the mask offered for a case was made; empty where there is none."""
        if self.offers(case_id) == "prediction":
            return prediction_made(self.project, self.recipe, case_id)
        return self.project.proposal_provenance(self._proposed_by(case_id), case_id)

    def unsure_slices(self, case_id: str) -> list[float]:
        """Give how unsure the segmenter is of each slice of a case: mean entropy in bits; empty where not known."""
        told = None
        with suppress(InputError):  # damaged: whoever opens the case is told
            told = prediction_made(self.project, self.recipe, case_id).get("uncertainty")
        return [float(one) for one in told["slices"]] if isinstance(told, dict) else []

    def end_round(self, *, device: str = "auto") -> Work[dict[str, Any]]:
        """Compare the segmenter in use with the one before it, and start from its masks unless it is worse.

        Returns:
            ``comparison``: what :meth:`compare_models` gives; None where there is no model before, or nothing is
            accepted yet. ``worse``: on patients that neither learnt from, surely. ``start_from``: what is offered now.

        Raises:
            ProjectError: the project cannot be written.
        """
        self.project.check_writable()
        present, before = self.segmenter(), self.model_before()
        comparison = None
        if present is not None and before is not None and self._anything_accepted():
            comparison = yield from self.compare_models(before.folder.name, present.folder.name, device=device)
        worse = comparison is not None and surely_worse(comparison)
        if present is not None and not worse and self.recipe.giving("prediction"):
            self.set_start_from("segmenter")
        return {"comparison": comparison, "worse": worse, "start_from": self.start_from}

    def _anything_accepted(self) -> bool:
        return any(self.project.accepted_slices(case_id).any() for case_id in self.project.cases)

    def learnt_from(self) -> frozenset[str]:
        """Give the cases that the segmenter in use learnt from."""
        entry = self.segmenter()
        return learnt_from(entry, self.project.cases) if entry is not None else frozenset()

    def _proposed_by(self, case_id: str) -> str:
        return self.recipe_for(case_id).effective(self.recipe.proposal)
