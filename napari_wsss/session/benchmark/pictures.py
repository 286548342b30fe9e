"""Pictures of a benchmark: for each recipe the best, the middle and the worst patient, scan, reference and mask."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from napari_wsss.data.reference import in_classes
from napari_wsss.data.view import view_of
from napari_wsss.files import write_bytes
from napari_wsss.progress import Progress, Work
from napari_wsss.report.pictures import CasePictures, best_slice, picture_case, side_by_side
from napari_wsss.session.benchmark.leftovers import remove_leftovers
from napari_wsss.session.benchmark.patients import Row, is_ill
from napari_wsss.session.benchmark.rows import PROPOSAL, SEGMENTER
from napari_wsss.session.branches import recipe_of_branch
from napari_wsss.session.workspaces import workspace_of
from napari_wsss.store.project import Project
from napari_wsss.types import LabelMap

BY_DICE = ("best", "median", "worst")
BY_AREA = ("most marked", "middle", "least marked")
"""Places where there are no references."""


@dataclass(frozen=True)
class Shown:
    """Masks to show.

    Attributes:
        recipe: its name.
        what: proposal or segmenter.
        group: whose patients.
        rows: one a patient, with the ``folder`` of its branch and the ``cases`` that were scored.
    """

    recipe: str
    what: str
    group: str
    rows: Sequence[Row]


def write_pictures(project: Project, shown: Sequence[Shown], folder: Path) -> Work[list[dict[str, Any]]]:
    """Draw the slice with the largest area of the reference; without references, of the mask.

    Pictures of an earlier benchmark that are not among them are removed.

    Args:
        project: names the cases.
        shown: what to draw.
        folder: where to.

    Returns:
        For each picture ``recipe``, ``masks``, ``place`` (best, median, worst), ``case``, ``slice``, ``dice``,
        ``file``, ``panels``: what it shows from left to right.
    """
    made = []
    for done, one in enumerate(shown):
        yield Progress("pictures", done, len(shown), one.recipe)
        for place, row in chosen(one.rows).items():
            path = folder / f"{one.recipe}-{one.what}-{_in_file(place)}.png"
            case_id, picture, z = _draw(row, one.what)
            write_bytes(path, side_by_side(picture))
            facts: dict[str, Any] = {
                "recipe": one.recipe,
                "masks": one.what,
                "group": one.group,
                "place": place,
                "case": case_id,
            }
            facts |= {"slice": z, "dice": row.get("dice"), "file": path.relative_to(project.folder).as_posix()}
            made.append(facts | {"panels": [*picture.panels]})
    remove_leftovers(_drawn(folder), [project.folder / one["file"] for one in made])
    return made


def chosen(rows: Sequence[Row]) -> dict[str, Row]:
    """Give place → patient: best, median and worst Dice; without references most, median and least area marked."""
    ill = [row for row in rows if is_ill(row)]
    places, by = (BY_DICE, "dice") if ill else (BY_AREA, "area")
    able = sorted(ill or [row for row in rows if row["positive"]], key=lambda row: float(row[by]), reverse=True)
    if not able:
        return {}
    picked = (0, len(able) // 2, len(able) - 1)
    numbers = dict(zip(picked, places, strict=True)) if len(able) > 2 else dict(enumerate(places[:: len(places) - 1]))
    return {name: able[number] for number, name in numbers.items() if number < len(able)}


def _drawn(folder: Path) -> list[Path]:
    """Give the pictures of benchmarks, this one and earlier ones."""
    ends = [f"{what}-{_in_file(place)}.png" for what in (PROPOSAL, SEGMENTER) for place in (*BY_DICE, *BY_AREA)]
    return [path for end in ends for path in folder.glob(f"*-{end}")]


def _in_file(place: str) -> str:
    return place.replace(" ", "-")


def _draw(row: Row, what: str) -> tuple[str, CasePictures, int]:
    """Draw the case of a patient with the largest reference; where no case of theirs has one, with the largest mask."""
    project = Project.open(Path(row["folder"]), lock=False)
    recipe = recipe_of_branch(project)
    workspace = workspace_of(project, recipe)
    step = recipe.proposal if what == PROPOSAL else recipe.giving("prediction")[-1]
    found: list[tuple[tuple[bool, int], str, LabelMap, LabelMap | None]] = []
    for case_id in row["cases"]:
        mask = workspace.mask(recipe, step, case_id)
        if mask is not None:
            reference = workspace.cases[case_id].load_reference()
            if reference is not None:
                reference = in_classes(reference, workspace.labels.volume_labels(case_id))
            size = int(((mask if reference is None else reference) > 0).sum())
            found.append(((reference is not None, size), case_id, mask, reference))
    _, case_id, mask, reference = max(found, key=lambda one: one[0])
    z = best_slice(reference if reference is not None and reference.any() else mask)
    volume = workspace.cases[case_id].load()
    view = view_of(volume)
    plane = view.apply(volume.array[:, z])
    scan, pixel = plane.transpose(1, 2, 0) if volume.rgb else plane[0], view.scale(volume.geometry.spacing)[1:]
    drawn = picture_case(case_id, scan, masks={"Mask": view.apply(mask[z])}, pixel=pixel)
    if reference is None:
        return case_id, drawn, z
    expected = picture_case(case_id, scan, reference=view.apply(reference[z]), pixel=pixel)
    return case_id, replace(drawn, panels={**expected.panels, "Mask": drawn.panels["Mask"]}), z
