"""Which process is which: a process number is given again after its holder's end, its start time is not."""

from __future__ import annotations

import contextlib
import platform
from collections.abc import Mapping
from typing import Any

import psutil

from napari_wsss.store.provenance import now

_SAME = 2.0
"""Start times of one process differ by less than this, in seconds, however often the clock is set."""


def facts_of(pid: int | None = None) -> dict[str, Any]:
    """Describe a process of this machine, this one unless said otherwise: process, host, started, since, user.

    Raises:
        psutil.Error: there is none of this number.
    """
    process = psutil.Process(pid)
    who = {"process": process.pid, "host": platform.node(), "started": process.create_time(), "since": now()}
    with contextlib.suppress(psutil.Error, KeyError):  # a user number without a name, as in containers
        who["user"] = process.username()
    return who


def process_of(who: Mapping[str, Any]) -> psutil.Process | None:
    """Give the process that :func:`facts_of` described, if it still runs on this machine."""
    if not is_here(who):
        return None
    try:
        process = psutil.Process(who["process"])
        same = abs(process.create_time() - who["started"]) < _SAME
        return process if same and process.status() != psutil.STATUS_ZOMBIE else None
    except (psutil.Error, KeyError, TypeError, ValueError):
        return None


def is_here(who: Mapping[str, Any]) -> bool:
    """Whether a process was described on this machine."""
    return who.get("host") == platform.node()
