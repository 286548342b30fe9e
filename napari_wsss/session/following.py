"""Following a run: hear what its process tells, stop it, or leave it to itself."""

from __future__ import annotations

import signal
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import psutil

from napari_wsss.errors import Cancelled, JobError, ProjectError
from napari_wsss.progress import Event, Work, reworded
from napari_wsss.session.last_words import epitaph
from napari_wsss.session.launching import exit_code, kill
from napari_wsss.session.protocol import Message, error_from_json, reworded_error
from napari_wsss.session.run_events import EventReader, size_of, worth_telling
from napari_wsss.session.run_folder import UNDER_WAY, RunFolder

_LOOK = 0.1
"""Seconds between two looks whether something new was told."""
_GRACE = 1.5
"""Seconds a process has to end by itself when it is stopped, before it is killed."""


class Following:
    """Listens to a run, from any thread that wants to be told.

    Args:
        run: the run.
        earlier: tell first what was told before.
        stops: closing :meth:`work` stops the run's process; False for those who may only look on.
        own: looks over every text: what was written under pseudonyms gets its own names back.
    """

    def __init__(
        self, run: RunFolder, *, earlier: bool = True, stops: bool = True, own: Callable[[str], str] = str
    ) -> None:
        self.run = run
        self._own = own
        self._events = run.folder / "events.jsonl"
        self._earlier, self._stops = earlier, stops
        self._before = size_of(self._events)
        self._woken = threading.Event()
        self._cancelled = self._left = False

    def work(self) -> Work[Any]:
        """Tell the run's events as they come; gives its result.

        Closing stops its process: told to stop, and killed if it has not after 1.5 s.

        Raises:
            WsssError: the class and text that ended the run.
            JobError: it failed in any other way, or its process died.
            Cancelled: it was stopped, or :meth:`cancel` or :meth:`leave` was called.
        """
        over = False
        try:
            reader = EventReader(self._events)
            earlier = reader.read(self._before)
            yield from map(self._told, worth_telling(earlier) if self._earlier else ())
            while not over:
                alive = self.run.state in UNDER_WAY
                ending = self.run.ending
                over = ending is not None or not alive
                yield from map(self._told, reader.read())
                if not over:
                    self._woken.wait(_LOOK)
                    self._check_wanted()
            self.run.hear()
            return self._result(ending)
        finally:
            if not over and self._stops and not self._left:
                stop(self.run)

    def cancel(self) -> None:
        """Stop the run, from any thread; :meth:`work` then raises Cancelled."""
        self._cancelled = True
        self._woken.set()

    def leave(self) -> None:
        """Stop listening, from any thread; the run goes on."""
        self._left = True
        self._woken.set()

    def _told(self, event: Event) -> Event:
        return reworded(event, self._own)

    def _check_wanted(self) -> None:
        if self._left:
            raise Cancelled(f"'{self.run.title}' goes on by itself.")
        if self._cancelled:
            raise _stopped(self.run)

    def _result(self, ending: Message | None) -> Any:  # noqa: ANN401 (anything with a JSON form)
        if ending is None:
            raise _stopped(self.run) if self.run.wished == "stop" else _death(self.run)
        if "error" in ending:
            raise error_from_json(reworded_error(ending["error"], self._own))
        if "cancelled" in ending:
            raise _stopped(self.run)
        return ending["result"]


def stop(run: RunFolder) -> None:
    """Stop a run's process: ask it, and kill it if it has not ended after 1.5 s."""
    with suppress(ProjectError):  # a full disk: then the signal has to do
        run.wish("stop")
    process = run.living
    if process is None:
        return
    with suppress(psutil.Error):
        if sys.platform != "win32":
            process.send_signal(signal.SIGTERM)
    deadline = time.monotonic() + _GRACE
    while run.living is not None and time.monotonic() < deadline:
        time.sleep(_LOOK / 5)
    kill(run)


def _stopped(run: RunFolder) -> Cancelled:
    return Cancelled(f"'{run.title}' was stopped. What was finished before is kept.")


def _death(run: RunFolder) -> JobError:
    words = epitaph(exit_code(run), run.last_lines())
    error = JobError(
        f"'{run.title}': its process died ({words}). What was finished before is kept; start it again to go on."
    )
    error.add_note(run.last_words())
    return error
