"""Generators that tell how far they are, passed on."""

from __future__ import annotations

from collections.abc import Callable, Generator
from contextlib import closing
from typing import TypeVar

S = TypeVar("S")
T = TypeVar("T")
R = TypeVar("R")


def telling(work: Generator[S, None, R], change: Callable[[S], T]) -> Generator[T, None, R]:
    """Run ``work`` to its end, yielding what ``change`` makes of what it yields; closing closes ``work`` too."""
    with closing(work):
        while True:
            try:
                told = next(work)
            except StopIteration as stop:
                result: R = stop.value
                return result
            yield change(told)
