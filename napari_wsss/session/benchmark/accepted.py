"""What a few accepted masks bring: calibration, then a segmenter that goes on, against a person's effort."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from napari_wsss.files import digest, write_bytes, write_json, write_text
from napari_wsss.metrics.effort import ASSUMPTION, Effort
from napari_wsss.pipeline.keys import Keys
from napari_wsss.pipeline.recipe import Recipe
from napari_wsss.pipeline.runner import pinned_models, pinned_outside
from napari_wsss.pipeline.setting import Setting
from napari_wsss.pipeline.share import share_model, share_results
from napari_wsss.pipeline.step import STAGES
from napari_wsss.pipeline.workspace import ModelShelf
from napari_wsss.progress import Note, Work, told_by
from napari_wsss.report.content import Table
from napari_wsss.report.effort_chart import effort_chart
from napari_wsss.report.tables import as_csv
from napari_wsss.session.benchmark.branch import bare_branch
from napari_wsss.session.benchmark.case import case_scores
from napari_wsss.session.benchmark.ceiling import accept_references
from napari_wsss.session.benchmark.patients import is_ill, patient_rows
from napari_wsss.session.benchmark.rows import PROPOSAL, SEGMENTER
from napari_wsss.session.benchmark.run import Group
from napari_wsss.session.benchmark.simulated_person import draw_patients, effort_in, scans_of
from napari_wsss.session.branches import recipe_of_branch
from napari_wsss.session.jobs import Worker
from napari_wsss.session.long_work import LongWork
from napari_wsss.session.workspaces import workspace_of
from napari_wsss.store.project import Project

FILES = TABLE, PATIENTS, CHART = "accepted.csv", "accepted-patients.csv", "accepted.png"

_LEARNT_ON = tuple(stage for stage in STAGES if stage != "train-classifier")
"""What is done anew with accepted masks: the classifier stays."""

CALIBRATION = "benchmark-calibration.json"
"""In a branch's ``metrics`` folder: what was found there, so that a benchmark begun anew does not search again."""

Dice = dict[str, float]
"""Patient → Dice."""


def accepted_rows(  # noqa: PLR0917 (all are needed, none has a default)
    project: Project,
    recipe: Recipe,
    worker: Worker,
    counts: Sequence[int],
    device: str,
    image_only: Project,
    judged: Group,
    ceiling_dice: float | None,
) -> Work[dict[str, Any]]:
    """Let a simulated person accept the masks of some train patients, and score what is made of them.

    For each number of patients, in a branch beside ``image_only``: the proposals' settings are calibrated with the
    accepted masks, proposals are made anew, the segmenter goes on from the one of ``image_only``. What an earlier call
    finished is not done again.

    Args:
        project: the project whose branch ``image_only`` is.
        recipe: as it was run there.
        worker: the processes that have torch.
        counts: how many patients, one row each.
        device: "auto", "cpu", "cuda" or "mps".
        image_only: the branch in which the recipe was run with image-level labels alone.
        judged: whose patients score the segmenter: nobody's mask of theirs is accepted.
        ceiling_dice: mean Dice of the fully supervised segmenter over them; None where there is none.

    Returns:
        ``rows``, from 0 accepted patients on: ``accepted``, a person's effort up to there (``slices_touched``,
        ``voxels_changed``, ``minutes``) counted on the proposals of ``image_only``; ``proposal``, mean Dice per patient
        over those accepted in no row, and ``segmenter`` over those of ``judged``, with how many they are;
        ``ratio``, segmenter / ceiling; ``settings``, those that calibration changed. ``patients``: a row for each Dice;
        ``ceiling``; ``notes``. No rows where there is nobody to accept.
    """
    order = draw_patients(image_only)
    numbers, notes = _possible(counts, len(order))
    yield from (Note(text) for text in notes)
    found: dict[str, Any] = {"rows": [], "patients": [], "ceiling": ceiling_dice}
    if not numbers:
        return found | {"notes": notes}
    opened = order[: numbers[-1]]
    score = partial(_row, accepted=opened, judged=judged, ceiling=ceiling_dice)
    efforts = [effort_in(image_only, recipe, patient) for patient in opened]
    rows = [(yield from score(image_only, recipe, STAGES, Effort(), {}))]
    subsets = {case.patient: case.subset for case in image_only.cases.values() if case.subset is not None}
    for number in numbers:
        with bare_branch(project, _place(project, image_only, number), recipe, subsets) as own:
            learning = _learn(own, recipe, worker, device, image_only, opened[:number])
            settings = yield from told_by(learning, f"{number} accepted")
            effort = sum(efforts[:number], Effort())
            rows.append((yield from score(own, recipe_of_branch(own), _LEARNT_ON, effort, settings)))
    for table in ("rows", "patients"):
        found[table] = [row for part in rows for row in part[table]]
    return found | {"notes": [*notes, ASSUMPTION, _SCORED.format(len(opened), judged.name)]}


def keep_accepted(folder: Path, found: dict[str, Any]) -> list[Path]:
    """Write what :func:`accepted_rows` gave to the :data:`FILES`.

    Returns:
        The files; none where there are no rows.

    Raises:
        ProjectError: the folder cannot be written.
    """
    if not found["rows"]:
        return []
    table, patients, chart = (folder / name for name in FILES)
    write_text(table, as_csv(Table(found["rows"])))
    write_text(patients, as_csv(Table(found["patients"])))
    write_bytes(chart, effort_chart(found["rows"], found["ceiling"]))
    return [table, patients, chart]


_SCORED = (
    "Accepted masks are simulated by reference masks of train patients. Proposals are scored on the patients who are "
    "not among the {} whose mask is accepted in some row, the segmenter on {}. Effort is counted on the proposals made "
    "from image-level labels alone."
)


def _possible(counts: Sequence[int], most: int) -> tuple[list[int], list[str]]:
    """Give the numbers of patients that can be had, rising, and a line where they are not those asked for."""
    numbers = sorted({min(count, most) for count in counts if min(count, most) > 0})
    if most == 0:
        return [], ["No train patient has both a lesion and a reference mask: nobody's mask can be accepted."]
    if max(counts, default=0) <= most:
        return numbers, []
    asked = ", ".join(f"{count}" for count in sorted(set(counts)) if count > most)
    there = f"{most} train patients have a lesion and a reference mask: that is how many are accepted instead"
    return numbers, [f"{asked} accepted patients were asked for. {there}."]


def _place(project: Project, image_only: Project, number: int) -> str:
    inside = image_only.folder.relative_to(project.folder)
    return f"{inside.as_posix()}-accepted-{number}"


def _learn(  # noqa: PLR0917 (all are needed, none has a default)
    own: Project, recipe: Recipe, worker: Worker, device: str, image_only: Project, patients: Sequence[str]
) -> Work[Setting]:
    """Do what a person would have the window do: accept, calibrate, propose, improve the model, segment.

    Returns:
        The settings that calibration changed.
    """
    yield from accept_references(own, [case_id for patient in patients for case_id in scans_of(own, patient)])
    yield from _take_over(own, recipe, image_only)
    work = LongWork(own, worker)
    yield from work.run(["maps"], device=device, earlier=False)
    settings = yield from _calibrated(work)
    work.apply(settings)
    work.choose(work.choice().replace(fine_tune=True))
    yield from work.run(_LEARNT_ON, device=device, earlier=False)
    return settings


def _take_over(own: Project, recipe: Recipe, image_only: Project) -> Work[None]:
    """Put the models of ``image_only`` to use, and share what else is the same."""
    source, target = workspace_of(image_only, recipe), workspace_of(own, recipe)
    for name, key in pinned_models(recipe, source).items():
        share_model(name, key, source, target)
        ModelShelf(target.models).use(name, key)
    yield from share_results(recipe, source, target)


def _calibrated(work: LongWork) -> Work[Setting]:
    """Give the settings that calibration recommends, those found by an earlier call for the same masks and maps."""
    path, key = work.project.metrics_folder / CALIBRATION, _calibrated_with(work)
    try:
        kept = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        kept = {}
    if kept.get("key") != key:
        outcome = yield from work.calibrate("accepted")
        kept = {"key": key, "settings": outcome["settings"], "reason": outcome["reason"]}
        write_json(path, kept)
    yield Note(f"Calibration: {kept['reason']}")
    return dict(kept["settings"])


def _calibrated_with(work: LongWork) -> str:
    recipe, workspace = work.recipe, work.workspace
    keys = Keys(recipe, workspace, pinned_models(recipe, workspace))
    masks = {case_id: workspace.accepted.digest(case_id) for case_id in workspace.training_cases()}
    parts = [(case_id, mask, keys.key(recipe.proposal, case_id)) for case_id, mask in masks.items() if mask]
    return digest(recipe.canonical(), *(text for part in parts for text in part))


def _row(
    project: Project,
    recipe: Recipe,
    stages: Sequence[str],
    effort: Effort,
    settings: Setting,
    *,
    accepted: Collection[str],
    judged: Group,
    ceiling: float | None,
) -> Work[dict[str, Any]]:
    """Give the row of a project in ``rows``, and those of its patients in ``patients``; ``stages`` were run there."""
    workspace = workspace_of(project, recipe)
    keys = Keys(recipe, workspace, pinned_outside(recipe, workspace, stages))
    others = {case.patient for case in project.cases.values()} - set(accepted)
    unseen = {case.patient for case in project.cases.values() if case.subset in judged.subsets}
    steps = {PROPOSAL: recipe.proposal, SEGMENTER: recipe.giving("prediction")[-1]}
    dice = {}
    for mask, patients in ((PROPOSAL, others), (SEGMENTER, unseen)):
        dice[mask] = yield from _dice(project, keys, {mask: steps[mask]}, patients)
    means = {name: float(np.mean([*of.values()])) if of else None for name, of in dice.items()}
    reached = means["segmenter"]
    row = {
        "accepted": effort.patients,
        "slices_touched": effort.slices,
        "voxels_changed": effort.voxels,
        "minutes": effort.minutes,
        "proposal": means["proposal"],
        "proposal_patients": len(dice["proposal"]),
        "segmenter": reached,
        "segmenter_patients": len(dice["segmenter"]),
        "ratio": reached / ceiling if reached is not None and ceiling else None,
        "settings": ", ".join(f"{name}={value}" for name, value in settings.items()),
    }
    return {"rows": [row], "patients": _patient_rows(effort.patients, dice)}


def _patient_rows(accepted: int, dice: dict[str, Dice]) -> list[dict[str, Any]]:
    return [
        {"accepted": accepted, "mask": mask, "patient": patient, "dice": value}
        for mask, of in dice.items()
        for patient, value in of.items()
    ]


def _dice(project: Project, keys: Keys, kind: Mapping[str, str], patients: Collection[str]) -> Work[Dice]:
    """Give the foreground Dice of the patients with a mask and a reference lesion, voxels pooled."""
    scans = [case_id for patient in sorted(patients) for case_id in scans_of(project, patient)]
    scores, _ = yield from case_scores(project, keys, kind, scans)
    rows = [row for found in scores.values() for row in patient_rows(found, keys.workspace.cases)]
    return {row["patient"]: row["dice"] for row in rows if is_ill(row)}
