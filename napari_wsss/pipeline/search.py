"""Threshold search: every combination of thresholds, scored on the cases that have a mask (paper 3, fig. 6).

It looks at masks, so what it finds is no result of image-level labels alone: it is reported as "searched with n masks".
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import closing
from itertools import product
from time import perf_counter
from typing import Any

import numpy as np

from napari_wsss.errors import InputError, RecipeError
from napari_wsss.metrics.by_threshold import confusion_by_threshold
from napari_wsss.metrics.foreground import foreground_dice
from napari_wsss.metrics.overlap import mean_iou
from napari_wsss.pipeline.bench import Bench
from napari_wsss.pipeline.recipe import Recipe
from napari_wsss.pipeline.setting import Setting, present
from napari_wsss.pipeline.step import Step
from napari_wsss.pipeline.steps import ThresholdMaps
from napari_wsss.pipeline.truths import judged_with, truths_of
from napari_wsss.pipeline.workspace import Workspace
from napari_wsss.progress import Note, Progress, Work
from napari_wsss.types import Array

STAGE = "search thresholds"

FINEST = 0.01
"""Least distance between two thresholds: a threshold's own step."""

FIXED = 0.7
"""The threshold of paper 3's row without a search."""


def search_thresholds(
    recipe: Recipe, workspace: Workspace, masks: str = "accepted", at: str | None = None, step: float = 0.1
) -> Work[dict[str, Any]]:
    """Score every combination of thresholds from 0 to 1.

    Args:
        recipe: the recipe in use; one or two threshold steps must lead to ``at``.
        workspace: the project's cases, labels, masks and folders.
        masks: "accepted" or "reference", see :func:`napari_wsss.pipeline.truths.truths_of`.
        at: mask step whose mask is scored; unless given the threshold's own, or the first that both thresholds
            lead to (their ensemble). A later step, such as the proposal, takes longer.
        step: distance between two thresholds.

    Returns:
        ``axes`` (one or two: step, knob, values, now), ``dice`` and ``miou`` over the axes, ``best`` by Dice,
        ``best_miou``, the scores of the thresholds as they are set ``now`` and of ``fixed`` ones (0.7), how many
        masks it was searched with (``n``, ``patients``, ``slices``, ``cases``, ``text``), and ``seconds``. Dice is
        the mean over cases, mIoU pools the voxels of all cases.

    Raises:
        InputError: there are no such masks, or ``step`` is out of bounds.
        RecipeError: not one or two thresholds lead to ``at``.
        ProjectError: a case has no maps.
    """
    if not FINEST <= step <= 1:
        raise InputError(f"the distance between two thresholds was {step:g}; give a number from {FINEST:g} to 1.")
    start = perf_counter()
    truths = truths_of(workspace, masks)
    names = thresholds_of(recipe, at)
    at = at if at is not None else meeting_point(recipe, names)
    values = [round(float(value), 10) for value in np.arange(0, 1 + step / 2, step)]
    grid = [dict(zip(names, cell, strict=True)) for cell in product(values, repeat=len(names))]
    now = {name: present(recipe, name) for name in names}
    fixed = dict.fromkeys(names, FIXED)
    bench = Bench(recipe, workspace, at, truths)
    settings = [*grid, now, fixed]
    matrices = yield from _matrices(bench, recipe.step(at), settings, [truth.case_id for truth in truths])
    if bench.stale:
        yield Note(f"the maps of {len(bench.stale)} cases were made with other labels or settings than now.", "warning")
    scores = [_score(*pair) for pair in zip(settings, zip(*matrices, strict=True), strict=True)]
    shape = (len(values),) * len(names)
    return {
        "kind": "threshold-search",
        "recipe": recipe.name,
        "at": at,
        **judged_with(masks, truths, "searched"),
        "axes": [_axis(name, values, now[name]) for name in names],
        "dice": np.reshape([row["dice"] for row in scores[:-2]], shape).tolist(),
        "miou": np.reshape([row["miou"] for row in scores[:-2]], shape).tolist(),
        "best": _best(scores[:-2], "dice", shape, now),
        "best_miou": _best(scores[:-2], "miou", shape, now),
        "now": scores[-2],
        "fixed": scores[-1],
        "seconds": round(perf_counter() - start, 2),
    }


def thresholds_of(recipe: Recipe, at: str | None = None) -> list[str]:
    """Give the knobs (``step.value``) of the one or two threshold steps that lead to ``at`` (the proposal when None).

    Raises:
        RecipeError: ``at`` gives no mask, or there are none or more than two.
    """
    end = recipe.proposal if at is None else at
    if recipe.step(end).gives != "mask":
        raise RecipeError(f"'{end}' gives no mask; give one of: {', '.join(recipe.giving('mask'))}.")
    found = [name for name in recipe.upstream(end) if isinstance(recipe.step(name), ThresholdMaps)]
    if len(found) not in (1, 2):
        raise RecipeError(
            f"{len(found)} threshold steps lead to '{end}'; the search takes one or two. Give `at` a step they lead to."
        )
    return [f"{name}.value" for name in found]


def meeting_point(recipe: Recipe, names: Sequence[str]) -> str:
    """Give the first mask step that all threshold knobs ``names`` lead to, on the way to the proposal."""
    steps = {name.partition(".")[0] for name in names}
    chain = [name for name in recipe.upstream(recipe.proposal) if recipe.step(name).gives == "mask"]
    return next(name for name in chain if steps <= set(recipe.upstream(name)))


def _matrices(bench: Bench, at: Step, settings: Sequence[Setting], cases: Sequence[str]) -> Work[list[list[Array]]]:
    """Give the confusion matrices: one row per case, one column per setting."""
    if isinstance(at, ThresholdMaps):  # then all settings are thresholds of this very step
        return (yield from _at_once(bench, at, settings, cases))
    total = len(cases) * len(settings)
    with closing(bench.judge(dict.fromkeys(cases, settings))) as beats:
        for done in beats:
            yield Progress(STAGE, done, total)
    return [[bench.matrix(case_id, setting) for setting in settings] for case_id in cases]


def _at_once(
    bench: Bench, at: ThresholdMaps, settings: Sequence[Setting], cases: Sequence[str]
) -> Work[list[list[Array]]]:
    """Count for all thresholds of a case in one pass over its soft maps."""
    values = [value for setting in settings for value in setting.values()]
    rows = []
    for done, case_id in enumerate(cases):
        yield Progress(STAGE, done, len(cases), case_id)
        case = bench.case(case_id)
        rows.append(list(confusion_by_threshold(case.value(at.evidence, {}), case.truth, values)))
    yield Progress(STAGE, len(cases), len(cases))
    return rows


def _score(setting: Setting, matrices: Sequence[Array]) -> dict[str, Any]:
    dice = float(np.mean([foreground_dice(matrix) for matrix in matrices]))
    return {"settings": dict(setting), "dice": dice, "miou": mean_iou(np.sum(matrices, axis=0))}


def _axis(name: str, values: Sequence[float], now: float) -> dict[str, Any]:
    step, _, knob = name.partition(".")
    return {"step": step, "knob": knob, "values": list(values), "now": now}


def _best(
    scores: Sequence[Mapping[str, Any]], key: str, shape: tuple[int, ...], now: Mapping[str, float]
) -> dict[str, Any]:
    """Give the highest score; of equal ones the nearest to what is set now."""

    def rank(place: int) -> tuple[float, float]:
        away = sum(abs(value - now[name]) for name, value in scores[place]["settings"].items())
        return -round(scores[place][key], 9), away

    place = min(range(len(scores)), key=rank)
    return {"index": [int(index) for index in np.unravel_index(place, shape)], **scores[place]}
