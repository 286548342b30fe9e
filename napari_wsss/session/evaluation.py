"""Score a project's classifier, proposals and predictions; or two folders of masks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from napari_wsss.data.masks import read_mask
from napari_wsss.data.matching import match_references
from napari_wsss.data.readers import list_scans
from napari_wsss.errors import InputError
from napari_wsss.files import write_json, write_text
from napari_wsss.metrics.measure import measure_case
from napari_wsss.metrics.overlap import EMPTY_MASK_RULE
from napari_wsss.pipeline.job import Job
from napari_wsss.pipeline.keys import Keys
from napari_wsss.pipeline.propose import scored_masks
from napari_wsss.pipeline.recipe import Recipe
from napari_wsss.pipeline.runner import pinned_models
from napari_wsss.pipeline.standing import kept_key, unfinished
from napari_wsss.pipeline.workspace import Workspace
from napari_wsss.progress import Note, Progress, Work
from napari_wsss.report.content import Table
from napari_wsss.report.tables import as_csv
from napari_wsss.session.measuring import classifier_rows, mask_rows, measure_masks
from napari_wsss.session.searched import measure_searched
from napari_wsss.store.project import Project


def evaluate_project(
    project: Project, workspace: Workspace, recipe: Recipe, subsets: Sequence[str]
) -> Work[dict[str, Any]]:
    """Score what a project holds on the cases of ``subsets``; keep the tables in its ``metrics`` folder.

    Returns:
        ``classifier``: a row per class (slice AUC and accuracy); ``masks``: a row per mask step and class, before them
        one for marking nothing; ``patients``: a row per mask step, class and patient; ``cases``: a row per mask step,
        case and class; ``rule``: how empty masks count.

    Raises:
        InputError: there is nothing to score, or nothing to score it against.
    """
    case_ids = workspace.subset(*subsets)
    with_reference = [case_id for case_id in case_ids if workspace.cases[case_id].reference is not None]
    keys = Keys(recipe, workspace, pinned_models(recipe, workspace))
    yield from _of_before(workspace, recipe, keys, with_reference)
    kinds = {kind: kind for kind in scored_masks(keys, with_reference)}
    measures = yield from measure_masks(workspace, recipe, kinds, with_reference)
    measures |= yield from measure_searched(project, workspace, recipe, with_reference)
    tables: dict[str, Any] = {
        "recipe": recipe.name,
        "subsets": list(subsets),
        "classifier": classifier_rows(workspace, recipe, case_ids),
        **mask_rows(measures, workspace.labels.classes),
        "rule": EMPTY_MASK_RULE,
    }
    if not tables["masks"] and not tables["classifier"]:
        raise InputError(
            f"nothing to score in {' and '.join(subsets)}: {len(case_ids)} cases, {len(with_reference)} with a "
            "reference mask. Run the stages first, and give references with `init --reference`."
        )
    keep_tables(project, "-".join(subsets), tables, ("masks", "patients", "cases"))
    return tables


def _of_before(workspace: Workspace, recipe: Recipe, keys: Keys, case_ids: Sequence[str]) -> list[Note]:
    """Say where segmented scans are not those of the model and settings in use: their scores are not its scores."""
    notes = []
    for name in recipe.giving("prediction"):
        job = Job(name, recipe, workspace, keys)
        if old := [case_id for case_id in unfinished(job, case_ids) if kept_key(job, case_id) is not None]:
            text = (
                f"'{name}': {len(old)} of {len(case_ids)} scans were segmented by another model, or with other "
                "settings, than those in use; `predict` segments them anew."
            )
            notes.append(Note(text, "warning"))
    return notes


def keep_tables(project: Project, stem: str, tables: Mapping[str, Any], as_files: Sequence[str]) -> None:
    """Write tables to ``metrics``/STEM.json, and those named in ``as_files`` for spreadsheets to STEM-NAME.csv too."""
    write_json(project.metrics_folder / f"{stem}.json", dict(tables))
    for name in as_files:
        write_text(project.metrics_folder / f"{stem}-{name}.csv", as_csv(Table(tables[name])))


def compare_folders(pred: Path, ref: Path) -> Work[dict[str, Any]]:
    """Score a folder of masks against references of the same names; every value but 0 is a class.

    Raises:
        InputError: no name in common, a mask without reference, or shapes that differ.
    """
    masks, references = list_scans(pred), list_scans(ref)
    matched, _ = match_references({name: {"mask": path} for name, path in masks.items()}, references)
    if missing := sorted(set(masks) - set(matched)):
        raise InputError(f"{ref}: no reference for {', '.join(missing[:5])} ({len(missing)} of {len(masks)} masks).")
    pairs = {name: (read_mask(masks[name]), read_mask(matched[name])) for name in masks}
    for name, ((_, grid), (_, other)) in pairs.items():
        if grid.axcodes != other.axcodes:
            raise InputError(
                f"{masks[name]}: its axes run {grid.axcodes}, those of its reference {matched[name]} {other.axcodes}. "
                "Save both on one grid: voxels are compared one by one."
            )
    highest = max(max(int(mask.max()), int(reference.max())) for (mask, _), (reference, _) in pairs.values())
    classes = [str(value) for value in range(1, max(highest, 1) + 1)]
    measures = []
    for done, (name, ((mask, geometry), (reference, _))) in enumerate(pairs.items(), start=1):
        measures.append(measure_case(name, name, mask, reference, classes=len(classes), spacing=geometry.spacing))
        yield Progress("evaluate", done, len(pairs), name)
    return {**mask_rows({pred.name: measures}, classes), "rule": EMPTY_MASK_RULE}
