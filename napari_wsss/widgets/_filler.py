"""Filling the worklist in the background: states, figures and thumbnails, the most wanted first."""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass
from threading import Event, Lock
from time import perf_counter
from typing import Any, Literal

from qtpy.QtCore import QObject, Signal

from napari_wsss.widgets._jobs import Job
from napari_wsss.widgets._notify import tell_error

Part = Literal["states", "masks", "evidence", "picture", "gains"]
BATCH_SECONDS = 0.05
"""Results are handed over together, so that the window is not busy with listening."""
PAUSE_SECONDS = 0.02
PATIENCE_SECONDS = 1.0
"""How long the filler steps aside at most while a slider's answer is computed."""


@dataclass(frozen=True)
class Task:
    """Something to find out; ``case_id`` is empty where it is about all cases."""

    part: Part
    case_id: str = ""


class Filler(QObject):
    """Finds out what the worklist shows, in one thread; what is asked for last is done first.

    Args:
        parent: the owner.
        busy: whether something more urgent is being computed; then the filler steps aside for a moment.

    Signals:
        found: list of (task, result).
        idle: nothing is left to find out.
    """

    found = Signal(object)
    idle = Signal()

    def __init__(self, parent: QObject, busy: Callable[[], bool]) -> None:
        super().__init__(parent)
        self._busy = busy
        self._finders: dict[str, Callable[[str], Any]] = {}
        self._tasks: list[Task] = []
        self._lock, self._closed, self._round = Lock(), Event(), 0
        self._job: Job | None = None

    @property
    def left(self) -> int:
        """How much is left to find out."""
        return len(self._tasks)

    @property
    def running(self) -> bool:
        """Whether its thread is at work."""
        return self._job is not None

    def begin(self, finders: dict[str, Callable[[str], Any]]) -> None:
        """Start over; what is under way is dropped.

        Args:
            finders: part → function that finds it out for a case; called in the thread.
        """
        with self._lock:
            self._tasks, self._finders = [], finders
            self._round += 1

    def forget(self) -> None:
        """Nothing is wanted any more."""
        self.begin({})

    def want(self, tasks: Sequence[Task]) -> None:
        """Find these out, the first of them first, before what was asked for earlier."""
        with self._lock:
            wanted = list(dict.fromkeys((*tasks, *self._tasks)))
            self._tasks = [task for task in wanted if task.part in self._finders]
        self._go()

    def close(self) -> None:
        """Stop, and wait for the thread."""
        self._closed.set()
        self.forget()
        if self._job is not None:
            self._job.cancel()
            self._job.wait()

    def _go(self) -> None:
        if self._job is None and self._tasks and not self._closed.is_set():
            self._job = Job(self._work(), "worklist")
            self._job.yielded.connect(self._on_batch)
            self._job.errored.connect(tell_error)
            self._job.finished.connect(self._on_finished)
            self._job.start()

    def _on_batch(self, batch: list[tuple[int, Task, Any]]) -> None:
        found = [(task, result) for number, task, result in batch if number == self._round]
        if found:
            self.found.emit(found)

    def _on_finished(self) -> None:
        self._job = None
        self._go()
        if self._job is None:
            self.idle.emit()

    def _work(self) -> Generator[Any, None, None]:
        batch: list[tuple[int, Task, Any]] = []
        begun = perf_counter()
        while (taken := self._take()) is not None:
            number, task, find = taken
            self._step_aside()
            batch.append((number, task, find(task.case_id)))
            if perf_counter() - begun > BATCH_SECONDS:
                yield batch
                batch, begun = [], perf_counter()
        if batch:
            yield batch

    def _take(self) -> tuple[int, Task, Callable[[str], Any]] | None:
        with self._lock:
            if not self._tasks:
                return None
            task = self._tasks.pop(0)
            return self._round, task, self._finders[task.part]

    def _step_aside(self) -> None:
        until = perf_counter() + PATIENCE_SECONDS
        while self._busy() and perf_counter() < until and not self._closed.is_set():
            self._closed.wait(PAUSE_SECONDS)
