"""A few threads for compiled loops that hold no lock of Python's.

Threads of our own, and not numba's: its default thread layer ends the process when two Python threads use it at once,
and here the window's own computation and a pool over cases do.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import cache
from threading import local
from typing import Any, TypeVar

T = TypeVar("T")

MOST = 8
"""More threads than this gain little: the loops wait for memory."""

_here = local()


def threads() -> int:
    """Give how many threads a computation started here may use: one inside :func:`each` and :func:`one_thread`."""
    if getattr(_here, "alone", False):
        return 1
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return min(cores, MOST)


@contextmanager
def one_thread() -> Iterator[None]:
    """Keep everything started from this thread in this thread."""
    before = getattr(_here, "alone", False)
    _here.alone = True
    try:
        yield
    finally:
        _here.alone = before


def each(function: Callable[..., T], arguments: Iterable[tuple[Any, ...]]) -> list[T]:
    """Give ``function(*one)`` for every one of ``arguments``, several at a time, in their order.

    The first error is raised after all have ended.
    """
    calls = list(arguments)
    if len(calls) <= 1 or threads() == 1:
        return [function(*call) for call in calls]
    # The caller takes the first itself: one thread fewer to wake.
    futures = [_pool().submit(_alone, function, call) for call in calls[1:]]
    try:
        first = _alone(function, calls[0])
    finally:
        errors = [future.exception() for future in futures]
    for error in errors:
        if error is not None:
            raise error
    return [first, *(future.result() for future in futures)]


def _alone(function: Callable[..., T], call: tuple[Any, ...]) -> T:
    with one_thread():
        return function(*call)


@cache
def _pool() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(MOST, thread_name_prefix="crf")
