"""Work over many cases with a few threads, as events."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import nullcontext
from os import cpu_count

from napari_wsss.progress import Progress, Work
from napari_wsss.refine.threads import one_thread


def each_case(stage: str, case_ids: Sequence[str], do: Callable[[str], None]) -> Work[None]:
    """Call ``do`` for every case on as many threads as there are cores; one event a finished case.

    Each case keeps to its thread where there are several; one alone may use all cores.

    The first error stops what has not begun and is raised. Closing the generator waits for the cases in work.
    """
    total = len(case_ids)

    def alone(case_id: str) -> None:
        with one_thread() if total > 1 else nullcontext():
            do(case_id)

    with ThreadPoolExecutor(max_workers=cpu_count() or 1) as pool:
        waiting: dict[Future[None], str] = {pool.submit(alone, case_id): case_id for case_id in case_ids}
        done = 0
        try:
            yield Progress(stage, 0, total)
            while waiting:
                finished, _ = wait(waiting, return_when=FIRST_COMPLETED)
                for future in finished:
                    case_id = waiting.pop(future)
                    future.result()
                    done += 1
                    yield Progress(stage, done, total, case_id)
        finally:
            for future in waiting:
                future.cancel()
