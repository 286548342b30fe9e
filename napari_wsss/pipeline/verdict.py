"""Verdict on a calibration: before and after on every case, and whether what was found holds on unseen patients."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from napari_wsss.metrics.foreground import foreground_dice
from napari_wsss.metrics.overlap import mean_iou
from napari_wsss.pipeline.bench import Bench
from napari_wsss.pipeline.climb import GAIN, Climber
from napari_wsss.pipeline.setting import Setting
from napari_wsss.pipeline.truths import Truth

FEW = 3
"""Fewer patients than this say little about the next one, even where the figures rise."""


def settings_by_case(
    truths: Sequence[Truth], everyone: Climber, without: Mapping[str, Climber]
) -> dict[str, list[Setting]]:
    """Give case → the settings to score it under: before, after and, where there is one, unseen.

    Args:
        truths: of every case.
        everyone: the search over all masks.
        without: patient → the search that saw none of this patient's masks.
    """
    plain: dict[str, list[Setting]] = {truth.case_id: [everyone.start, everyone.held] for truth in truths}
    for truth in truths:
        if truth.patient in without:
            plain[truth.case_id].append(without[truth.patient].held)
    return plain


def verdict(bench: Bench, truths: Sequence[Truth], everyone: Climber, without: Mapping[str, Climber]) -> dict[str, Any]:
    """Give the figures and the recommendation; ``bench`` has judged :func:`settings_by_case`."""
    wanted = settings_by_case(truths, everyone, without)
    columns = list(zip(*wanted.values(), strict=True))
    figures = [_figures(bench, list(wanted), column) for column in columns]
    before, after, *others = figures
    unseen = others[0] if others else None
    rows = [_row(bench, truth, wanted[truth.case_id]) for truth in truths]
    trusted, reason = _trust(before, after, unseen, _gains(rows), changed=bool(everyone.changed))
    return {
        "settings": everyone.changed if trusted else {},
        "found": everyone.changed,
        "trusted": trusted,
        "reason": reason,
        "before": before,
        "after": after,
        "unseen": unseen,
        "rows": rows,
        "folds": _folds(without),
    }


def _figures(bench: Bench, cases: Sequence[str], settings: Sequence[Setting]) -> dict[str, float]:
    matrices = [bench.matrix(*pair) for pair in zip(cases, settings, strict=True)]
    dice = float(np.mean([foreground_dice(matrix) for matrix in matrices]))
    return {"dice": dice, "miou": mean_iou(np.sum(matrices, axis=0))}


def _row(bench: Bench, truth: Truth, settings: Sequence[Setting]) -> dict[str, Any]:
    scores = [foreground_dice(bench.matrix(truth.case_id, setting)) for setting in settings]
    before, after, unseen = (*scores, None)[:3]
    facts = {"case": truth.case_id, "patient": truth.patient, "slices": int(truth.slices.sum())}
    return facts | {"before": before, "after": after, "unseen": unseen}


def _folds(without: Mapping[str, Climber]) -> list[dict[str, Any]]:
    """Give the groups of patients left out together, and what was chosen without them."""
    climbers = {id(climber): climber for climber in without.values()}
    return [
        {"patients": [name for name, its in without.items() if its is climber], "settings": climber.changed}
        for climber in climbers.values()
    ]


def _trust(
    before: Mapping[str, float],
    after: Mapping[str, float],
    unseen: Mapping[str, float] | None,
    gains: Sequence[float],
    *,
    changed: bool,
) -> tuple[bool, str]:
    if unseen is None:
        return False, (
            "The masks are of one patient, so nothing can be checked on another: the settings stay. Accept masks of a "
            "second patient."
        )
    if not changed or after["dice"] <= before["dice"]:
        return False, "Nothing better was found than what is set."
    figures = f"{before['dice']:.3f} to {unseen['dice']:.3f}"
    if unseen["dice"] <= before["dice"] + GAIN:
        return False, f"On patients not used to choose them, such settings would not help (mean Dice {figures})."
    if (doubt := _standard_error(gains)) >= np.mean(gains):
        return False, (
            f"On patients not used to choose them, such settings may help or not: mean Dice {figures}, a gain no "
            f"larger than its standard error, {doubt:.3f}. Accept masks of more patients."
        )
    warning = "" if len(gains) >= FEW else " With so few patients, look at the masks before you rely on it."
    return True, f"On patients not used to choose them, such settings raise the mean Dice from {figures}.{warning}"


def _gains(rows: Sequence[Mapping[str, Any]]) -> list[float]:
    """Give what each patient's Dice gains under settings chosen without it; none where nobody was left out."""
    scans: dict[str, list[float]] = {}
    for row in rows:
        if row["unseen"] is not None:
            scans.setdefault(row["patient"], []).append(row["unseen"] - row["before"])
    return [float(np.mean(gains)) for gains in scans.values()]


def _standard_error(values: Sequence[float]) -> float:
    return float(np.std(values, ddof=1) / np.sqrt(len(values)))
