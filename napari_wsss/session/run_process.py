"""The process of a run: ``python -m napari_wsss.session.run_process FOLDER`` does the job in a run's folder.

It tells what it does in files, and obeys the wishes it finds there: no window need be open. Under torchrun or SLURM the
leading process does so for all of them.
"""

from __future__ import annotations

import argparse
import faulthandler
import logging
import os
import signal
import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

import psutil

from napari_wsss import files
from napari_wsss.engine.ranks import leads, stop_request, world_size
from napari_wsss.errors import Cancelled, ProjectError, WsssError
from napari_wsss.progress import Work, reworded
from napari_wsss.session.launching import make_ready
from napari_wsss.session.names import Names
from napari_wsss.session.open_files import allow_many_files
from napari_wsss.session.outbox import Outbox
from napari_wsss.session.overseer import OFTEN, Overseer
from napari_wsss.session.protocol import Message, encode, error_from_json, error_to_json, reworded_error
from napari_wsss.session.run_events import EventFile
from napari_wsss.session.run_folder import RunFolder, RunJob
from napari_wsss.session.standing_back import stand_back
from napari_wsss.session.worker import DEFAULT_TASKS, Task, load_tasks
from napari_wsss.store.processes import facts_of
from napari_wsss.store.project import Project

Tasks = Callable[[], Mapping[str, Task]]
Rename = Callable[[str], str]

_log = logging.getLogger(__name__)


def do_job(run: RunFolder, tasks: Tasks, rename: Rename = str) -> Message:
    """Do a run's job in this process, tell events and ending in its folder, and give the ending.

    Args:
        run: the run.
        tasks: gives name → task.
        rename: looks over every text on its way out.
    """
    told = EventFile(run.folder / "events.jsonl")
    outbox = Outbox(told, OFTEN)
    overseer = Overseer(run, outbox, lambda: _end_at_once(run))
    job = run.job
    try:
        ending: Message = {"result": _perform(job, tasks, outbox, overseer, rename)}
        encode(ending)
    except Cancelled:
        ending = {"cancelled": True}
    except Exception as error:  # noqa: BLE001 (whatever ends a job is told in its folder)
        if not isinstance(error, WsssError):
            _log.exception("%s failed", job.task)
        ending = {"error": reworded_error(error_to_json(error, job.title), rename)}
    overseer.finish()
    outbox.flush()
    told.close()
    _end(run, ending)
    return ending


def _perform(job: RunJob, tasks: Tasks, outbox: Outbox, overseer: Overseer, rename: Rename) -> Any:  # noqa: ANN401
    _check_wanted(overseer)
    work = tasks()[job.task](**job.arguments)
    with closing(work):
        while True:
            _check_wanted(overseer)
            try:
                event = next(work)
            except StopIteration as stop:
                return stop.value
            outbox.event(1, reworded(event, rename))


def _check_wanted(overseer: Overseer) -> None:
    """Wait while a pause is wished. Of several processes each hears of a stop where all can stop: inside the work."""
    if not overseer.wait() and world_size() == 1:
        raise Cancelled("The job was stopped.")


def _follow_the_leader(job: RunJob, tasks: Tasks) -> int:
    """Do the job beside the leading process, which tells and obeys for all."""
    work: Work[Any] = tasks()[job.task](**job.arguments)
    try:
        for _ in work:
            pass
    except WsssError as error:
        _log.info("%s", error)
        return error.exit_code
    return 0


def _end(run: RunFolder, ending: Message) -> None:
    with suppress(ProjectError):  # a full disk: then the process is found gone, and its log says why
        files.write_text(run.folder / "ending.json", encode(ending))


def _end_at_once(run: RunFolder) -> None:
    """End this process and what it started; what its job had finished is kept."""
    _end(run, {"cancelled": True})
    for child in psutil.Process().children(recursive=True):
        with suppress(psutil.Error):
            child.kill()
    os._exit(Cancelled.exit_code)


def main(arguments: Sequence[str] | None = None) -> int:
    """Do the job and give the exit code."""
    parser = argparse.ArgumentParser(prog="napari_wsss.session.run_process")
    parser.add_argument("folder", type=Path, help="the run's folder")
    parser.add_argument("tasks", nargs="?", default=DEFAULT_TASKS, help="module:ATTRIBUTE of the table of tasks")
    options = parser.parse_args(arguments)
    run = RunFolder(options.folder.absolute())
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop_request.set())
    if sys.platform != "win32":
        signal.signal(signal.SIGHUP, signal.SIG_IGN)  # the terminal it was begun from may close
    job = run.job
    allow_many_files()
    if job.niceness:
        stand_back(job.niceness)

    def tasks() -> Mapping[str, Task]:
        return load_tasks(options.tasks)

    return _lead(run, job, tasks) if leads() else _follow_the_leader(job, tasks)


def _lead(run: RunFolder, job: RunJob, tasks: Tasks) -> int:
    console = _log_into(run.folder / "log.txt")
    _take(run)
    rename = _renaming(job)
    _begin_log(rename)
    ending = do_job(run, tasks, rename)
    error = error_from_json(ending["error"]) if "error" in ending else None
    words = "done" if "result" in ending else str(error or "stopped")
    os.write(console, f"{job.title}: {words}\n".encode())
    return 0 if "result" in ending else error.exit_code if error is not None else Cancelled.exit_code


def _take(run: RunFolder) -> None:
    """Sign as the one who does it.

    Raises:
        ProjectError: another process is at it.
    """
    other, ours = run.living, {os.getpid()}
    if sys.platform == "win32":  # there the Python of a virtual environment starts another one, which is this
        ours.add(os.getppid())
    if other is not None and other.pid not in ours:
        raise ProjectError(f"{run.folder}: process {other.pid} is at it already. Wait for it or stop it first.")
    died = other is None and bool(run.process)
    if died or run.ending is not None:  # what was wished of the one before does not hold for this one
        make_ready(run)
    with suppress(ProjectError):  # a full disk: who started it may have signed for it
        files.write_json(run.folder / "process.json", facts_of())


def _log_into(path: Path) -> int:
    """Send what is written to standard output and error to a file; gives a handle of the console before."""
    console = os.dup(2)
    with suppress(OSError):
        log = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o666)
        for stream in (1, 2):
            os.dup2(log, stream)
        os.close(log)
    faulthandler.enable()
    return console


def _begin_log(rename: Rename) -> None:
    class Renaming(logging.Formatter):
        """Looks over every line on its way to the log."""

        def format(self, record: logging.LogRecord) -> str:
            return rename(super().format(record))

    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(Renaming("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    logging.basicConfig(level=logging.INFO, handlers=[handler])
    logging.captureWarnings(capture=True)


def _renaming(job: RunJob) -> Rename:
    """Give what calls cases by their pseudonyms, if the preferences say so."""
    folder = job.arguments.get("project")
    if isinstance(folder, str):
        with suppress(WsssError):  # the job will say what is wrong with the project
            return Names(Project.open(Path(folder), lock=False)).text
    return str


if __name__ == "__main__":
    code = main()
    if code == Cancelled.exit_code:
        os._exit(code)  # somebody waits: what libraries do at the end takes half a second
    sys.exit(code)
