"""Cases of a large cohort, done side by side by Dask: in processes of this machine, or on a cluster."""

from __future__ import annotations

import queue
import time
import uuid
from collections import deque
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import TYPE_CHECKING, Any, Self

from napari_wsss.errors import JobError
from napari_wsss.pipeline.job import Job
from napari_wsss.pipeline.spread import Spread
from napari_wsss.progress import Note, Progress, Work
from napari_wsss.session.cluster_worker import Outcome, do_case
from napari_wsss.session.dask_workers import HiredWorkers, LocalWorkers, Workers
from napari_wsss.session.protocol import encode, error_from_json

if TYPE_CHECKING:
    from distributed import Client, Future

_LOOK = 0.2
"""Seconds between two signs of life while cases are in work; a wish to stop is heard at each."""
_ALONE = 30.0
"""Seconds without any worker after which nobody is waited for."""


def crew(
    project: str, recipe: Mapping[str, Any], workers: int, cluster: str | None
) -> AbstractContextManager[Spread | None]:
    """Give who does the cases of a run: None where this process does them by itself, else a :class:`Crew`.

    Args:
        project: the project folder.
        recipe: JSON form of the recipe.
        workers: processes on this machine; 1 for this one alone, which costs nothing.
        cluster: address of a Dask scheduler whose workers do the cases instead; None for none.
    """
    return nullcontext() if workers <= 1 and cluster is None else Crew(project, recipe, workers, cluster)


class Crew:
    """Dask workers, called together at the first case; a :data:`~napari_wsss.pipeline.spread.Spread`.

    Args:
        project: the project folder, which all workers see at the same place.
        recipe: JSON form of the recipe.
        workers: processes to start on this machine, where there is no ``cluster``.
        cluster: address of a Dask scheduler, such as "tcp://node7:8786"; its workers are used, and stay.
    """

    def __init__(self, project: str, recipe: Mapping[str, Any], workers: int, cluster: str | None) -> None:
        self._project, self._recipe, self._run = project, recipe, uuid.uuid4().hex
        self._workers: Workers = LocalWorkers(workers) if cluster is None else HiredWorkers(cluster, project)
        self._told: set[Note] = set()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._workers.close()

    def __call__(self, job: Job, case_ids: Sequence[str]) -> Work[None]:
        """Do a job for each of the cases; one event a finished case, and signs of life in between.

        Closing the generator stops: workers of this machine at once, those of a cluster at their next event.

        Raises:
            WsssError: what went wrong with a case; the others in work are stopped.
            JobError: a case killed its worker several times, no worker is left, or the cluster cannot be used.
        """
        stage, done, last = "propose" if job.step.live else job.name, 0, ""
        yield Progress(stage, 0, len(case_ids))
        order = _Order(self._workers.client(), self._order(job), job.name, case_ids)
        try:
            while order.hand_out():
                if (finished := order.next()) is not None:
                    done, (last, outcome) = done + 1, finished
                    yield from self._tell(outcome)
                yield Progress(stage, done, len(case_ids), last)
        finally:
            if order.at_work:
                order.stop()
                self._workers.stop()

    def _order(self, job: Job) -> str:
        told = {"project": self._project, "recipe": self._recipe, "models": job.keys.pinned, "device": job.device}
        return encode({**told, "run": self._run})

    def _tell(self, outcome: Outcome) -> list[Note]:
        """Give what was not said of an earlier case. Raises what went wrong."""
        new = [note for note in outcome["notes"] if note not in self._told]
        self._told.update(new)
        if "error" in outcome:
            raise error_from_json(outcome["error"])
        return new


class _Order:
    """Cases handed out to workers, to each no more than it can do: one that waits long for the next event pauses them.

    Attributes:
        at_work: those handed out that have not come back, by their future.
    """

    def __init__(self, client: Client, order: str, step: str, case_ids: Sequence[str]) -> None:
        self._client, self._number = client, uuid.uuid4().hex
        self._order, self._step = order, step
        self._back: queue.SimpleQueue[Future[Outcome]] = queue.SimpleQueue()
        self._left = deque(case_ids)
        self._alone_since: float | None = None
        self.at_work: dict[Future[Outcome], str] = {}

    def hand_out(self) -> bool:
        """Give every worker something to do; tell whether anything is left to wait for.

        Raises:
            JobError: there has been no worker for a while, or the scheduler is gone.
        """
        hands = self._hands()
        while self._left and len(self.at_work) < max(hands, 1):
            case_id = self._left.popleft()
            given = (self._order, self._step, case_id, self._number)
            future = self._client.submit(do_case, *given, key=f"{self._step}-{case_id}-{self._number}", pure=False)
            self.at_work[future] = case_id
            future.add_done_callback(self._back.put)
        self._check_company(hands)
        return bool(self.at_work)

    def next(self) -> tuple[str, Outcome] | None:
        """Wait a moment for a case; give its id and what came of it, or None.

        Raises:
            JobError: it killed its worker several times, or the scheduler is gone.
        """
        try:
            future = self._back.get(timeout=_LOOK)
        except queue.Empty:
            return None
        case_id = self.at_work.pop(future)
        return case_id, _result(future, case_id)

    def stop(self) -> None:
        """Tell those who are at a case to stop at the next event."""
        from distributed import Event

        if self._client.status == "running":
            Event(self._number, client=self._client).set()
            self._client.cancel(list(self.at_work))

    def _hands(self) -> int:
        try:
            return sum(self._client.nthreads().values())
        except OSError as error:
            raise _scheduler_gone() from error

    def _check_company(self, hands: int) -> None:
        if hands:
            self._alone_since = None
            return
        self._alone_since = self._alone_since or time.monotonic()
        if time.monotonic() > self._alone_since + _ALONE:
            raise JobError("No worker is left to do the cases. Those finished are kept; run it again to go on.")


def _result(future: Future[Outcome], case_id: str) -> Outcome:
    from distributed import CancelledError, KilledWorker

    try:
        outcome: Outcome = future.result()
    except KilledWorker as error:
        raise JobError(
            f"{case_id}: the worker process died each time at this case, most often because the memory ran out. Take "
            "fewer workers, or lower batch_size or size; the cases finished are kept."
        ) from error
    except CancelledError as error:
        raise _scheduler_gone() from error
    return outcome


def _scheduler_gone() -> JobError:
    return JobError("The cluster's scheduler is gone. The cases finished are kept; start it and run this again.")
