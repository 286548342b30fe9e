"""The worker process, as the session uses it: everything that needs torch is a job there."""

from __future__ import annotations

import itertools
import queue
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Self

from napari_wsss.errors import Cancelled, JobError
from napari_wsss.progress import Work, event_from_json
from napari_wsss.session.child import Child
from napari_wsss.session.detached import Detached
from napari_wsss.session.protocol import ENDINGS, Message, error_from_json
from napari_wsss.session.standing_back import environment

_BRIEF = ("crf", "crf-ready")
"""Jobs that nobody started knowingly and that are over in a moment: others wait for them."""
_WAITED_FOR = (*_BRIEF, "classify")
"""These are waited for too, and wait themselves: a live answer that only the worker can give."""
_PATIENCE = 30.0
_WAKE: Message = {"look": "whether the job is still wanted"}


class Worker(Detached):
    """A worker process, started at first need and kept warm; one job at a time.

    What takes long and is to outlive this program is done by a process of its own (:meth:`run`, :meth:`follow`).

    Args:
        tasks: ``module:ATTRIBUTE`` of the table of tasks (task name → function giving a generator of events).
        threads: processor threads its libraries may use; 0 leaves the choice to them.
        nice: how far it stands back for other programs (Unix niceness, 0 … 19), so that a window stays responsive.
        grace: seconds a cancelled job has to stop by itself before the process is killed.
    """

    def __init__(
        self,
        tasks: str = "napari_wsss.session.tasks:TASKS",
        *,
        threads: int = 0,
        nice: int = 10,
        grace: float = 1.8,
    ) -> None:
        super().__init__(tasks)
        self._arguments = [tasks, f"--nice={nice}"]
        self._environment = environment(threads)
        self._grace = grace
        self._numbers = itertools.count(1)
        self._child: Child | None = None
        self._free = threading.Lock()
        self._job: str | None = None
        self._number = 0
        self._cancelled = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    @property
    def job(self) -> str | None:
        """Name of the task being done, None when idle."""
        return self._job

    @property
    def pid(self) -> int | None:
        """Process id of the warm process, None when there is none."""
        return self._child.pid if self._child is not None and self._child.alive else None

    def start(self) -> None:
        """Start the process ahead of its first job."""
        self._warm_child()

    def call(self, task: str, **arguments: Any) -> Work[Any]:  # noqa: ANN401 (anything with a JSON form)
        """Do a task in the process; yields its events and returns its result.

        Closing the generator cancels: the task is told to stop at its next event, and the process is killed if it has
        not after ``grace`` seconds.

        Raises:
            WsssError: the class and text that the task raised.
            JobError: the task failed in any other way, the process died, or it is busy with another job.
            Cancelled: :meth:`cancel` was called.
            TypeError: an argument has no JSON form.
        """
        with self._one_job(task):
            self._number = number = next(self._numbers)
            child = self._warm_child()
            self._check_wanted(task)
            child.send({"call": number, "task": task, "arguments": arguments})
            ended = False
            try:
                while not ended:
                    message = self._next(child, task)
                    ended = message.get("call") == number and any(key in message for key in ENDINGS)
                    if message.get("call") == number and "event" in message:
                        yield event_from_json(message["event"])
                return _result(message)
            finally:
                if not ended:
                    self._abandon(child, number)

    def cancel(self) -> None:
        """Stop the warm process's job, from any thread; its generator then raises Cancelled. Nothing happens when idle.

        A job in a process of its own (:meth:`run`) goes on.
        """
        if self._job is not None:
            self._cancelled = self._number
            if (child := self._child) is not None:
                child.inbox.put(_WAKE)

    def stop(self) -> None:
        """End the process, which frees what it holds in memory and on the GPU. The next call starts a new one."""
        child, self._child = self._child, None
        if child is not None:
            child.close(self._grace)

    @contextmanager
    def _one_job(self, task: str) -> Iterator[None]:
        if not self._take(task):
            raise JobError(f"{task}: the worker is busy with {self._job}; wait for it or cancel it first.")
        self._job = task
        try:
            yield
        finally:
            self._job = None
            self._free.release()

    def _take(self, task: str) -> bool:
        """Take the worker; wait while it is at a job that is waited for. Tell whether it was free."""
        until = time.monotonic() + _PATIENCE
        while not self._free.acquire(timeout=0.05):
            present = self._job  # None while a job is only just beginning or ending
            if task in _BRIEF or present not in (None, *_WAITED_FOR) or time.monotonic() > until:
                return False
        return True

    def _warm_child(self) -> Child:
        if self._child is None or not self._child.alive:
            self.stop()
            self._child = Child(self._arguments, self._environment)
        return self._child

    def _next(self, child: Child, task: str) -> Message:
        message = child.inbox.get()
        if message is _WAKE:
            self._check_wanted(task)
        if message is None:
            if child is not self._child:  # stop() was called meanwhile
                raise _stopped(task)
            self._child = None
            raise _death(child, task)
        return message

    def _check_wanted(self, task: str) -> None:
        if self._cancelled == self._number:
            raise _stopped(task)

    def _abandon(self, child: Child, number: int) -> None:
        child.send({"cancel": number})
        deadline = time.monotonic() + self._grace
        while child is self._child:
            try:
                message = child.inbox.get(timeout=max(0.0, deadline - time.monotonic()))
            except queue.Empty:
                message = None
            if message is None:
                child.kill()
                self._child = None
            elif message.get("call") == number and any(key in message for key in ENDINGS):
                return


def _result(message: Message) -> Any:  # noqa: ANN401 (anything with a JSON form)
    if "error" in message:
        raise error_from_json(message["error"])
    if "cancelled" in message:
        raise _stopped("The job")
    return message["result"]


def _stopped(task: str) -> Cancelled:
    return Cancelled(f"{task} was stopped. What was finished before is kept.")


def _death(child: Child, task: str) -> JobError:
    error = JobError(
        f"{task}: the worker process died ({child.epitaph()}). What was finished before is kept; run it again to go on."
    )
    error.add_note(child.last_words())
    child.kill()
    return error
