"""What the reader of a benchmark should know: what was scored how, and what nobody can know."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from napari_wsss.metrics.bootstrap import RESAMPLES
from napari_wsss.metrics.lesions import LESION_RULE
from napari_wsss.metrics.overlap import EMPTY_MASK_RULE
from napari_wsss.pipeline.labelled import CONVINCING
from napari_wsss.pipeline.recipe import Recipe
from napari_wsss.session.benchmark.budget import Epochs, epochs_of
from napari_wsss.session.benchmark.ceiling import CEILING_RULE
from napari_wsss.session.benchmark.rows import CEILING, PROPOSAL
from napari_wsss.store.project import Project

NO_REFERENCE = (
    "No case has a reference mask: how good the masks are (Dice, distances, lesions, volume) cannot be known here, and "
    "no ceiling can be taught. The table says how well the classifier tells images apart, and where anything is marked."
)
INTERVALS = (
    f"Intervals: 95 %, percentile bootstrap of the mean over patients, {RESAMPLES} resamples. p: two-sided, paired "
    f"bootstrap over patients, not corrected for the number of comparisons; 0 means less than {2 / RESAMPLES:g}."
)
LABELS_ALONE = (
    "Proposals and segmenters were learnt from image-level labels alone. Masks that a person accepted in the project, "
    "or rejected, and settings of single cases took no part."
)
OWN_SPLIT = (
    "Val patients taught nothing, but by their image-level labels and proposals they chose which epoch is kept, "
    "so a little of what is said about them is optimistic."
)
NOBODY_APART = (
    "No patient is val or test: segmenters cannot be scored on patients they never saw, and no ceiling is taught. "
    "Draw folds (`--folds K`), or keep patients apart in the split."
)
FOLDS = (
    "Folds are drawn by patient over all cases. Learnt from: every patient in the folds whose training saw it, "
    "averaged over them (a fifth of them chose epochs). Kept apart: each patient once, in the fold that left it out."
)


def with_reference(project: Project) -> int:
    """Give how many cases have a reference mask."""
    return sum(case.reference is not None for case in project.cases.values())


def notes_on(project: Project, tables: Mapping[str, Any]) -> list[str]:
    """Give the notes on the tables of a benchmark."""
    known, all_cases = with_reference(project), len(project.cases)
    notes = [*_failures(tables["rows"]), *_doubts(tables["rows"]), LABELS_ALONE, *_on_split(project, tables["folds"])]
    if not known:
        return [NO_REFERENCE, *notes]
    if known < all_cases:
        notes.append(f"{all_cases - known} of {all_cases} cases have no reference mask: no score of theirs is known.")
    if any(row["masks"] == CEILING for row in tables["rows"]):
        notes.append(CEILING_RULE)
    return [*notes, EMPTY_MASK_RULE, LESION_RULE, INTERVALS]


def _failures(rows: Sequence[Mapping[str, Any]]) -> list[str]:
    """Give what the rows say of themselves, each once."""
    return list(dict.fromkeys(row["note"] for row in rows if row.get("note")))


def _on_split(project: Project, folds: int | None) -> list[str]:
    if folds:
        return [FOLDS]
    there = {case.subset for case in project.cases.values()}
    return ([OWN_SPLIT] if "val" in there else []) + ([] if there & {"val", "test"} else [NOBODY_APART])


def _doubts(rows: Sequence[Mapping[str, Any]]) -> list[str]:
    """Name the recipes whose classifiers hardly tell which patients' slices show a lesion."""
    known = [row for row in rows if row["masks"] == PROPOSAL and row.get("auc") is not None]
    weak = [row for row in known if row["auc"] < CONVINCING]
    return [
        f"{row['recipe']}, {row['group']}: its classifier hardly knows which images show a lesion (AUC "
        f"{row['auc']:.2f}; guessing gives 0.50). Its masks mean little, whatever they look like."
        for row in weak
    ]


def epochs_note(recipe: Recipe, before: Epochs, minutes: float | None) -> str:
    """Say how many epochs a recipe was trained for, and why."""
    told = ", ".join(f"{name} {number}" for name, number in epochs_of(recipe).items()) or "none"
    if minutes is None:
        return f"{recipe.name}: epochs as its settings have them: {told}."
    own = ", ".join(f"{name} {number}" for name, number in before.items())
    return f"{recipe.name}: epochs chosen so that a run is estimated to fit {minutes:g} min: {told} (its own: {own})."
