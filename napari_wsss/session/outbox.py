"""The worker's way out: messages leave as lines, progress no more often than a person can read."""

from __future__ import annotations

import threading
import time
from typing import Protocol

from napari_wsss.progress import Event, Progress, event_to_json
from napari_wsss.session.protocol import Message, encode


class Lines(Protocol):
    """What lines can be written to."""

    def write(self, line: str, /) -> object:
        """Write a line."""

    def flush(self) -> object:
        """Let it go."""


class Outbox:
    """Writes messages to a stream, from any thread.

    Of Progress events of the same stage with the same figures only the newest of each ``interval`` travels; the last of
    a stage, every Note and every other message always do, in order.

    Attributes:
        interval: shortest time between two Progress events in seconds.

    Args:
        stream: text stream the lines go to, or anything else that lines can be written to.
        interval: as above.
    """

    def __init__(self, stream: Lines, interval: float = 0.05) -> None:
        self._stream = stream
        self.interval = interval
        self._lock = threading.Lock()
        self._held: tuple[Progress, str] | None = None
        self._arrived = threading.Event()
        self._last = 0.0
        threading.Thread(target=self._release, daemon=True).start()

    def event(self, call: int, event: Event) -> None:
        """Send an event of a call, or hold it until its turn.

        Raises:
            TypeError, ValueError: one of its values is no number.
        """
        line = encode({"call": call, "event": event_to_json(event)})
        with self._lock:
            if not isinstance(event, Progress) or not self._replaces(event):
                self._flush()
            if isinstance(event, Progress):
                self._held = (event, line)
                self._arrived.set()
            else:
                self._write(line)

    def send(self, message: Message) -> None:
        """Send any other message now, after the event still held.

        Raises:
            TypeError: the message has no JSON form; nothing of it is sent.
        """
        line = encode(message)
        with self._lock:
            self._flush()
            self._write(line)

    def flush(self) -> None:
        """Send the event still held."""
        with self._lock:
            self._flush()

    def _replaces(self, event: Progress) -> bool:
        held = self._held[0] if self._held else event
        return held.stage == event.stage and held.values.keys() == event.values.keys()

    def _flush(self) -> None:
        if self._held is not None:
            self._write(self._held[1])
            self._held = None
            self._last = time.monotonic()

    def _write(self, line: str) -> None:
        self._stream.write(line)
        self._stream.flush()

    def _release(self) -> None:
        while True:
            self._arrived.wait()
            time.sleep(max(0.0, self._last + self.interval - time.monotonic()))
            with self._lock:
                self._arrived.clear()
                self._flush()
