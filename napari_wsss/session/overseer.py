"""The overseer of a run's process: obeys the person's wishes, shows that the process lives, ends it if it must."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from contextlib import suppress
from time import monotonic

from napari_wsss.engine.ranks import stop_request
from napari_wsss.session.outbox import Outbox
from napari_wsss.session.run_folder import BEAT_SECONDS, RunFolder

_LOOK = 0.1
"""Seconds between two looks at the person's wish."""
_GRACE = 1.3
"""Seconds the job has to end in good order when it is stopped."""
OFTEN, _SELDOM, _LONG = 0.1, 1.0, 1_800.0
"""Seconds between two Progress events at first, and from half an hour on: a long run's file stays small."""


class Overseer:
    """Watches the person's wishes in a thread beside the job.

    Args:
        run: the run.
        outbox: what is told more seldom as time goes on.
        last_resort: ends the process; called where the job has not ended 1.3 s after it was asked to.
    """

    def __init__(self, run: RunFolder, outbox: Outbox, last_resort: Callable[[], object]) -> None:
        self._run = run
        self._outbox = outbox
        self._last_resort = last_resort
        self._going, self._over = threading.Event(), threading.Event()
        self._going.set()
        self._obey()
        threading.Thread(target=self._watch, daemon=True).start()

    def finish(self) -> None:
        """Watch no more: the job is over."""
        self._over.set()

    def wait(self) -> bool:
        """Wait while the person wishes a pause; gives whether the job is to go on."""
        while not self._going.wait(_LOOK) and not stop_request.is_set():
            pass
        return not stop_request.is_set()

    def _watch(self) -> None:
        begun, beat, asked = monotonic(), 0.0, 0.0
        while not self._over.wait(_LOOK):
            now = monotonic()
            self._obey()
            asked = asked or (now if stop_request.is_set() else 0.0)
            if asked and now - asked > _GRACE:
                self._last_resort()
                return
            if now - beat > BEAT_SECONDS:
                beat = now
                self._beat(now - begun)

    def _obey(self) -> None:
        wished = self._run.wished
        if wished == "stop":
            stop_request.set()
        if wished == "pause":
            self._going.clear()
        else:
            self._going.set()

    def _beat(self, age: float) -> None:
        with suppress(OSError):
            os.utime(self._run.folder / "process.json")
        self._outbox.interval = OFTEN + (_SELDOM - OFTEN) * min(1.0, age / _LONG)
