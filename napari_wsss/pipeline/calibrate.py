"""Calibrate: choose thresholds, CRF and filter settings from the masks at hand, cross-validated by patient."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing
from math import inf
from time import monotonic
from typing import Any

import numpy as np

from napari_wsss.pipeline.bench import Bench
from napari_wsss.pipeline.climb import Climber, climb, score, sweeps
from napari_wsss.pipeline.recipe import Recipe
from napari_wsss.pipeline.retreat import retreat
from napari_wsss.pipeline.search_space import Dimension, dimensions
from napari_wsss.pipeline.setting import Setting, present
from napari_wsss.pipeline.truths import Truth, judged_with, truths_of
from napari_wsss.pipeline.verdict import settings_by_case, verdict
from napari_wsss.pipeline.workspace import Workspace
from napari_wsss.progress import Note, Progress, Work, telling

STAGE = "calibrate"

FOLDS = 5
"""Groups of patients left out in turn; each patient alone where there are no more than this."""

MOST_SLICES = 16
"""Slices of a case looked at while searching. The figures reported are of all slices that count."""


def calibrate(
    recipe: Recipe,
    workspace: Workspace,
    masks: str = "accepted",
    knobs: Sequence[str] | None = None,
    *,
    minutes: float | None = 5.0,
    evaluations: int | None = None,
    seed: int = 0,
) -> Work[dict[str, Any]]:
    """Search settings of the live steps that bring proposals closest to the masks at hand.

    One search looks at all masks; beside it, for every group of patients, one that never sees their masks, whose
    settings are then scored on them. A knob goes to an end of its range only where that gains more than noise. What the
    search over all masks found is recommended only if settings chosen the same way without the patient are better on
    unseen patients than those held now, by more than the standard error of that gain over the patients.

    Args:
        recipe: the recipe in use; the search starts from its settings.
        workspace: the project's cases, labels, masks and folders.
        masks: "accepted" or "reference", see :func:`napari_wsss.pipeline.truths.truths_of`.
        knobs: ``step.knob`` of those to move; the default set unless given, see
            :func:`napari_wsss.pipeline.search_space.dimensions`.
        minutes: how long to search; the best found by then is reported. None for no limit.
        evaluations: settings judged on a case, at most; unlike time it stops at the same place every time.
        seed: of the grouping of patients.

    Returns:
        ``settings`` to apply (none when nothing better holds on unseen patients), ``found``, ``trusted`` and the
        ``reason``; Dice and mIoU ``before``, ``after`` (on the masks it was chosen with) and ``unseen``; ``rows`` by
        case, ``folds``, what it was calibrated with, ``evaluations`` and ``seconds``.

    Raises:
        InputError: there are no such masks.
        RecipeError: an unknown knob.
        ProjectError: a case has no maps.
    """
    start = monotonic()
    truths, at = truths_of(workspace, masks), recipe.proposal
    axes = dimensions(recipe, at, knobs)
    held = {axis.name: present(recipe, axis.name) for axis in axes}
    everyone = Climber([truth.case_id for truth in truths], held)
    without = leave_out(truths, held, seed)
    bench = Bench(recipe, workspace, at, truths, MOST_SLICES)
    limit = Limit(bench, minutes, evaluations)
    climbers = [everyone, *dict.fromkeys(without.values())]
    finished = yield from _search(bench, axes, climbers, limit)
    last = sweeps(axes)
    back = Progress(STAGE, last, last, "coming back from the ends of ranges")
    yield from telling(retreat(bench, axes, climbers), lambda _: back)
    if bench.stale:
        yield Note(f"the maps of {len(bench.stale)} cases were made with other labels or settings than now.", "warning")
    final = Bench(recipe, workspace, at, truths)
    scoring = Progress(STAGE, last, last, "scoring all slices")
    yield from telling(final.judge(settings_by_case(truths, everyone, without)), lambda _: scoring)
    return {
        "kind": "calibration",
        "recipe": recipe.name,
        "at": at,
        **judged_with(masks, truths, "calibrated"),
        "knobs": list(held),
        "present": held,
        **verdict(final, truths, everyone, without),
        "evaluations": bench.evaluations,
        "seconds": round(monotonic() - start, 2),
        "finished": finished,
    }


class Limit:
    """When the search has to end.

    Args:
        bench: where the evaluations are counted.
        minutes: from now; None for no limit.
        evaluations: at most; None for no limit.
    """

    def __init__(self, bench: Bench, minutes: float | None, evaluations: int | None) -> None:
        self._bench = bench
        self._end = inf if minutes is None else monotonic() + 60 * minutes
        self._most = inf if evaluations is None else evaluations

    @property
    def time_is_up(self) -> bool:
        """Whether the minutes are over; asked at any time."""
        return monotonic() >= self._end

    @property
    def used_up(self) -> bool:
        """Whether the evaluations are; asked between sweeps, so that the same number ends at the same place."""
        return self._bench.evaluations >= self._most


def leave_out(truths: Sequence[Truth], held: Setting, seed: int = 0) -> dict[str, Climber]:
    """Give patient → a search over the cases of other patients only; empty when there is but one patient.

    Up to :data:`FOLDS` patients are left out one by one, more in that many groups, drawn with ``seed``.
    """
    patients = sorted({truth.patient for truth in truths})
    if len(patients) < 2:
        return {}
    order = [patients[place] for place in np.random.default_rng(seed).permutation(len(patients))]
    climbers: dict[str, Climber] = {}
    for first in range(min(FOLDS, len(patients))):
        group = order[first::FOLDS]
        cases = [truth.case_id for truth in truths if truth.patient not in group]
        climbers |= dict.fromkeys(group, Climber(cases, held))
    return {patient: climbers[patient] for patient in patients}


def _search(bench: Bench, axes: Sequence[Dimension], climbers: Sequence[Climber], limit: Limit) -> Work[bool]:
    """Let the climbers climb until the top or the limit; say whether they got to the top."""
    everyone, total, done = climbers[0], sweeps(axes), 0
    with closing(bench.judge({case_id: [everyone.start] for case_id in everyone.cases})) as beats:
        for _ in beats:
            yield Progress(STAGE, 0, total, "scoring the present settings")
    before = score(bench, everyone.cases, everyone.start)
    with closing(climb(bench, axes, climbers)) as climbing:
        for finished in climbing:
            swept, done = finished > done, finished
            best = score(bench, everyone.cases, everyone.held)
            yield Progress(STAGE, done, total, f"Dice {best:.3f}", {"before": before, "best": best})
            if limit.time_is_up or (swept and limit.used_up):
                break
    return done == total
