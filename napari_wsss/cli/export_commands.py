"""Commands that hand results out: masks, statistics, the report of what was accepted, the key of the pseudonyms."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from tyro.conf import Positional, arg

from napari_wsss.cli.options import APP, Cases, OptionalTable, ProjectFolder
from napari_wsss.cli.results import tell_numbers
from napari_wsss.cli.sessions import open_session
from napari_wsss.cli.terminal import print_json, print_line, watch

FormatName = Literal["native", "nifti", "dicom-seg", "png", "tiff", "nnunet", "bids", "csv"]


@APP.command
def export(
    project: Positional[ProjectFolder],
    folder: Positional[Annotated[Path, arg(metavar="DIR")]],
    *,
    format: FormatName = "native",
    what: str = "accepted",
    cases: Cases = (),
    names: bool = False,
    overwrite: bool = False,
    json: bool = False,
) -> None:
    """Write masks on the scans' own grid, under pseudonyms, with a JSON file beside each that tells how it was made.

    Args:
        project: the project folder.
        folder: where to.
        format: native is the scans' own kind of file; dicom-seg needs DICOM scans; csv is the statistics.
        what: accepted, proposals, predictions, or a mask step of the recipe.
        cases: only these cases; all that have such a mask unless given.
        names: names as in the project instead of pseudonyms, and the patient's in DICOM files.
        overwrite: replace files that no export left there.
        json: print the written files as JSON.
    """
    with open_session(project, names) as session:
        work = session.export(
            folder, what=what, cases=cases or None, format=format, names=names or None, overwrite=overwrite
        )
        written = watch(work)
    if json:
        print_json(written)
    else:
        print_line(f"{len(written)} {'file' if len(written) == 1 else 'files'} written to {folder}.")


@APP.command
def statistics(
    project: Positional[ProjectFolder],
    *,
    csv: OptionalTable = None,
    what: str = "accepted",
    cases: Cases = (),
    names: bool = False,
    json: bool = False,
) -> None:
    """Measure every lesion: voxels, mm³, ml, surface, diameter, centroid, grey values.

    Args:
        project: the project folder.
        csv: write the table to this file.
        what: accepted, proposals, predictions, or a mask step of the recipe.
        cases: only these cases; all that have such a mask unless given.
        names: names as in the project instead of pseudonyms.
        json: print the table as JSON.
    """
    with open_session(project, names) as session:
        rows = watch(session.statistics(what=what, cases=cases or None, names=names or None))
    tell_numbers(rows, csv, json=json)


@APP.command
def report(
    project: Positional[ProjectFolder],
    *,
    out: Annotated[Path | None, arg(metavar="FILE.html", help_behavior_hint="")] = None,
    cases: Cases = (),
    names: bool = False,
) -> None:
    """Write a page about the accepted masks: a picture of every case, its numbers, how it was made, by whom.

    Args:
        project: the project folder.
        out: the file; accepted.html in the project unless given.
        cases: only these cases; all accepted ones unless given.
        names: names as in the project instead of pseudonyms.
    """
    with open_session(project, names) as session:
        path = watch(session.report_accepted(out, cases=cases or None, names=names or None))
    print_line(f"report: {path}")


@APP.command
def pseudonyms(project: Positional[ProjectFolder]) -> None:
    """Write pseudonyms.csv into the project, which tells whose pseudonym is whose. Keep it there.

    Args:
        project: the project folder.
    """
    with open_session(project) as session:
        print_line(f"key: {session.write_key()}")
