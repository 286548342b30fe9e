"""Taking masks out of a project."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from napari_wsss.errors import InputError
from napari_wsss.export.masks import export_masks
from napari_wsss.pipeline.propose import kept_masks
from napari_wsss.pipeline.recipe import Recipe
from napari_wsss.progress import Note, Work
from napari_wsss.store.project import Project
from napari_wsss.types import LabelMap


def export_from(  # noqa: PLR0917 (all are needed, none has a default)
    project: Project,
    recipe: Recipe,
    kind_of: Callable[[str, str], str],
    folder: Path,
    what: str,
    cases: Sequence[str] | None,
) -> Work[list[Path]]:
    """Write masks; see :meth:`napari_wsss.session.Session.export`.

    Args:
        project: the project.
        recipe: the recipe in use.
        kind_of: step and case → step under whose name the mask is kept.
        folder: where to.
        what: which masks.
        cases: which cases; None for all.
    """
    read = _reader_of(what, project, recipe, kind_of)
    wanted = [project.case(case_id) for case_id in (project.cases if cases is None else cases)]
    written = yield from export_masks(wanted, read, folder)
    if not written:
        raise InputError(f"nothing to export: none of {len(wanted)} cases has a mask of the kind '{what}' yet.")
    yield Note("Masks made by software: not for diagnosis.")
    return written


def prediction_of(project: Project, recipe: Recipe, case_id: str) -> LabelMap | None:
    """Give the segmenter's mask of a case, or None."""
    names = recipe.giving("prediction")
    return project.prediction(names[-1], case_id) if names else None


def _reader_of(
    what: str, project: Project, recipe: Recipe, kind_of: Callable[[str, str], str]
) -> Callable[[str], LabelMap | None]:
    """Give the function that reads the masks a person calls ``what``."""
    if what == "accepted":
        return project.accepted
    if what == "predictions":
        return lambda case_id: prediction_of(project, recipe, case_id)
    kind = recipe.proposal if what == "proposals" else what
    if kind not in kept_masks(recipe):
        names = ", ".join(("accepted", "predictions", "proposals", *kept_masks(recipe)))
        reason = "is not kept" if kind in recipe.giving("mask") else "is no kind of mask here"
        raise InputError(f"'{what}' {reason}; give one of: {names}.")
    return lambda case_id: project.proposal(kind_of(kind, case_id), case_id)
