"""The folder of a run: a job, what its process tells, and what the person wishes; any window may look into it.

``PROJECT/runs/<number>-<title>/`` holds ``job.json`` (what to do), ``process.json`` (who does it), ``wish`` ("run",
"pause" or "stop"), ``events.jsonl`` (what was told, a line each), ``log.txt`` (what its libraries wrote;
``log-before.txt`` has that of the attempt before), ``ending.json`` (how it ended) and ``heard`` (somebody was told so).
The process needs no window, nor a window it.
"""

from __future__ import annotations

import json
import re
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

import psutil

from napari_wsss import files
from napari_wsss.errors import ProjectError
from napari_wsss.session.protocol import ENDINGS, Message, decode, encode
from napari_wsss.store.processes import is_here, process_of

State = Literal["waiting", "running", "paused", "done", "failed", "stopped", "died"]
Wish = Literal["run", "pause", "stop"]
UNDER_WAY = frozenset({"waiting", "running", "paused"})
TO_GO_ON = frozenset({"stopped", "died", "failed"})

BEAT_SECONDS = 5.0
"""How often a process shows that it lives, for other machines that share the folder."""
_SILENCE = 120.0
_BIRTH = 60.0
"""Seconds after which a process of another machine that shows nothing, and one that never began, count as dead."""
_TAIL = 20_000
"""Bytes of the log that last words are looked for in."""


@dataclass(frozen=True)
class RunJob:
    """What a run is to do.

    Attributes:
        task: name of a task of the worker (:data:`napari_wsss.session.tasks.TASKS`).
        arguments: of the task, JSON values.
        title: what a person calls it.
        niceness: how far its process stands back for other programs.
        threads: processor threads its libraries may use; 0 leaves the choice to them.
        by_hand: somebody else starts its process (torchrun, SLURM), whenever it suits them.
    """

    task: str
    arguments: Mapping[str, Any]
    title: str
    niceness: int = 10
    threads: int = 0
    by_hand: bool = False

    @property
    def stages(self) -> list[str]:
        """Stages of the recipe that it does, if it does such."""
        return list(self.arguments.get("stages", ()))

    def same_work(self, other: RunJob) -> bool:
        """Whether the other job would do the very same."""
        mine, others = (encode({"task": job.task, **job.arguments}) for job in (self, other))
        return decode(mine) == decode(others)


class RunFolder:
    """A run as its folder tells it; reads the files anew each time.

    Attributes:
        folder: the run's folder.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = Path(folder)

    @classmethod
    def make(cls, runs: Path, job: RunJob) -> RunFolder:
        """Make the folder of a new run in the folder ``runs``.

        Raises:
            ProjectError: it cannot be written.
        """
        number = max((run.number for run in runs_in(runs)), default=0)
        while True:
            number += 1
            run = cls(runs / f"{number:04}-{_plain(job.title)}")
            try:
                run.folder.mkdir(parents=True)
            except FileExistsError:
                continue
            except OSError as error:
                raise files.cannot_write(run.folder, error) from error
            files.write_text(run.folder / "job.json", encode(asdict(job)))
            return run

    @property
    def number(self) -> int:
        """Its number among the project's runs, from 1."""
        return int(self.folder.name.partition("-")[0])

    @property
    def title(self) -> str:
        """What a person calls it."""
        return self.job.title

    @property
    def job(self) -> RunJob:
        """What it is to do.

        Raises:
            ProjectError: the file is missing or damaged.
        """
        path = self.folder / "job.json"
        try:
            return RunJob(**json.loads(path.read_text(encoding="utf-8")))
        except (OSError, ValueError, TypeError) as error:
            raise ProjectError(f"{path}: cannot be read as a job ({error}). Delete this run's folder.") from error

    @property
    def state(self) -> State:
        """How it stands. "died": its process is gone and did not say why; "waiting": it has not begun."""
        if self.ending is None and self._lives:
            return "paused" if self.wished == "pause" else "running"
        ending = self.ending  # again: it may have ended between the two looks
        if ending is not None:
            return "done" if "result" in ending else "failed" if "error" in ending else "stopped"
        if self.wished == "stop":
            return "stopped"
        begins = not self.process and (self.job.by_hand or _age(self.folder / "wish") < _BIRTH)
        return "waiting" if begins else "died"

    @property
    def under_way(self) -> bool:
        """Whether a process is at it, or about to be."""
        return self.state in UNDER_WAY and not (self.state == "waiting" and self.job.by_hand)

    @property
    def process(self) -> dict[str, Any]:
        """Who does it (:func:`napari_wsss.store.processes.facts_of`); empty before it began."""
        return _read(self.folder / "process.json")

    @property
    def living(self) -> psutil.Process | None:
        """Its process, if that runs on this machine."""
        return process_of(self.process)

    @property
    def ending(self) -> Message | None:
        """How it ended: ``result``, ``error`` or ``cancelled``, as in the protocol; None before."""
        found = _read(self.folder / "ending.json")
        return found if any(name in found for name in ENDINGS) else None

    @property
    def wished(self) -> Wish:
        """What the person wishes."""
        try:
            found = (self.folder / "wish").read_text(encoding="utf-8").strip()
        except OSError:
            return "run"
        return "pause" if found == "pause" else "stop" if found == "stop" else "run"

    def wish(self, wish: Wish) -> None:
        """Wish something of its process, which obeys within moments. Raises ProjectError if it cannot be written."""
        files.write_text(self.folder / "wish", wish)

    @property
    def heard(self) -> bool:
        """Whether somebody has been told how it ended."""
        return (self.folder / "heard").exists()

    def hear(self) -> None:
        """Keep that somebody has been told how it ended, where that can be written."""
        with suppress(OSError):
            (self.folder / "heard").touch()

    def last_lines(self) -> list[str]:
        """Give the end of what its process wrote to standard error."""
        try:
            with (self.folder / "log.txt").open("rb") as file:
                file.seek(0, 2)
                file.seek(max(0, file.tell() - _TAIL))
                return file.read().decode(errors="replace").splitlines()[-200:]
        except OSError:
            return []

    def last_words(self) -> str:
        """Give the end of what its process wrote to standard error, one line a line."""
        return "\n".join(self.last_lines())

    @property
    def _lives(self) -> bool:
        who = self.process
        if not who or is_here(who):
            return process_of(who) is not None
        return _age(self.folder / "process.json") < _SILENCE


def runs_in(runs: Path) -> list[RunFolder]:
    """Give the runs of a folder, the oldest first."""
    try:
        found = [path for path in runs.iterdir() if re.match(r"\d+-", path.name) and (path / "job.json").is_file()]
    except OSError:
        return []
    return sorted((RunFolder(path) for path in found), key=lambda run: run.number)


def _read(path: Path) -> dict[str, Any]:
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def _age(path: Path) -> float:
    """Give the seconds since a file was written; none at all for one that is not there."""
    try:
        return time.time() - path.stat().st_mtime
    except OSError:
        return float("inf")


def _plain(title: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", title.lower()).strip("-")[:40] or "run"
