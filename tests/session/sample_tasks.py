"""Tasks for the tests of the worker process; loaded by it, not by pytest."""

import faulthandler
import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import numpy as np

from napari_wsss.errors import FaultsError, InputError
from napari_wsss.progress import Note, Progress


def count(total):
    for done in range(total):
        yield Progress("count", done + 1, total, values={"half": done / 2})
    yield Note("counted")
    return {"total": total, "mean": np.float32(0.5), "where": Path("a") / "b"}


def two_stages(total):
    for stage in ("first", "second"):
        for done in range(total):
            yield Progress(stage, done + 1, total)
    return os.getpid()


def forever(started, closed):
    try:
        while True:
            yield Progress("forever", 0, 0)
            Path(started).touch()
    finally:
        Path(closed).touch()


def deaf(pipe):
    yield Note("from now on deaf")
    Path(pipe).write_text("deaf")
    threading.Event().wait()


def fail(kind):
    yield Note("about to fail")
    if kind == "faults":
        raise FaultsError("labels.csv", ["row 2: no such file", "row 3: value 2"])
    if kind == "input":
        raise InputError("scan.nii: no image.")
    if kind == "memory":
        raise RuntimeError("CUDA out of memory. Tried to allocate 2 GiB")
    raise RuntimeError("shapes (2, 3) and (4, 5)\ndo not fit")


def crash():
    """Crash as compiled code does."""
    yield from ()
    faulthandler._sigsegv()


def exit_hard(code):
    yield Note("leaving")
    sys.stderr.write("the disk is on fire\n")
    sys.stderr.flush()
    os._exit(code)


def die():
    yield Note("dying")
    os.kill(os.getpid(), signal.SIGKILL)


def noise():
    sys.stdout.write("a library prints\n")
    sys.stdout.flush()
    os.write(1, b"a C library prints\n")
    subprocess.run(["echo", "a program prints"], check=True)
    yield Note("still readable")
    return sys.stdin.read()


def unwritable():
    yield Note("so far so good")
    return object()


def surroundings():
    yield Note("looking")
    groups = {"session": os.getsid(0), "group": os.getpgid(0)}
    return {"threads": os.environ.get("OMP_NUM_THREADS"), "nice": os.nice(0), "path": sys.path, **groups}


TASKS = {
    task.__name__: task
    for task in (count, two_stages, forever, deaf, fail, exit_hard, crash, die, noise, unwritable, surroundings)
}
