"""Commands that choose settings from masks: threshold search and calibration."""

from __future__ import annotations

from typing import Annotated, Literal

from tyro.conf import Positional, arg

from napari_wsss.cli.options import APP, OptionalText, ProjectFolder
from napari_wsss.cli.sessions import open_session
from napari_wsss.cli.terminal import print_json, watch
from napari_wsss.cli.tuning_results import tell_calibration, tell_search

Masks = Literal["accepted", "reference"]


@APP.command(name="search-thresholds")
def search_thresholds(
    project: Positional[ProjectFolder],
    *,
    masks: Masks = "accepted",
    at: OptionalText = None,
    step: float = 0.1,
    apply: bool = False,
    json: bool = False,
) -> None:
    """Score every threshold, or every pair of two, on the cases that have a mask.

    Args:
        project: the project folder.
        masks: accepted ones of train and val patients, or reference masks of train patients.
        at: mask step that is scored; the threshold itself, or the ensemble of two, unless given.
        step: distance between two thresholds.
        apply: set the thresholds with the highest Dice in the project.
        json: print the table as JSON.
    """
    with open_session(project) as session:
        table = watch(session.search_thresholds(masks, at, step))
        if apply:
            session.apply(table["best"]["settings"])
    if json:
        print_json(table)
    else:
        tell_search(table, project, applied=apply)


@APP.command
def calibrate(
    project: Positional[ProjectFolder],
    *,
    masks: Masks = "accepted",
    knobs: Annotated[tuple[str, ...], arg(metavar="STEP.KNOB …", help_behavior_hint="")] = (),
    minutes: float = 5.0,
    apply: bool = False,
    json: bool = False,
) -> None:
    """Choose thresholds, CRF and filter settings from masks, checked on patients left out.

    Args:
        project: the project folder.
        masks: accepted ones of train and val patients, or reference masks of train patients.
        knobs: only these; thresholds, CRF and the filters in use unless given.
        minutes: how long to search.
        apply: set what was found in the project, if it holds on patients left out.
        json: print the outcome as JSON.
    """
    with open_session(project) as session:
        outcome = watch(session.calibrate(masks, knobs or None, minutes=minutes))
        if apply:
            session.apply(outcome["settings"])
    if json:
        print_json(outcome)
    else:
        tell_calibration(outcome, project, applied=apply)
