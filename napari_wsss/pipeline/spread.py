"""Spread: the work on single cases, done side by side in other processes or on other machines."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from napari_wsss.pipeline.job import Job
from napari_wsss.progress import Work

Spread = Callable[[Job, Sequence[str]], Work[None]]
"""Does a job for each of these cases elsewhere; one event a finished case. The job of a live step is to propose."""


def over_cases(job: Job, case_ids: Sequence[str], spread: Spread | None) -> Work[None]:
    """Do a job that works case by case: here, one case after another, unless there is a ``spread``."""
    yield from (job.step.run(job, case_ids) if spread is None else spread(job, case_ids))  # type: ignore[attr-defined]
