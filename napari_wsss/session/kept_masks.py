"""The masks a person can ask for by name — accepted, predictions, proposals, a step — and how each was made."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from napari_wsss.errors import InputError
from napari_wsss.pipeline.propose import kept_masks
from napari_wsss.pipeline.recipe import Recipe
from napari_wsss.store.project import Project
from napari_wsss.types import LabelMap

KindOf = Callable[[str, str], str]
"""Step and case → step under whose name the mask is kept."""


@dataclass(frozen=True)
class MaskSource:
    """Reads the masks of one kind.

    Attributes:
        what: the kind, as a person calls it.
        read: case id → mask (Z, Y, X), or None.
        made: case id → how it was made.
    """

    what: str
    read: Callable[[str], LabelMap | None]
    made: Callable[[str], dict[str, Any]]


def mask_source(what: str, project: Project, recipe: Recipe, kind_of: KindOf) -> MaskSource:
    """Give the source of the masks a person calls ``what``.

    Raises:
        InputError: there is no such kind of mask here.
    """
    if what == "accepted":
        return MaskSource(what, project.accepted, project.accepted_provenance)
    if what == "predictions":
        return MaskSource(
            what,
            lambda case_id: prediction_of(project, recipe, case_id),
            lambda case_id: prediction_made(project, recipe, case_id),
        )
    kind = recipe.proposal if what == "proposals" else what
    if kind not in kept_masks(recipe):
        names = ", ".join(("accepted", "predictions", "proposals", *kept_masks(recipe)))
        reason = "is not kept" if kind in recipe.giving("mask") else "is no kind of mask here"
        raise InputError(f"'{what}' {reason}; give one of: {names}.")
    return MaskSource(
        what,
        lambda case_id: project.proposal(kind_of(kind, case_id), case_id),
        lambda case_id: project.proposal_provenance(kind_of(kind, case_id), case_id),
    )


def prediction_of(project: Project, recipe: Recipe, case_id: str) -> LabelMap | None:
    """Give the segmenter's mask of a case, or None."""
    names = recipe.giving("prediction")
    return project.prediction(names[-1], case_id) if names else None


def prediction_made(project: Project, recipe: Recipe, case_id: str) -> dict[str, Any]:
    """Give how the segmenter's mask of a case was made; empty where there is none."""
    names = recipe.giving("prediction")
    return project.prediction_provenance(names[-1], case_id) if names else {}
