"""Commands about decisions: corrections that were not accepted yet, and the versions of a case."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

from tyro.conf import Positional, arg

from napari_wsss.cli.options import APP, Cases, ProjectFolder, UsageError
from napari_wsss.cli.sessions import open_session
from napari_wsss.cli.terminal import print_json, print_line, print_table


@APP.command
def drafts(
    project: Positional[ProjectFolder],
    *,
    accept: Cases = (),
    discard: Cases = (),
    number: Annotated[int | None, arg(metavar="N")] = None,
    json: bool = False,
) -> None:
    """List corrections that were not accepted yet; accept or discard them.

    Args:
        project: the project folder.
        accept: accept the corrections of these cases as they were left, for the whole scan.
        discard: throw the corrections of these cases away.
        number: of the draft meant, where a case has several; the last one unless given.
        json: print the list as JSON.
    """
    if number is not None and len(accept) + len(discard) != 1:
        raise UsageError("--number goes with one case after --accept or --discard.")
    with open_session(project) as session:
        for case in accept:
            print_line(f"{case}: accepted, {session.accept_draft(case, number)}")
        for case in discard:
            session.discard_draft(case, number)
            print_line(f"{case}: discarded.")
        if accept or discard:
            return
        notes = session.drafts()
    if json:
        print_json([asdict(note) for note in notes])
    elif notes:
        print_table(
            {"case": note.case_id, "draft": note.number, "edits": note.edits, "last": note.saved, "by": note.by}
            for note in notes
        )
    else:
        print_line("No corrections wait to be accepted.")


@APP.command
def history(
    project: Positional[ProjectFolder],
    case: Positional[Annotated[str, arg(metavar="CASE")]],
    *,
    json: bool = False,
) -> None:
    """Say what was decided about a case: when, who, what; the newest first.

    Args:
        project: the project folder.
        case: the case, by the name of its file without the suffix.
        json: print everything kept beside each version as JSON.
    """
    with open_session(project) as session:
        versions = session.versions(case)
    if json:
        print_json([{**version.to_json(), "facts": dict(version.facts)} for version in versions])
    elif versions:
        print_table(
            {"when": version.time, "who": version.by, "kind": version.kind, "what": version.what}
            for version in versions
        )
    else:
        print_line(f"{case}: nothing was decided yet.")
