"""Compare two segmenters on the masks that a person accepted, patient by patient."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from napari_wsss.errors import InputError, ModelError
from napari_wsss.metrics.measure import CaseMeasure
from napari_wsss.metrics.overlap import confusion, dice
from napari_wsss.metrics.patients import patients_of
from napari_wsss.pipeline.job import Job
from napari_wsss.pipeline.keys import Keys
from napari_wsss.pipeline.recipe import Recipe
from napari_wsss.pipeline.runner import pinned_models, prepare_inputs
from napari_wsss.pipeline.standing import unfinished
from napari_wsss.progress import Note, Progress, Work
from napari_wsss.report.two_models import write_plot
from napari_wsss.session.evaluation import keep_tables
from napari_wsss.session.kept_predictions import predictions_with
from napari_wsss.session.model_entry import ModelEntry, find_model, learnt_from, model_entries
from napari_wsss.session.verdict_on_models import gist, summary_of
from napari_wsss.session.workspaces import workspace_of
from napari_wsss.store.project import Project
from napari_wsss.store.provenance import provenance
from napari_wsss.types import LabelMap

_FOREIGN = " What a model from elsewhere learnt from is not known: these patients may be among it."


class ModelMasks:
    """The masks that one model made, kept in its own folder; the project's predictions stay as they are."""

    def __init__(self, project: Project, model: Path) -> None:
        self._project, self._shelf = project, predictions_with(model)

    def write(self, kind: str, case_id: str, mask: LabelMap, made: Mapping[str, Any]) -> Path:  # noqa: ARG002
        """Keep a mask with its provenance."""
        return self._shelf.write(self._project.case(case_id), mask, provenance(**made))

    def read(self, kind: str, case_id: str) -> LabelMap | None:  # noqa: ARG002
        """Give the mask kept, or None."""
        return self._shelf.read(case_id)

    def key(self, kind: str, case_id: str) -> str | None:  # noqa: ARG002
        """Give the key the mask was made under, or None."""
        return self._shelf.key(case_id)


def compare(project: Project, recipe: Recipe, models: tuple[str, str], device: str = "auto") -> Work[dict[str, Any]]:
    """Compare two segmenters; tables and plot go to ``metrics/compare-…`` of the project.

    Args:
        project: accepted masks are the truth; of a scan accepted in part, the accepted slices.
        recipe: the recipe in use; each model prepares scans as it was trained.
        models: the older and the newer one, by folder.
        device: "auto", "cpu", "cuda" or "mps".

    Returns:
        ``first``, ``second``: name, folder and when made; ``rows``: one a patient and class with a lesion in the
        accepted masks (Dice of both with all voxels of the patient pooled, difference, which of them learnt from the
        patient); ``summary``: for all patients and for those seen by neither, means, difference and its 95 % bootstrap
        interval; ``text``: the gist in a sentence; ``files``: what was written.

    Raises:
        ModelError: one of them is no segmenter, or is damaged.
        InputError: no mask is accepted yet.
        ProjectError: the project cannot be written.
    """
    entries = model_entries(project)
    pair = [find_model(entries, name) for name in models]
    accepted = [case_id for case_id in project.cases if project.accepted_slices(case_id).any()]
    if not accepted:
        raise InputError("no mask is accepted yet: models are compared on accepted masks. Accept a few first.")
    for entry in pair:
        yield from _outline(project, recipe, entry, accepted, device)
    measures = []
    for done, case_id in enumerate(accepted):
        yield Progress("compare", done, len(accepted), case_id)
        measures.append([_measure(project, entry, case_id) for entry in pair])
    seen = [_patients_seen(project, entry) for entry in pair]
    rows = _rows([list(column) for column in zip(*measures, strict=True)], seen, project.labels.classes)
    result = {
        **{place: _named(entry) for place, entry in zip(("first", "second"), pair, strict=True)},
        "rows": rows,
        "summary": summary_of(rows),
    }
    foreign = any("imported" in entry.card for entry in pair)
    result["text"] = gist(result) + (_FOREIGN if foreign else "")
    yield Progress("compare", len(accepted), len(accepted))
    return _kept(project, result)


def _outline(project: Project, recipe: Recipe, entry: ModelEntry, case_ids: Sequence[str], device: str) -> Work[None]:
    """Let a model outline the scans it has not outlined yet."""
    if not entry.segments:
        raise ModelError(f"'{entry.name}' is a {entry.kind}; only segmenters are compared.")
    names = [name for name in recipe.giving("prediction") if entry.step in recipe.upstream(name)]
    if not names:
        raise ModelError(f"'{entry.name}' belongs to the step '{entry.step}', which the recipe in use does not have.")
    workspace = replace(workspace_of(project, recipe), masks=ModelMasks(project, entry.folder))
    keys = Keys(recipe, workspace, pinned_models(recipe, workspace) | {entry.step: entry.key})
    job = Job(names[-1], recipe, workspace, keys, device)
    if todo := unfinished(job, case_ids):
        yield Note(f"'{entry.name}' segments {len(todo)} scans to be compared.")
        yield from prepare_inputs(job, todo)
        yield from job.step.run(job, todo)  # type: ignore[attr-defined]


def _measure(project: Project, entry: ModelEntry, case_id: str) -> CaseMeasure:
    """Measure a model's mask against the accepted one, in the slices that are accepted."""
    case, classes = project.case(case_id), len(project.labels.classes)
    found, truth = predictions_with(entry.folder).read(case_id), project.accepted(case_id)
    if found is None or truth is None:
        raise InputError(f"{case_id}: its mask went away while models were compared. Try again.")
    chosen = np.flatnonzero(project.accepted_slices(case_id))
    matrices = np.stack([confusion(found[z], truth[z], classes) for z in chosen])
    none = (float("nan"),) * classes
    return CaseMeasure(case_id, case.patient, matrices, case.geometry.voxel_volume / 1000.0, none, none, none)


def _patients_seen(project: Project, entry: ModelEntry) -> set[str]:
    seen = learnt_from(entry, project.cases)
    return {case.patient for case_id, case in project.cases.items() if case_id in seen}


def _rows(measures: list[list[CaseMeasure]], seen: list[set[str]], classes: Sequence[str]) -> list[dict[str, Any]]:
    rows = []
    for index, name in enumerate(classes):
        for one, other in zip(*(patients_of(column, index) for column in measures), strict=True):
            if one.counts.actual:
                first, second = dice(one.counts), dice(other.counts)
                rows.append(
                    {
                        "patient": one.name,
                        "class": name,
                        "scans": sum(measure.patient == one.name for measure in measures[0]),
                        "first": first,
                        "second": second,
                        "difference": second - first,
                        "first_saw": one.name in seen[0],
                        "second_saw": one.name in seen[1],
                    }
                )
    return rows


def _named(entry: ModelEntry) -> dict[str, str]:
    return {"name": entry.name, "folder": entry.folder.name, "made": entry.made, "data": entry.data}


def _kept(project: Project, result: dict[str, Any]) -> dict[str, Any]:
    """Write tables and plot beside the project's other figures."""
    stem = f"compare-{result['first']['folder']}-{result['second']['folder']}"
    keep_tables(project, stem, result, ("rows", "summary"))
    plot = project.metrics_folder / f"{stem}.png"
    write_plot(plot, result)
    written = [project.metrics_folder / f"{stem}{end}" for end in (".json", "-rows.csv", "-summary.csv")]
    return {**result, "files": [str(path) for path in (*written, plot)]}
