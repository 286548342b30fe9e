"""Standing back: a process that computes leaves the person's window its processor time."""

from __future__ import annotations

import sys
from collections.abc import Mapping

import psutil

_PATIENT = {"OMP_WAIT_POLICY": "PASSIVE"}
"""Threads that wait for one another sleep instead of spinning: with other programs on the same cores (the window, for
one) spinning makes training several times slower, and the window jerky."""
_THREAD_VARIABLES = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS", "NUMBA_NUM_THREADS")


def environment(threads: int = 0) -> Mapping[str, str]:
    """Give the variables a computing process is started with.

    Args:
        threads: processor threads its libraries may use; 0 leaves the choice to them.
    """
    return _PATIENT | (dict.fromkeys(_THREAD_VARIABLES, str(threads)) if threads else {})


def stand_back(steps: int) -> None:
    """Lower the priority of this process by ``steps`` (Unix; at least one class lower on Windows)."""
    process = psutil.Process()
    if sys.platform == "win32":
        process.nice(psutil.BELOW_NORMAL_PRIORITY_CLASS)
    else:
        process.nice(process.nice() + steps)
