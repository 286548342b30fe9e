"""The HTML report of a project: pictures of cases, curves, tables, and how it was made."""

from __future__ import annotations

import csv
import json
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from napari_wsss.data.view import view_of
from napari_wsss.errors import ProjectError
from napari_wsss.export.record import cleaned
from napari_wsss.pipeline.recipe import Recipe
from napari_wsss.pipeline.workspace import ModelShelf, Workspace
from napari_wsss.progress import Progress, Work
from napari_wsss.report.content import ReportContent, Table, mask_tables
from napari_wsss.report.html import write_report
from napari_wsss.report.pictures import CasePictures, best_slice, picture_case
from napari_wsss.session.names import Names
from napari_wsss.session.study_report import study_tables
from napari_wsss.session.tuner import Tuner
from napari_wsss.session.tuning_report import calibration_table, chosen_with, heat_maps
from napari_wsss.store.project import Project
from napari_wsss.store.provenance import versions

PICTURED = 8
"""Cases shown; more make the file heavy without saying more."""


def write_project_report(
    project: Project, workspace: Workspace, recipe: Recipe, path: Path, names: Names
) -> Work[Path]:  # fmt: skip
    """Write the report to ``path``: one HTML file that needs nothing else; cases are called as ``names`` says.

    Raises:
        ProjectError: there is no proposal and no prediction to show yet, or the file cannot be written.
    """
    shown = _cases_to_show(project, workspace, recipe)
    if not shown:
        raise ProjectError("nothing to report yet: make proposals first (`napari-wsss propose PROJECT`).")
    pictures: list[CasePictures] = []
    for done, case_id in enumerate(shown):
        yield Progress("report", done, len(shown), names.case(case_id))
        pictures.append(_picture(project, workspace, recipe, case_id, names.case(case_id)))
    steps = recipe.model_dump(mode="json")["steps"]
    content = ReportContent(
        title=names.text(project.name),
        facts=_facts(project, workspace, recipe),
        tables=_tables(project, recipe) | study_tables(project) | calibration_table(project, names),
        heat_maps=heat_maps(project),
        curves=_curves(workspace, recipe),
        cases=pictures,
        provenance={
            "recipe": recipe.name,
            "steps": cleaned(steps, {}) if names.hidden else steps,
            "versions": versions(),
        },
        notes=_notes(workspace, chosen_with(project, recipe), names),
    )
    write_report(path, content)
    yield Progress("report", len(shown), len(shown))
    return path


def _cases_to_show(project: Project, workspace: Workspace, recipe: Recipe) -> list[str]:
    """Take unseen patients first; only cases with a mask to show."""
    order = workspace.subset("val", "test") + workspace.subset("train")
    have = [case_id for case_id in order if _masks(project, workspace, recipe, case_id)]
    ill = [case_id for case_id in have if (workspace.labels.volume_labels(case_id) != 0).any()]
    return (ill + [case_id for case_id in have if case_id not in ill])[:PICTURED]


def _masks(project: Project, workspace: Workspace, recipe: Recipe, case_id: str) -> dict[str, Any]:
    """Give the masks of a case by the name a person knows them by."""
    found = {"Proposal": workspace.mask(recipe, recipe.proposal, case_id)}
    for name in recipe.giving("prediction"):
        found["Segmenter"] = project.prediction(name, case_id)
    found["Accepted"] = project.accepted(case_id)
    return {name: mask for name, mask in found.items() if mask is not None}


def _picture(project: Project, workspace: Workspace, recipe: Recipe, case_id: str, name: str) -> CasePictures:
    case, masks = workspace.cases[case_id], _masks(project, workspace, recipe, case_id)
    reference = case.load_reference()
    tuner = Tuner(recipe, workspace, case_id)
    evidence = tuner.evidence().max(axis=0) if tuner.has_maps else None
    shown = reference if reference is not None and reference.any() else next(iter(masks.values()))
    z = best_slice(shown, evidence)
    volume = case.load()
    view = view_of(volume)
    plane = view.apply(volume.array[:, z])
    return picture_case(
        f"{name}, slice {z}" if case.geometry.shape[0] > 1 else name,
        plane.transpose(1, 2, 0) if volume.rgb else plane[0],
        evidence=None if evidence is None else view.apply(evidence[z]),
        masks={title: view.apply(mask[z]) for title, mask in masks.items()},
        reference=None if reference is None else view.apply(reference[z]),
        pixel=view.scale(case.geometry.spacing)[1:],
        caption=f"{case.subset} patient",
    )


def _facts(project: Project, workspace: Workspace, recipe: Recipe) -> dict[str, Any]:
    subsets = Counter(str(case.subset) for case in workspace.cases.values())
    accepted = sum(state == "accepted" for state in project.states().values())
    return {
        "Cases": len(workspace.cases),
        "Train / val / test": " / ".join(str(subsets[name]) for name in ("train", "val", "test")),
        "Classes": ", ".join(workspace.labels.classes),
        "Recipe": recipe.name,
        "Accepted": accepted,
    }


def _tables(project: Project, recipe: Recipe) -> dict[str, Table]:
    """Give the tables that ``evaluate`` left, one set per choice of patients; those of another recipe say so."""
    tables: dict[str, Table] = {}
    for path in sorted(project.metrics_folder.glob("*.json")):
        scores = json.loads(path.read_text(encoding="utf-8"))
        if "subsets" not in scores:
            continue  # of a search, a calibration, or a study
        other = "" if scores["recipe"] == recipe.name else f", recipe {scores['recipe']}"
        patients = " and ".join(scores["subsets"]) + f" patients{other}"
        if scores["classifier"]:
            tables[f"Classifier, {patients}"] = Table(scores["classifier"], "Slices with a known image-level label.")
        if scores["masks"]:
            tables |= mask_tables(scores["masks"], f"Masks, {patients}")
    return tables


def _curves(workspace: Workspace, recipe: Recipe) -> dict[str, Sequence[dict[str, float]]]:
    """Give the curves of the models in use."""
    shelf = ModelShelf(workspace.models)
    curves: dict[str, Sequence[dict[str, float]]] = {}
    for name, step in recipe.steps.items():
        key = shelf.current(name) if step.works_on == "cohort" else None
        if key is not None:
            curves[name.capitalize()] = _read_curves(shelf.place(name, key) / "curves.csv")
    return curves


def _read_curves(path: Path) -> list[dict[str, float]]:
    if not path.exists():
        return []
    with path.open(encoding="utf-8", newline="") as file:
        return [{name: float(value) for name, value in row.items() if value} for row in csv.DictReader(file)]


def _notes(workspace: Workspace, chosen: Sequence[str], names: Names) -> list[str]:
    crooked = [case for case in workspace.cases.values() if any("oblique" in text for text in case.warnings)]
    oblique = [names.case(case.id) for case in crooked]
    scoring = "for scoring only" if not chosen else "for scoring, and for choosing settings only where it is said here"
    notes = [f"Masks were learnt from image-level labels; reference masks, where shown, were used {scoring}.", *chosen]
    if oblique:
        notes.append(f"Oblique scans, shown along their own grid: {', '.join(oblique[:10])}.")
    return notes
