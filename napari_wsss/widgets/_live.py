"""Live tuning: one background thread that answers the sliders — visible slice first, then the volume, newest wins."""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping
from typing import TYPE_CHECKING, Any

from qtpy.QtCore import QObject, QTimer, Signal

from napari_wsss.widgets._answering import answers
from napari_wsss.widgets._jobs import Job
from napari_wsss.widgets._questions import Answer, Box, Failure, Found, Question, Ready, Tray

if TYPE_CHECKING:
    from napari_wsss.session.tuner import Tuner

GLANCE_SECONDS = 0.035
"""How long a slider's move waits for the visible slice, so that slider and mask are drawn in one go.

Drawing the window costs more than a threshold does, and holds Python's lock meanwhile: a slice answered within the
move is seen after one drawing instead of two, and its thread is not kept waiting by the first.
"""


class LiveTuning(QObject):
    """The window's side of the thread.

    Signals:
        ready: the :class:`~napari_wsss.session.Tuner` of the case on the desk.
        answered: an :class:`~napari_wsss.widgets._questions.Answer`, for the visible slice, then for the volume.
        failed: the exception of a step that could not run.
        settled: nothing is asked or computed any more; what is shown is current.
    """

    ready = Signal(object)
    answered = Signal(object)
    failed = Signal(object)
    settled = Signal()

    def __init__(self) -> None:
        super().__init__()
        self._make: Callable[[], Tuner] | None = None
        self._visit = self._asked = self._dealt_with = 0
        self._current = True
        self._glances = True
        self._box, self._tray = Box(), Tray()
        self._round = QTimer(self)
        self._round.setSingleShot(True)
        self._round.setInterval(0)  # fires once all that is waiting, drawings too, is done
        self._round.timeout.connect(self._box.drawn)
        self._job = Job(_told(answers(self._box), self._tray), "live tuning")
        self._job.yielded.connect(self._collect)
        self._job.start()

    @property
    def visit(self) -> int:
        """Number of the case's turn; making its live path anew is a turn too."""
        return self._visit

    @property
    def asked(self) -> int:
        """Number of the newest question."""
        return self._asked

    @property
    def current(self) -> bool:
        """Whether the volume shown is that of the knobs: not while it is computed, nor when a step has failed."""
        return self._current and not self.busy

    @property
    def busy(self) -> bool:
        """Whether the volume shown is not yet that of the knobs."""
        return self._dealt_with < self._asked

    def open(self, make: Callable[[], Tuner], z: int | None) -> None:
        """Turn to a case, or to the same one anew; ``make`` runs in the thread. ``z`` as in :meth:`set`."""
        self._make, self._glances = make, True
        self._visit += 1
        self._ask(z)

    def leave(self) -> None:
        """Forget the case; answers still on their way are dropped."""
        self._make = None
        self._visit += 1
        self._dealt_with, self._current = self._asked, True

    def set(self, step: str, knobs: Mapping[str, Any], z: int | None) -> None:
        """Move knobs of a step while slice ``z`` is on the screen, or (None) the whole volume."""
        self._ask(z, {step: knobs})
        self._glance(z)

    def look(self, z: int | None) -> None:
        """Another slice is on the screen; it comes first if the volume is still being computed."""
        if self.busy:
            self._ask(z)
            self._glance(z)

    def close(self) -> None:
        """End the thread."""
        self.leave()
        self._job.cancel()
        self._box.close()
        self._job.wait()

    def _ask(self, z: int | None, knobs: Mapping[str, Mapping[str, Any]] | None = None) -> None:
        if self._make is not None:
            self._asked += 1
            self._box.put(Question(self._asked, self._visit, self._make, z, knobs or {}))
            self._round.start()

    def _glance(self, z: int | None) -> None:
        """Show the visible slice within the move, unless the last one took the thread too long for that."""
        if z is not None and self._make is not None and self._glances:
            self._tray.wait(self._asked, GLANCE_SECONDS)
            self._collect()

    def _collect(self) -> None:
        found = [item for item in self._tray.take() if item.visit == self._visit]
        for place, item in enumerate(found):
            if not any(_covers(later, item) for later in found[place + 1 :]):
                self._hear(item)

    def _hear(self, item: Found) -> None:
        if item.visit != self._visit:  # what was heard before it may have opened another case
            return
        if isinstance(item, Ready):
            self.ready.emit(item.tuner)
        elif isinstance(item, Answer):
            self._glances = item.took <= GLANCE_SECONDS if item.z is not None else self._glances
            self.answered.emit(item)
        elif isinstance(item, Failure):
            self.failed.emit(item.error)
        else:
            self._dealt_with, self._current = item.serial, item.current
            if not self.busy:
                self.settled.emit()


def _told(work: Generator[Found, None, None], tray: Tray) -> Generator[Any, None, None]:
    """Lay what the thread finds on the tray; each yield tells the window so."""
    for found in work:
        tray.lay(found)
        yield


def _covers(later: Found, earlier: Found) -> bool:
    """Whether showing ``later`` makes showing ``earlier`` idle."""
    return isinstance(later, Answer) and isinstance(earlier, Answer) and later.z in {None, earlier.z}
