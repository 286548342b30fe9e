"""Reading cases in the background; only the case asked for last arrives."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from napari_wsss.progress import Work
from napari_wsss.widgets._jobs import Job
from napari_wsss.widgets._loading import Loaded, load_case
from napari_wsss.widgets._notify import tell_error

if TYPE_CHECKING:
    from napari_wsss.session import Session


class CaseLoader:
    """Reads one case at a time.

    Args:
        settle: waits until what is being written about cases is on the disk; called in the thread that reads.
    """

    def __init__(self, settle: Callable[[], object]) -> None:
        self._job: Job | None = None
        self._settle = settle

    @property
    def busy(self) -> bool:
        """Whether a case is being read."""
        return self._job is not None

    def load(self, session: Session, case_id: str, then: Callable[[Loaded], None]) -> None:
        """Read a case; ``then`` gets it, unless another is asked for meanwhile."""
        if self._job is not None:
            self._job.cancel()
            self._job.returned.disconnect()
        job = Job(self._read(session, case_id), f"Open {case_id}")
        job.errored.connect(tell_error)
        job.returned.connect(then)
        job.finished.connect(lambda: self._on_finished(job))
        self._job = job
        job.start()

    def close(self) -> None:
        """Stop reading."""
        if self._job is not None:
            self._job.cancel()
            self._job.wait()

    def _read(self, session: Session, case_id: str) -> Work[Loaded]:
        self._settle()
        return (yield from load_case(session, case_id))

    def _on_finished(self, job: Job) -> None:
        if self._job is job:
            self._job = None
