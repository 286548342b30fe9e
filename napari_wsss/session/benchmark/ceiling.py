"""The ceiling of a recipe: its segmenter taught by reference masks instead of by proposals."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from napari_wsss.data.reference import in_classes
from napari_wsss.errors import InputError
from napari_wsss.models.card import read_card
from napari_wsss.pipeline.recipe import Recipe
from napari_wsss.pipeline.step import Stage
from napari_wsss.pipeline.workspace import ModelShelf
from napari_wsss.progress import Progress, Work
from napari_wsss.session.segmenter_choice import segmenter_of
from napari_wsss.session.workspaces import workspace_of
from napari_wsss.store.project import Project
from napari_wsss.store.provenance import provenance

STAGES: tuple[Stage, ...] = ("train-segmenter", "predict")
"""All that it needs: nothing is proposed."""

CEILING_RULE = (
    "The ceiling is the same segmenter with the same settings, taught by the reference masks of the train patients, at "
    "least as many examples an epoch; those of the val patients choose its epoch."
)


def ceiling_recipe(recipe: Recipe, examples: int) -> Recipe:
    """Give the recipe with a segmenter that learns from accepted masks alone.

    Args:
        recipe: the recipe as it was run on image-level labels.
        examples: least examples of an epoch: as many as that segmenter's, so that the ceiling is not taught for less
            time only because it needs no repetition. Stacks of a 3-D network are too few for it to matter.

    Raises:
        RecipeError: it trains no segmenter.
    """
    name = segmenter_of(recipe)
    step: Any = recipe.step(name)
    least = max(step.least_examples, examples)
    return recipe.with_knobs(name, learn_from="accepted", start="", least_examples=least)


def examples_of_epoch(folder: Path, recipe: Recipe) -> int:
    """Give how many examples an epoch of the segmenter in use in a branch had; 0 where nothing says so."""
    with Project.open(folder, read_only=True) as project:
        shelf, name = ModelShelf(workspace_of(project, recipe).models), segmenter_of(recipe)
        key = shelf.current(name)
        return 0 if key is None else int(read_card(shelf.place(name, key)).get("examples", 0))


def accept_references(project: Project, case_ids: Sequence[str]) -> Work[None]:
    """Accept the reference masks of cases in a branch.

    Raises:
        InputError: none of them has a reference mask.
        ProjectError: the branch cannot be written.
    """
    with_reference = [case_id for case_id in case_ids if project.case(case_id).reference is not None]
    if not with_reference:
        raise InputError("no ceiling: none of the patients to learn from has a reference mask (`init --reference`).")
    for done, case_id in enumerate(with_reference):
        yield Progress("accept", done, len(with_reference), case_id)
        reference = project.load_reference(case_id)
        if reference is not None:
            mask = in_classes(reference, project.labels.volume_labels(case_id))
            project.accept(case_id, mask, provenance("", "reference mask", {}, ""))
