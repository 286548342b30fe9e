"""The worker's CRF tasks as they are on a machine with a GPU, computed on the CPU; loaded by the worker, not pytest."""

from functools import partial

from napari_wsss.progress import Progress
from napari_wsss.session.crf_task import answer


def say(found):
    yield from ()
    return found


def full(**_):
    yield from ()
    return False


def broken(**_):
    yield from ()
    raise RuntimeError("CUDA error: an illegal memory access was encountered")


def training():
    while True:
        yield Progress("train", 0, 0)


TASKS = {"crf-ready": partial(say, True), "crf": partial(answer, device="cpu"), "training": training}
WITHOUT = TASKS | {"crf-ready": partial(say, False)}
FULL = TASKS | {"crf": full}
BROKEN = TASKS | {"crf": broken}
