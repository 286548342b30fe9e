"""Keeps what is costly to a share of the time."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from time import perf_counter


class Seldom:
    """Says when something that costs time may be done again.

    What it costs is what it took the last time; before the first time it is due at once.
    """

    def __init__(self) -> None:
        self._last = perf_counter()
        self._cost = 0.0

    def due(self, share: float, seconds: float = 0.0) -> bool:
        """Whether it would take at most 1/``share`` of the time, and the last time is ``seconds`` ago."""
        return perf_counter() - self._last >= max(seconds, share * self._cost)

    @contextmanager
    def timed(self) -> Iterator[None]:
        """Do it inside."""
        start = perf_counter()
        yield
        self._last = perf_counter()
        self._cost = self._last - start
