"""The events of a run in a file: written as they come, read from the start by whoever opens the project later."""

from __future__ import annotations

import os
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from napari_wsss.progress import Event, Note, Progress, event_from_json
from napari_wsss.session.protocol import Message, decode

MOST = 2_000
"""Points of a stage that a window is told of what went before."""


class EventFile:
    """The end of a file of events, to write lines to. What a full disk does not take is left out; the work goes on."""

    def __init__(self, path: Path) -> None:
        """Open the file, behind what is there.

        Raises:
            OSError: it cannot be opened.
        """
        self._handle = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT | getattr(os, "O_BINARY", 0), 0o666)
        self._torn = _ends_torn(self._handle)

    def write(self, line: str) -> None:
        """Write a line; one that is cut short is closed by the next."""
        raw = (b"\n" if self._torn else b"") + line.encode()
        with suppress(OSError):
            self._torn = os.write(self._handle, raw) < len(raw)

    def flush(self) -> None:
        """Nothing is held back."""

    def close(self) -> None:
        """Close the file."""
        os.close(self._handle)


class EventReader:
    """Reads a file of events onwards, while it grows.

    Args:
        path: the file, which need not be there yet.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._place = 0

    def read(self, until: int | None = None) -> list[Event]:
        """Give the events that came since the last call; those before byte ``until`` only, if given."""
        try:
            with self._path.open("rb") as file:
                file.seek(self._place)
                raw = file.read() if until is None else file.read(max(0, until - self._place))
        except OSError:
            return []
        whole = raw[: raw.rfind(b"\n") + 1]
        self._place += len(whole)
        return [event for line in whole.splitlines() if (event := _event_of(line)) is not None]


def size_of(path: Path) -> int:
    """Give the size of a file in bytes; 0 where there is none."""
    try:
        return path.stat().st_size
    except OSError:
        return 0


def worth_telling(events: Iterable[Event]) -> list[Event]:
    """Give of earlier events what a window needs to look as if it had been there all the time.

    Notes are left out: they were for their moment. Of the Progress of a stage with the same figures at most
    :data:`MOST` are kept, evenly, and the last.
    """
    kept: list[Event] = [event for event in events if not isinstance(event, Note)]
    counts: dict[tuple[str, frozenset[str]], int] = {}
    for event in kept:
        if isinstance(event, Progress):
            counts[_alike(event)] = counts.get(_alike(event), 0) + 1
    left, told = dict(counts), list[Event]()
    for event in kept:
        if isinstance(event, Progress):
            alike = _alike(event)
            left[alike] -= 1
            if left[alike] % -(-counts[alike] // MOST):
                continue
        told.append(event)
    return told


def _alike(event: Progress) -> tuple[str, frozenset[str]]:
    return event.stage, frozenset(event.values)


def _event_of(line: bytes) -> Event | None:
    """Read a line; None where it was torn by a kill or a full disk."""
    try:
        message: Message = decode(line.decode())
        return event_from_json(message["event"])
    except (ValueError, KeyError, TypeError):
        return None


def _ends_torn(handle: int) -> bool:
    size = os.fstat(handle).st_size
    if not size:
        return False
    os.lseek(handle, size - 1, os.SEEK_SET)
    return os.read(handle, 1) != b"\n"
