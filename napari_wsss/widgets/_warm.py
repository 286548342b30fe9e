"""Compiling the CRF, and loading what the filters use, before a person first needs it."""

from __future__ import annotations

from functools import cache
from importlib import import_module

from napari_wsss.widgets._jobs import Job, work_of


@cache
def warm_up_once() -> Job:
    """Start the background job that does it; a second call gives the same job."""
    job = Job(work_of(_warm_up), "compile the CRF")
    job.start()
    return job


def _warm_up() -> None:
    import_module("scipy.ndimage")  # by all filters, at their first use
    from napari_wsss.refine.crf import warm_up

    warm_up()
    import_module("skimage.filters")  # by the one that finds the organ
