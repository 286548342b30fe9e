"""What the report shows of the latest threshold search and calibration."""

from __future__ import annotations

import json
from typing import Any

from napari_wsss.errors import RecipeError
from napari_wsss.pipeline.recipe import Recipe
from napari_wsss.pipeline.setting import Setting, with_setting
from napari_wsss.report.content import Table
from napari_wsss.report.heat_map import HeatMap
from napari_wsss.session.names import Names
from napari_wsss.session.tuning_tasks import CALIBRATION_FILE, SEARCH_FILE
from napari_wsss.store.project import Project


def heat_maps(project: Project) -> dict[str, HeatMap]:
    """Give heading → scores over the thresholds of the latest search; empty without one.

    Dice; of two thresholds also mIoU, which is fig. 6 of Ostrowski et al.
    """
    table = _read(project, SEARCH_FILE)
    if table is None:
        return {}
    dice = {"Threshold search": _heat_map(table, "Dice", "dice", "best")}
    if len(table["axes"]) == 1:
        return dice
    return dice | {"Threshold search, mIoU": _heat_map(table, "mIoU", "miou", "best_miou")}


def calibration_table(project: Project, names: Names) -> dict[str, Table]:
    """Give heading → Dice before and after the latest calibration, by case; empty without one.

    Cases are called as ``names`` says.
    """
    outcome = _read(project, CALIBRATION_FILE)
    if outcome is None:
        return {}
    found = ", ".join(f"{name} {value}" for name, value in outcome["found"].items()) or "the settings as they were"
    caption = f"It was {outcome['text']} and found: {found}. {outcome['reason']}"
    rows = [{**row, "case": names.text(str(row["case"]))} for row in outcome["rows"]]
    return {"Calibration": Table(rows, caption, ("case", "slices", "before", "after", "unseen"))}


def chosen_with(project: Project, recipe: Recipe) -> list[str]:
    """Say which settings in use were chosen by looking at masks, and at how many; empty where none were."""
    search, outcome = _read(project, SEARCH_FILE), _read(project, CALIBRATION_FILE)
    notes = []
    if search is not None and _in_use(recipe, search["best"]["settings"]):
        notes.append(f"The thresholds in use were {search['text']}.")
    if outcome is not None and _in_use(recipe, outcome["settings"]):
        names = ", ".join(outcome["settings"])
        notes.append(f"Settings in use ({names}) were {outcome['text']}.")
    return notes


def _in_use(recipe: Recipe, settings: Setting) -> bool:
    """Whether the recipe has these settings, read from JSON; none are in use of a step or knob that is gone."""
    try:
        chosen = with_setting(recipe, settings)
    except RecipeError:
        return False
    return bool(settings) and chosen == recipe


def _heat_map(table: dict[str, Any], score: str, key: str, best: str) -> HeatMap:
    """Give the map of a score: one row for one threshold; for two, the first down and the second across."""
    first, *others = table["axes"]
    index = table[best]["index"]
    columns = others[0] if others else first
    return HeatMap(
        scores=table[key] if others else [table[key]],
        rows=_headings(first) if others else [score],
        columns=_headings(columns),
        row_title=first["step"] if others else "",
        column_title=columns["step"],
        best=(index[0], index[1]) if others else (0, index[0]),
        caption=_search_caption(table, _SCORES[key], key),
    )


_SCORES = {"dice": "Mean Dice over cases", "miou": "mIoU over background and lesion, all voxels pooled,"}


def _search_caption(table: dict[str, Any], what: str, key: str) -> str:
    now, fixed = table["now"][key], table["fixed"][key]
    return (
        f"{what} at '{table['at']}', {table['text']}: these masks took part in the choice, so the best "
        f"cell is no result of image-level labels alone. Thresholds set at the time: {now:.3f}; fixed at 0.7: "
        f"{fixed:.3f}."
    )


def _headings(axis: dict[str, Any]) -> list[str]:
    return [f"{value:g}" for value in axis["values"]]


def _read(project: Project, name: str) -> dict[str, Any] | None:
    path = project.metrics_folder / name
    if not path.exists():
        return None
    data: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return data
