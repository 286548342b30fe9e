"""Results as a person reads them, or as JSON."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from napari_wsss.cli.terminal import PROGRAM, duration, print_json, print_line, print_table

if TYPE_CHECKING:
    from napari_wsss.params import Knob
    from napari_wsss.pipeline.plan import PlannedStep
    from napari_wsss.pipeline.recipe import Recipe
    from napari_wsss.pipeline.step import Step
    from napari_wsss.session import Session


def tell_project(session: Session, *, json: bool) -> None:
    """Say what a new project holds and what to do next."""
    project = session.project
    subsets = Counter(str(case.subset) for case in project.cases.values())
    facts: dict[str, Any] = {
        "project": str(project.folder),
        "cases": len(project.cases),
        "patients": len({case.patient for case in project.cases.values()}),
        "subsets": {name: subsets[name] for name in ("train", "val", "test")},
        "classes": list(project.labels.classes),
        "channels": list(next(iter(project.cases.values())).channel_names),
    }
    if json:
        print_json(facts)
        return
    sets = ", ".join(f"{count} {name}" for name, count in facts["subsets"].items())
    print_line(f"{facts['project']}: {facts['cases']} cases of {facts['patients']} patients ({sets})")
    print_line(f"classes: {', '.join(facts['classes'])}; channels: {', '.join(facts['channels'])}")
    print_line(f"Next: {PROGRAM} run {project.folder}, or {PROGRAM} open {project.folder}")


def tell_plan(planned: Sequence[PlannedStep], *, json: bool) -> None:
    """Show the steps of a run with their state and estimated time."""
    if json:
        print_json([step.to_json() for step in planned])
        return
    print_table(
        {
            "stage": step.stage,
            "step": step.step,
            "state": step.state,
            "units": step.units,
            "time": "" if step.state == "valid" else duration(step.seconds),
        }
        for step in planned
    )
    seconds = [step.seconds for step in planned if step.state != "valid"]
    known = [value for value in seconds if value is not None]
    print_line(f"together about {duration(sum(known) if known or not seconds else None)}")


def tell_scores(scores: Mapping[str, Any], *, json: bool) -> None:
    """Show the classifier's figures, the table of masks, and where the report lies."""
    from napari_wsss.report.content import MASK_COLUMNS, Table
    from napari_wsss.report.tables import as_text

    if json:
        print_json(scores)
        return
    if scores.get("classifier"):
        print_line(as_text(Table(scores["classifier"])))
    if scores["masks"]:
        print_line(as_text(Table(scores["masks"], columns=MASK_COLUMNS)).rstrip())
    else:
        print_line("No mask with a reference to score yet.")
    if "report" in scores:
        print_line(f"\nreport: {scores['report']}")


def tell_numbers(rows: Sequence[dict[str, Any]], csv: Path | None, *, json: bool) -> None:
    """Show statistics as a table, or as JSON; or write them to a CSV file, which has every figure in full."""
    from napari_wsss.data.tables import csv_text
    from napari_wsss.edit.figure_rows import columns_of
    from napari_wsss.files import write_text
    from napari_wsss.notice import NOT_FOR_DIAGNOSIS
    from napari_wsss.report.content import Table
    from napari_wsss.report.tables import as_text

    columns = columns_of(rows)
    if csv is not None:
        write_text(csv, csv_text(columns, rows))
    if json:
        print_json(rows)
    elif csv is None:
        print_line(as_text(Table(rows, columns=columns)))
        print_line(NOT_FOR_DIAGNOSIS)
    else:
        print_line(f"{len(rows)} rows written to {csv}. {NOT_FOR_DIAGNOSIS}")


def tell_recipe(recipe: Recipe, *, json: bool) -> None:
    """Show a recipe's steps and every knob with its value, bounds and meaning."""
    if json:
        print_json(recipe.model_dump(mode="json"))
        return
    print_line(f"{recipe.name}: {recipe.title}")
    print_line(recipe.source)
    for name, step in recipe.steps.items():
        print_line(f"\n{name} ({'; '.join([step.stage, *_links(step)])})")
        values = dict(step)
        print_table(_knob_row(name, knob, values[knob.name]) for knob in step.knobs().values())
    if recipe.ablations:
        print_line("\nablations")
        print_table({"variant": name, "settings": " ".join(texts)} for name, texts in recipe.ablations.items())


def _links(step: Step) -> list[str]:
    """Give a text for each link, as `--set` names it: a link to several steps is one."""
    sources: dict[str, list[str]] = {}
    for place, source in step.links().items():
        sources.setdefault(place.partition(".")[0], []).append(source)
    return [f"{field} from {', '.join(names)}" for field, names in sources.items()]


def _knob_row(step: str, knob: Knob, value: Any) -> dict[str, Any]:  # noqa: ANN401
    if knob.choices:
        allowed = "|".join(str(choice) for choice in knob.choices)
    else:
        low = "" if knob.lower is None else f"{knob.lower:g}"
        high = "" if knob.upper is None else f"{knob.upper:g}"
        allowed = f"{low} … {high}" if low or high else ""
    shown = ",".join(str(item) for item in value) if isinstance(value, tuple) else value
    return {"knob": f"{step}.{knob.name}", "value": shown, "unit": knob.unit, "allowed": allowed, "meaning": knob.help}
