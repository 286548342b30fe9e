"""Launching a run: a process of its own, which goes on when whoever started it ends."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import threading
from contextlib import suppress
from pathlib import Path
from typing import Any

import psutil

from napari_wsss import files
from napari_wsss.errors import ProjectError
from napari_wsss.session.run_folder import TO_GO_ON, UNDER_WAY, RunFolder, RunJob, runs_in
from napari_wsss.session.standing_back import environment
from napari_wsss.session.worker import DEFAULT_TASKS
from napari_wsss.store.processes import facts_of

KEPT = 20
"""Runs whose folders are kept."""

_ours: dict[int, tuple[subprocess.Popen[bytes], threading.Thread]] = {}
"""Process number → the process and who waits for its end, of those that this one started."""


def launch(runs: Path, job: RunJob, tasks: str = DEFAULT_TASKS) -> RunFolder:
    """Have a job done by a process of its own.

    The same work that is under way is joined; the last run is taken up again where it was to do the same and did not
    end well; else a new run begins.

    Args:
        runs: folder of the project's runs.
        job: what to do.
        tasks: ``module:ATTRIBUTE`` of the table of tasks.

    Raises:
        ProjectError: other work is under way, or the folder cannot be written.
    """
    known = runs_in(runs)
    for run in known:
        if run.under_way:
            if run.job.same_work(job):
                return run
            raise ProjectError(f"'{run.title}' is under way in this project. Wait for it or cancel it first.")
    again = bool(known) and known[-1].state in TO_GO_ON and known[-1].job.same_work(job)
    run = known[-1] if again else RunFolder.make(runs, job)
    start(run, tasks)
    for old in runs_in(runs)[:-KEPT]:
        if old.state not in UNDER_WAY:
            shutil.rmtree(old.folder, ignore_errors=True)
    return run


def start(run: RunFolder, tasks: str = DEFAULT_TASKS) -> None:
    """Start the process of a run, which goes on from what it has done before, if anything.

    Raises:
        ProjectError: the folder cannot be written, or the system refuses another process.
    """
    make_ready(run)
    log_file = run.folder / "log.txt"
    with suppress(OSError):
        log_file.replace(run.folder / "log-before.txt")  # last words are those of this process
    command = [sys.executable, "-P", "-m", "napari_wsss.session.run_process", str(run.folder), tasks]
    try:
        with log_file.open("ab") as log:
            process = subprocess.Popen(  # noqa: S603 (this very interpreter)
                command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env={**os.environ, **environment(run.job.threads)},
                **_alone(),
            )
    except OSError as error:
        raise files.cannot_write(run.folder, error) from error
    # Somebody has to wait for its end, so that the system can forget it; the thread ends with this program.
    waiting = threading.Thread(target=process.wait, daemon=True)
    _ours[process.pid] = (process, waiting)
    waiting.start()
    try:
        files.write_json(run.folder / "process.json", _facts(process.pid))
    except ProjectError:  # nobody would know of it
        process.kill()
        raise


def make_ready(run: RunFolder) -> None:
    """Put away how a run ended before. Raises ProjectError if the folder cannot be written."""
    for name in ("ending.json", "process.json", "heard"):
        (run.folder / name).unlink(missing_ok=True)
    run.wish("run")


def exit_code(run: RunFolder) -> int | None:
    """Give the exit code of a run's process, minus the signal that ended it; None where another started it."""
    process, waiting = _ours.get(run.process.get("process", 0), (None, None))
    if process is None or waiting is None:
        return None
    waiting.join(1.0)
    return process.returncode


def kill(run: RunFolder) -> None:
    """End the process of a run and what it started, now; the memory it held is free afterwards."""
    process = run.living
    if process is None:
        return
    with suppress(psutil.Error):
        family = [*process.children(recursive=True), process]
        for member in family:
            with suppress(psutil.Error):
                member.kill()
        psutil.wait_procs(family, timeout=1.0)


def _facts(pid: int) -> dict[str, Any]:
    try:
        return facts_of(pid)
    except psutil.Error:  # it has ended already
        return facts_of() | {"process": pid, "started": 0.0}


def _alone() -> dict[str, Any]:
    """Give what keeps Ctrl-C and a closed terminal away from a process.

    It has a group of its own, but no session: Linux shares the processor between sessions first (autogroup, sched(7)),
    and in another session than the window's its niceness would count for nothing.
    """
    if sys.platform == "win32":
        return {"creationflags": subprocess.CREATE_NEW_PROCESS_GROUP | subprocess.CREATE_NO_WINDOW}
    return {"process_group": 0}
