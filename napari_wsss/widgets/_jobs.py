"""The one worker thread of the window: it runs a generator of events and tells the window about it.

Unlike the generator workers that napari and superqt ship, a RuntimeError inside the generator is reported like any
other error, and a cancelled generator is closed at once, in its own thread, so that its ``finally`` has run before
:attr:`Job.finished` is heard.
"""

from __future__ import annotations

import threading
from typing import Any

from qtpy.QtCore import QObject, QThread, Signal

from napari_wsss.errors import Cancelled
from napari_wsss.progress import Note, Progress, Work

_RUNNING: set[Job] = set()
"""Jobs whose thread is alive. Qt aborts the program when a running thread's object is collected."""


class Job(QObject):
    """Runs a ``Work`` generator in a thread of its own; all signals are heard in the window's thread.

    Signals:
        yielded: everything the generator yields.
        progress: each :class:`~napari_wsss.progress.Progress` among it.
        note: each :class:`~napari_wsss.progress.Note` among it.
        returned: the generator's result, when it ran to its end.
        errored: the exception it raised.
        cancelled: it was stopped.
        finished: always, once, and last; the thread has ended and the generator is closed.
    """

    yielded = Signal(object)
    progress = Signal(object)
    note = Signal(object)
    returned = Signal(object)
    errored = Signal(object)
    cancelled = Signal()
    finished = Signal()

    def __init__(self, work: Work[Any], title: str = "") -> None:
        super().__init__()
        self.title = title
        self._started = False
        self._thread = _WorkThread(self, work)
        self._thread.finished.connect(self._end)

    @property
    def running(self) -> bool:
        """Whether it has been started and has not finished."""
        return self in _RUNNING

    def start(self) -> None:
        """Begin; a job that has begun is left alone."""
        if not self._started:
            self._started = True
            _RUNNING.add(self)
            self._thread.start()

    def cancel(self) -> None:
        """Stop at the next event the generator yields; ``cancelled`` and ``finished`` follow."""
        self._thread.stop.set()

    def wait(self, seconds: float = 10.0) -> bool:
        """Block until the thread has ended; whether it did in time. For shutting down only."""
        ended = bool(self._thread.wait(int(seconds * 1000)))
        if ended:
            _RUNNING.discard(self)
        return ended

    def _end(self) -> None:
        self._thread.wait()
        _RUNNING.discard(self)
        self.finished.emit()


class _WorkThread(QThread):
    """Drives the generator. Its signals are those of the job, which lives in the window's thread."""

    def __init__(self, job: Job, work: Work[Any]) -> None:
        super().__init__()
        self.stop = threading.Event()
        self._job = job
        self._work = work

    def run(self) -> None:
        """Run to the end, to an error or to a cancel, and report which it was."""
        job = self._job
        try:
            while not self.stop.is_set():
                self._tell(next(self._work))
            self._work.close()
        except StopIteration as end:
            job.returned.emit(end.value)
        except Cancelled:
            job.cancelled.emit()
        except Exception as error:  # noqa: BLE001 (whatever long work raises belongs to the person, not to a dead thread)
            job.errored.emit(error)
        else:
            job.cancelled.emit()

    def _tell(self, event: Any) -> None:  # noqa: ANN401
        self._job.yielded.emit(event)
        if isinstance(event, Progress):
            self._job.progress.emit(event)
        elif isinstance(event, Note):
            self._job.note.emit(event)


def work_of(call: Any, *args: Any, **kwargs: Any) -> Work[Any]:  # noqa: ANN401
    """Make a plain call into work without events, so that a :class:`Job` can run it."""
    yield from ()
    return call(*args, **kwargs)
