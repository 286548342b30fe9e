"""The dense CRF of a volume, asked of the worker's GPU by a window that has no torch; the CPU stands behind it."""

from __future__ import annotations

import logging
import sys
from collections.abc import Sequence
from ctypes.util import find_library
from dataclasses import asdict
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Event, Lock, Thread
from typing import Any
from weakref import finalize

import numpy as np

from napari_wsss.errors import WsssError
from napari_wsss.progress import drain
from napari_wsss.refine.accelerator import FastKernel, Plan
from napari_wsss.session.jobs import Worker
from napari_wsss.types import FloatArray

_log = logging.getLogger(__name__)


def nvidia_driver() -> bool:
    """Whether this machine has a driver for CUDA devices; asks no torch and starts nothing."""
    if sys.platform == "win32":
        return find_library("nvcuda") is not None
    return any(Path(place).exists() for place in ("/proc/driver/nvidia/version", "/dev/dxg"))  # /dev/dxg: WSL


class RemoteCrf:
    """Has the worker's GPU compute volumes while the worker is idle; slices by themselves stay with the CPU.

    Nobody waits for the worker to start: until it says that it is ready, and whenever it is busy, fails or its memory
    is full, the CPU answers.

    Args:
        worker: the process with torch; started when a volume is first asked for.
    """

    def __init__(self, worker: Worker) -> None:
        self._worker = worker
        self._ready: int | None = None  # process id of the worker that said it is ready
        self._asking = Lock()  # held while it is asked, and for good once it said that it has no GPU
        self._closed = Event()
        self._numbers = count(1)
        self._folder = TemporaryDirectory(prefix="napari-wsss-crf-", ignore_cleanup_errors=True)

    @property
    def ready(self) -> bool:
        """Whether the worker has its GPU ready and is idle."""
        return self._ready is not None and self._ready == self._worker.pid and self._worker.job is None

    def __call__(self, plan: Plan) -> FastKernel | None:
        """Give kernels that ask the worker; None for slices by themselves."""
        if plan.apart:
            return None
        if self._ready is None or self._ready != self._worker.pid:
            Thread(target=self.make_ready, daemon=True).start()
        return _RemoteKernel(self, plan, Path(self._folder.name, f"{next(self._numbers)}"))

    def close(self) -> None:
        """Remove the files that lie between window and worker; the CPU answers from now on."""
        self._closed.set()
        self._ready = None
        self._folder.cleanup()

    def ask(self, **arguments: Any) -> bool:  # noqa: ANN401 (anything with a JSON form)
        """Have the worker compute; tell whether it left an answer."""
        try:
            return bool(drain(self._worker.call("crf", **arguments)))
        except WsssError as error:
            _log.info("The CPU computes the CRF: %s", error)
            return False

    def make_ready(self) -> None:
        """Have the worker load what it needs; returns at once when that is under way or there is no GPU."""
        if self._closed.is_set() or not self._asking.acquire(blocking=False):
            return
        found: bool | None = None
        try:
            found = bool(drain(self._worker.call("crf-ready")))
            self._ready = self._worker.pid if found else None
        except WsssError as error:
            _log.info("The worker's GPU is not asked for CRFs yet: %s", error)
        finally:
            if found is not False:
                self._asking.release()
            if self._closed.is_set():  # meanwhile; the call may have started a process that nobody else would end
                self._ready = None
                self._worker.stop()


class _RemoteKernel:
    """Kernels on the worker's GPU, known here by files."""

    nbytes = 0

    def __init__(self, remote: RemoteCrf, plan: Plan, stem: Path) -> None:
        self._remote, self._plan, self._stem = remote, plan, stem
        self._one_at_a_time = Lock()
        finalize(self, _remove, stem)

    def differences(
        self,
        unary: FloatArray,
        compat: tuple[float, float],
        iterations: int,
        slices: Sequence[int] | None = None,  # noqa: ARG002 (a volume is asked for as a whole)
    ) -> FloatArray | None:
        """As :meth:`napari_wsss.refine.accelerator.FastKernel.differences`."""
        if not self._remote.ready:
            return None
        with self._one_at_a_time:
            return self._from_worker(unary, compat, iterations)

    def _from_worker(self, unary: FloatArray, compat: tuple[float, float], iterations: int) -> FloatArray | None:
        paths = {name: self._stem.with_suffix(f".{name}.npy") for name in ("image", "region", "unary", "result")}
        region = self._plan.region
        try:
            if not paths["image"].exists():
                if region is not None:
                    np.save(paths["region"], region)
                np.save(paths["image"], self._plan.image)
            np.save(paths["unary"], unary)
            answered = self._remote.ask(
                kernel=str(self._stem), image=str(paths["image"]), unary=str(paths["unary"]),
                region=None if region is None else str(paths["region"]), theta=asdict(self._plan.theta),
                compat=list(compat), iterations=iterations, result=str(paths["result"]),
            )  # fmt: skip
            return np.load(paths["result"]) if answered else None
        except OSError as error:
            _log.info("The CPU computes the CRF: %s", error)
            return None


def _remove(stem: Path) -> None:
    for path in stem.parent.glob(f"{stem.name}.*.npy"):
        path.unlink(missing_ok=True)
