"""The command that compares recipes on the same patients."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

from tyro.conf import Positional, arg

from napari_wsss.cli.options import APP, Device, Overrides, ProjectFolder, UsageError
from napari_wsss.cli.sessions import open_session
from napari_wsss.cli.terminal import print_json, print_line, watch

Names = Annotated[tuple[str, ...], arg(metavar="NAME …", help_behavior_hint="")]
OptionalNumber = Annotated[int | None, arg(metavar="N", help_behavior_hint="")]
OptionalMinutes = Annotated[float | None, arg(metavar="M", help_behavior_hint="")]


@APP.command
def benchmark(
    project: Positional[ProjectFolder],
    *,
    recipes: Annotated[tuple[str, ...], arg(metavar="NAME|FILE.yaml …", help_behavior_hint="")],
    folds: OptionalNumber = None,
    ceilings: Names = (),
    no_ceilings: bool = False,
    accepted: Annotated[tuple[int, ...], arg(metavar="N …", help_behavior_hint="")] = (),
    minutes: OptionalMinutes = None,
    set_: Overrides = [],  # noqa: B006 (tyro reads the default, nobody changes it)
    device: Device = "auto",
    json: bool = False,
) -> None:
    """Run recipes on the same patients with the same budget: what their masks are worth. What is finished stays.

    Args:
        project: the project folder; all goes into its folder `benchmark`.
        recipes: published recipes or YAML files; the others are held against the first.
        folds: draw all patients into so many folds; the project's own train, val and test patients unless given.
        ceilings: recipes whose segmenter is also taught by reference masks; the first one unless given.
        no_ceilings: none of them.
        accepted: let a simulated person accept the masks of so many train patients, for the first recipe.
        minutes: scale each recipe's epochs so that a run is estimated to fit; its own epochs unless given.
        set_: change a knob of every recipe that has it; `recipes --show NAME` lists them.
        device: where to compute.
        json: print the tables as JSON.
    """
    _check(ceilings, no_ceilings, accepted, minutes)
    with open_session(project) as session:
        tables = watch(
            session.benchmark(
                recipes,
                folds=folds,
                ceilings=() if no_ceilings else (ceilings or None),
                accepted=accepted,
                minutes=minutes,
                overrides=set_,
                device=device,
            )
        )
    if json:
        print_json(tables)
    else:
        _tell(tables)


def _check(ceilings: tuple[str, ...], no_ceilings: bool, accepted: tuple[int, ...], minutes: float | None) -> None:
    if ceilings and no_ceilings:
        raise UsageError("give --ceilings NAME … or --no-ceilings, not both.")
    if minutes is not None and minutes <= 0:
        raise UsageError(f"--minutes {minutes:g}: expected a number above 0, such as 30.")
    if any(number < 1 for number in accepted):
        raise UsageError("--accepted: expected numbers of patients, 1 or more, such as 3 10 30.")


def _tell(tables: Mapping[str, Any]) -> None:
    from napari_wsss.report.benchmark import benchmark_tables
    from napari_wsss.report.content import Table
    from napari_wsss.report.tables import as_text

    for heading, table in benchmark_tables(tables).items():
        shown = Table(table.rows, "", tuple(key for key in table.shown if key != "note"))
        print_line(f"{heading}\n\n{as_text(shown)}")
    for note in tables["notes"]:
        print_line(f"- {note}")
    print_line()
    for path in tables["files"]:
        print_line(path)
