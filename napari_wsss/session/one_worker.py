"""One worker at a time in a project: where a program was killed, its worker may still be ending as the next begins."""

from __future__ import annotations

import time
from pathlib import Path

from napari_wsss.progress import Note, Progress, Work
from napari_wsss.session.worker import ORPHAN_SECONDS
from napari_wsss.store.lock import LockedError, WriterLock

_LOCK = ".worker.lock"
_LOOK = 0.05
"""Seconds between two looks whether the other one has ended."""


def wait_for_others(folder: Path, patience: float = 2 * ORPHAN_SECONDS) -> Work[WriterLock]:
    """Take a project folder for this worker; an orphan that still works there ends within :data:`ORPHAN_SECONDS`.

    Returns:
        The lock, to be released when the work is done; the end of the process releases it too.

    Raises:
        LockedError: after ``patience`` seconds another one still works there, or the folder cannot be written.
    """
    deadline, told = time.monotonic() + patience, False
    while True:
        try:
            return WriterLock(folder / _LOCK)
        except LockedError:
            if time.monotonic() > deadline:
                raise
        if not told:
            yield Note("The worker of a program that was killed is still ending; this one waits for it.")
            told = True
        yield Progress("wait", 0, 0)
        time.sleep(_LOOK)
