"""The worker process: ``python -m napari_wsss.session.worker module:TASKS`` runs one task after another.

A task is a function returning a generator of events whose return value has a JSON form. It runs in the main thread; a
second thread listens, so that a cancel or the end of the parent is heard while a task computes.
"""

from __future__ import annotations

import argparse
import faulthandler
import importlib
import logging
import os
import queue
import sys
import threading
from collections.abc import Callable, Mapping, Sequence
from typing import IO, Any

from napari_wsss.errors import Cancelled, WsssError
from napari_wsss.progress import Work
from napari_wsss.session.open_files import allow_many_files
from napari_wsss.session.outbox import Outbox
from napari_wsss.session.protocol import Message, decode, error_to_json
from napari_wsss.session.standing_back import stand_back

Task = Callable[..., Work[Any]]
DEFAULT_TASKS = "napari_wsss.session.tasks:TASKS"
ORPHAN_SECONDS = 5.0
"""Time a task has for its clean-up once the parent is gone."""

_log = logging.getLogger(__name__)


class Desk:
    """What lies in front of the worker: calls to do, and whether the present one should stop."""

    def __init__(self) -> None:
        self._calls: queue.SimpleQueue[Message | None] = queue.SimpleQueue()
        self._cancelled: set[int] = set()
        self._orphaned = threading.Event()

    def listen(self, stream: IO[str]) -> None:
        """Take messages until the stream ends; then stop the task, and the process if the task does not."""
        for line in stream:
            message = decode(line)
            if "cancel" in message:
                self._cancelled.add(message["cancel"])
            else:
                self._calls.put(message)
        self._orphaned.set()
        self._calls.put(None)
        last_resort = threading.Timer(ORPHAN_SECONDS, os._exit, args=(1,))
        last_resort.daemon = True
        last_resort.start()

    def next_call(self) -> Message | None:
        """Wait for a call; None at the end."""
        return None if self._orphaned.is_set() else self._calls.get()

    def should_stop(self, call: int) -> bool:
        """Tell whether the call was cancelled or nobody waits for it any more."""
        return call in self._cancelled or self._orphaned.is_set()


def serve(desk: Desk, outbox: Outbox, tasks: Callable[[], Mapping[str, Task]]) -> None:
    """Do the calls of ``desk`` one by one until it closes."""
    while (message := desk.next_call()) is not None:
        call = message["call"]
        try:
            outbox.send({"call": call, "result": _perform(message, desk, outbox, tasks)})
        except Cancelled:
            outbox.send({"call": call, "cancelled": True})
        except Exception as error:  # noqa: BLE001 (nothing a task raises may end the worker)
            if not isinstance(error, WsssError):
                _log.exception("%s failed", message["task"])
            outbox.send({"call": call, "error": error_to_json(error, message["task"])})


def _perform(message: Message, desk: Desk, outbox: Outbox, tasks: Callable[[], Mapping[str, Task]]) -> Any:  # noqa: ANN401
    work = tasks()[message["task"]](**message["arguments"])
    try:
        while not desk.should_stop(message["call"]):
            try:
                event = next(work)
            except StopIteration as stop:
                return stop.value
            outbox.event(message["call"], event)
        raise Cancelled(f"{message['task']} was stopped.")
    finally:
        work.close()


def load_tasks(place: str) -> Mapping[str, Task]:
    """Import the table of tasks named ``module:ATTRIBUTE``."""
    module, _, attribute = place.partition(":")
    tasks: Mapping[str, Task] = getattr(importlib.import_module(module), attribute)
    return tasks


def take_streams() -> tuple[IO[str], IO[str]]:
    """Keep standard input and output for the protocol; a library reads nothing there and prints to standard error."""
    commands = os.fdopen(os.dup(0), "r", encoding="utf-8")
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
    os.dup2(2, 1)
    return commands, answers


def main(arguments: Sequence[str] | None = None) -> int:
    """Serve until standard input closes."""
    parser = argparse.ArgumentParser(prog="napari_wsss.session.worker")
    parser.add_argument("tasks", nargs="?", default=DEFAULT_TASKS, help="module:ATTRIBUTE of the table of tasks")
    parser.add_argument("--nice", type=int, default=0, help="how far to stand back for other programs")
    options = parser.parse_args(arguments)
    commands, answers = take_streams()
    faulthandler.enable()
    allow_many_files()
    logging.basicConfig(level=logging.INFO, stream=sys.stderr, format="%(levelname)s %(name)s: %(message)s")
    if options.nice:
        stand_back(options.nice)
    desk = Desk()
    threading.Thread(target=desk.listen, args=(commands,), daemon=True).start()
    serve(desk, Outbox(answers), lambda: load_tasks(options.tasks))
    return 0


if __name__ == "__main__":
    sys.exit(main())
