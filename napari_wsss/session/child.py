"""A worker process as its parent holds it: lines in, messages out, last words kept."""

from __future__ import annotations

import logging
import os
import queue
import signal
import subprocess
import sys
import threading
from collections import deque
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import IO

from napari_wsss.session.last_words import epitaph
from napari_wsss.session.protocol import Message, decode, encode

_log = logging.getLogger("napari_wsss.worker")


class Child:
    """A running worker process.

    Attributes:
        inbox: its messages in order; None once it has died.

    Args:
        arguments: what follows ``python -m napari_wsss.session.worker``.
        environment: variables added to the parent's own.
    """

    def __init__(self, arguments: Sequence[str], environment: Mapping[str, str]) -> None:
        self.inbox: queue.Queue[Message | None] = queue.Queue()
        self._last_words: deque[str] = deque(maxlen=200)
        self._process = subprocess.Popen(  # noqa: S603 (this very interpreter)
            # -P: a file of the person's working folder must not pass for a module.
            [sys.executable, "-P", "-m", "napari_wsss.session.worker", *arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            encoding="utf-8",
            errors="replace",
            env={**os.environ, **environment},
            # A group of its own: Ctrl-C reaches the parent alone, which then stops the task in good order.
            process_group=0 if os.name == "posix" else None,
        )
        self._threads = [
            threading.Thread(target=self._hear, args=(self._process.stderr,), daemon=True),
            threading.Thread(target=self._receive, args=(self._process.stdout,), daemon=True),
        ]
        for thread in self._threads:
            thread.start()

    @property
    def alive(self) -> bool:
        """Whether the process still runs."""
        return self._process.poll() is None

    @property
    def pid(self) -> int:
        """Its process id."""
        return self._process.pid

    def send(self, message: Message) -> None:
        """Send a message; a dead child hears nothing, its death is told by ``inbox``."""
        line = encode(message)
        with suppress(BrokenPipeError, ValueError):
            self._stdin.write(line)
            self._stdin.flush()

    def last_words(self) -> str:
        """Give the end of what it wrote to standard error, one line a line."""
        return "\n".join(self._last_words)

    def epitaph(self) -> str:
        """Say in one line how it ended: exit code or signal, and the last line it wrote."""
        return epitaph(self._process.wait(), list(self._last_words))

    def close(self, patience: float) -> None:
        """Let it end by itself within ``patience`` seconds, then kill it."""
        with suppress(BrokenPipeError):
            self._stdin.close()
        try:
            self._process.wait(patience)
        except subprocess.TimeoutExpired:
            self.kill()
        self._release()

    def kill(self) -> None:
        """End it and what it started, now; the memory it held is free afterwards."""
        if self.alive:
            if os.name == "posix":
                with suppress(ProcessLookupError):
                    os.killpg(self.pid, signal.SIGKILL)
            else:
                self._process.kill()
        self._process.wait()
        self._release()

    @property
    def _stdin(self) -> IO[str]:
        assert self._process.stdin is not None  # noqa: S101 (asked for as a pipe above)
        return self._process.stdin

    def _release(self) -> None:
        for thread in self._threads:
            thread.join()
        for stream in (self._process.stdin, self._process.stdout, self._process.stderr):
            if stream is not None:
                with suppress(BrokenPipeError):
                    stream.close()

    def _hear(self, stream: IO[str]) -> None:
        for line in stream:
            self._last_words.append(line.rstrip("\n"))
            _log.info(line.rstrip("\n"))

    def _receive(self, stream: IO[str]) -> None:
        for line in stream:
            self.inbox.put(decode(line))
        self._threads[0].join()
        self.inbox.put(None)
