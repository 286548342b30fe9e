"""The command that lists a project's runs, and follows, pauses or stops the one under way, whoever began it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from tyro.conf import Positional, arg

from napari_wsss.cli.options import APP, ProjectFolder, UsageError
from napari_wsss.cli.sessions import call_cases_of
from napari_wsss.cli.terminal import print_json, print_line, print_table, watch
from napari_wsss.errors import ProjectError

if TYPE_CHECKING:
    from napari_wsss.session import Session
    from napari_wsss.session.run_folder import RunFolder

OptionalNumber = Annotated[int | None, arg(metavar="N", help_behavior_hint="")]


@APP.command
def runs(
    project: Positional[ProjectFolder],
    *,
    number: OptionalNumber = None,
    follow: bool = False,
    pause: bool = False,
    go_on: bool = False,
    stop: bool = False,
    json: bool = False,
) -> None:
    """List what was run in a project and how it stands; a window may have it open.

    Args:
        project: the project folder.
        number: the run meant by the options below; the one under way, else the last, unless given.
        follow: show its progress until it ends; Ctrl-C stops looking, not the run.
        pause: let it wait; it keeps its memory.
        go_on: let it go on after a pause.
        stop: stop it within two seconds; what it has finished is kept.
        json: print the list as JSON.
    """
    if follow + pause + go_on + stop > 1:
        raise UsageError("give one of --follow, --pause, --go-on and --stop.")
    with _looking(project) as session:
        if follow:
            watch(session.follow(_chosen(session, number)))
        elif pause or go_on:
            _chosen(session, number, alive=True).wish("pause" if pause else "run")
        elif stop:
            _stop(_chosen(session, number, alive=True))
        else:
            _list(session.runs(), json=json)


def _looking(project: Path) -> Session:
    """Open a project for reading only, so that a window may have it open for writing."""
    from napari_wsss.session import Session

    session = Session.open(project, read_only=True)
    call_cases_of(session)
    return session


def _chosen(session: Session, number: int | None, *, alive: bool = False) -> RunFolder:
    found = session.run_under_way() or session.last_run()
    if number is not None:
        found = next((run for run in session.runs() if run.number == number), None)
    if found is None:
        raise ProjectError(f"{session.project.folder}: there is no such run; `runs` without options lists all.")
    if alive and found.state not in {"running", "paused", "waiting"}:
        raise ProjectError(f"run {found.number}, '{found.title}', is not under way: {found.state}.")
    return found


def _stop(run: RunFolder) -> None:
    from napari_wsss.session.following import stop

    stop(run)
    print_line(f"Run {run.number}, '{run.title}': {run.state}.")


def _list(found: list[RunFolder], *, json: bool) -> None:
    rows = [{"run": run.number, "what": run.title, "state": run.state, "folder": str(run.folder)} for run in found]
    if json:
        print_json(rows)
    else:
        print_table(rows)
