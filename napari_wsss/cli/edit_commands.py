"""The command that edits a mask without the window."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any

import yaml
from tyro.conf import Positional, UseAppendAction, arg

from napari_wsss.cli.options import APP, OptionalText, ProjectFolder, UsageError, slice_numbers
from napari_wsss.cli.sessions import open_session
from napari_wsss.cli.terminal import print_json, print_line


@APP.command
def edit(
    project: Positional[ProjectFolder],
    case: Positional[Annotated[str, arg(metavar="CASE")]],
    operation: Positional[Annotated[str, arg(metavar="OPERATION")]],
    *,
    set: Annotated[UseAppendAction[list[str]], arg(metavar="KNOB=VALUE")] = [],  # noqa: B006 (tyro reads the default, nobody changes it)
    slices: OptionalText = None,
    name: Annotated[str | None, arg(name="class", metavar="CLASS", help_behavior_hint="")] = None,
    seed: Annotated[str | None, arg(metavar="Z,Y,X", help_behavior_hint="")] = None,
    accept: bool = False,
    json: bool = False,
) -> None:
    """Change the mask of a case at one go; the result waits as a draft until it is accepted.

    Operations: fill-between-slices, islands, smoothing, margin, holes, logical-operators, copy-slice, restore,
    smart-fill.

    Args:
        project: the project folder.
        case: the case, by the name of its file without the suffix.
        operation: what is done.
        set: settings of the operation, as in the window.
        slices: where: a slice such as 7, or a range such as 10-20; the whole scan unless given.
        name: class worked on; the first unless given. Other classes stay.
        seed: the voxel pointed at, for smart-fill and restore.
        accept: accept the result at once, for the whole scan.
        json: print what was done as JSON.
    """
    place = _seed(seed) if seed is not None else None
    numbers = slice_numbers([slices]) if slices is not None else None
    span = (numbers[0], numbers[-1]) if numbers else None
    with open_session(project) as session:
        made = session.edit(case, operation, _settings(set), slices=span, cls=name, seed=place)
        if accept and len(made.delta):
            session.accept_draft(case)
    voxels = len(made.delta)
    if json:
        print_json({"case": case, "edit": made.name, "voxels": voxels, "details": dict(made.details)})
    elif not voxels:
        print_line(f"{case}: {made.name} changes nothing.")
    else:
        then = "accepted" if accept else "not accepted yet: look at it in the window, or use `drafts --accept`"
        print_line(f"{case}: {made.name} changed {voxels:,} voxels; {then}.")


def _settings(texts: Sequence[str]) -> dict[str, Any]:
    settings: dict[str, Any] = {}
    for text in texts:
        name, equals, value = text.partition("=")
        if not equals or not name:
            raise UsageError(f"--set {text}: expected KNOB=VALUE, such as distance=2.")
        try:
            settings[name] = yaml.safe_load(value)
        except yaml.YAMLError as error:
            raise UsageError(f"--set {text}: the value cannot be read.") from error
    return settings


def _seed(text: str) -> tuple[int, int, int]:
    parts = text.split(",")
    if len(parts) != 3 or not all(part.strip().isdecimal() for part in parts):
        raise UsageError(f"--seed {text}: expected Z,Y,X, such as 12,80,95.")
    z, y, x = (int(part) for part in parts)
    return z, y, x
