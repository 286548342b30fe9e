"""Compiling the CRF before a person first needs it."""

from __future__ import annotations

from functools import cache

from napari_wsss.widgets._jobs import Job, work_of


@cache
def warm_up_once() -> Job:
    """Start the background job that compiles the CRF; a second call gives the same job."""
    job = Job(work_of(_warm_up), "compile the CRF")
    job.start()
    return job


def _warm_up() -> None:
    from napari_wsss.refine.crf import warm_up

    warm_up()
