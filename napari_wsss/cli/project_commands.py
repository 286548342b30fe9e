"""Commands that make a project, mark its cases, and open it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from tyro.conf import Positional, arg

from napari_wsss.cli.desk import show_desk
from napari_wsss.cli.options import (
    APP,
    Cases,
    Channels,
    OptionalFolder,
    OptionalTable,
    OptionalText,
    ProjectFolder,
    UsageError,
    channel_folders,
    slice_numbers,
)
from napari_wsss.cli.results import tell_project
from napari_wsss.cli.sessions import open_session
from napari_wsss.cli.terminal import PROGRAM, watch
from napari_wsss.errors import InputError


@APP.command
def init(
    project: Positional[ProjectFolder],
    *,
    images: OptionalFolder = None,
    channel: Channels = [],  # noqa: B006 (tyro reads the default, nobody changes it)
    labels: OptionalTable = None,
    split: OptionalTable = None,
    reference: OptionalFolder = None,
    patient_regex: OptionalText = None,
    classes: Annotated[tuple[str, ...], arg(metavar="CLASS …", help_behavior_hint="")] = (),
    name: OptionalText = None,
    json: bool = False,
) -> None:
    """Make a project folder from scans and image-level labels.

    Args:
        project: the new project folder.
        images: folder of scans (NIfTI, DICOM, MHA/NRRD, PNG/JPEG/TIFF). Give this or --channel.
        channel: folder of one channel's scans.
        labels: CSV table image[,slice],CLASS[,CLASS…] with 1, 0 or nothing; without it use napari or `label`.
        split: CSV table image,split[,patient] with train, val or test; without it patients are drawn 60/20/20.
        reference: folder of expert masks of the same names, used for scoring only.
        patient_regex: finds the patient in a file name (first group, or the whole match).
        classes: names of the lesion classes when there is no table.
        name: of the project; the folder's name unless given.
        json: print the result as JSON.
    """
    from napari_wsss.session import Session

    work = Session.create(
        project,
        images=images,
        channels=channel_folders(channel) or None,
        labels=labels,
        split=split,
        reference=reference,
        patient_regex=patient_regex,
        classes=classes or None,
        name=name,
    )
    with watch(work) as session:
        tell_project(session, json=json)


@APP.command
def label(
    project: Positional[ProjectFolder],
    case: Positional[Annotated[str, arg(metavar="CASE")]],
    name: Positional[Annotated[str, arg(metavar="CLASS")]],
    value: Positional[Literal["1", "0", "unknown"]],
    *,
    slices: Annotated[tuple[str, ...], arg(metavar="SLICE …", help_behavior_hint="")] = (),
) -> None:
    """Set an image-level label of a case, or of some of its slices.

    Args:
        project: the project folder.
        case: the case, by the name of its file without the suffix.
        name: the lesion class.
        value: 1 present, 0 absent.
        slices: slice numbers as in the label table, such as 4 7 10-20; the whole scan unless given.
    """
    with open_session(project) as session:
        session.label(case, name, -1 if value == "unknown" else int(value), slice_numbers(slices) or None)


@APP.command
def accept(
    project: Positional[ProjectFolder],
    cases: Positional[Cases],
) -> None:
    """Accept the proposed masks of cases as they are; earlier versions stay in the history.

    Args:
        project: the project folder.
        cases: the cases.
    """
    if not cases:
        raise UsageError("accept needs the names of the cases to accept.")
    with open_session(project) as session:
        for case in cases:
            mask = session.offered(case)
            if mask is None:
                raise InputError(f"{case}: no proposal yet; make one with: {PROGRAM} propose {project}")
            session.accept(case, mask, edited=False)


@APP.command(name="open")
def open_window(
    project: Positional[Annotated[Path | None, arg(metavar="[PROJECT]", help_behavior_hint="")]] = None,
) -> None:
    """Open napari with the docks.

    Args:
        project: the project folder to start with.
    """
    show_desk(project)
