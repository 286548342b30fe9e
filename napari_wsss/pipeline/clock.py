"""Clock: how long the steps of one question took."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from threading import Lock, get_ident
from time import perf_counter
from typing import Any


class Clock:
    """Adds up the time of steps, on several threads too.

    A kernel that builds its parts when they are first asked for does so while another step runs; where it says how
    many ``seconds`` it has built so far, they count as its own and not as that step's.

    Args:
        threads: over how many threads the work is spread, where it is not done by the thread that made the clock.

    Attributes:
        ran: steps that ran.
    """

    def __init__(self, threads: int) -> None:
        self.ran: set[str] = set()
        self._threads, self._thread = threads, get_ident()
        self._spent: dict[str, float] = {}
        self._spread: set[str] = set()
        self._watched: dict[str, tuple[Any, float]] = {}
        self._lock = Lock()

    @contextmanager
    def running(self, name: str) -> Iterator[None]:
        """Measure a run of a step."""
        begun = perf_counter()
        yield
        spent = perf_counter() - begun
        with self._lock:
            self.ran.add(name)
            self._spent[name] = self._spent.get(name, 0.0) + spent
            if get_ident() != self._thread:
                self._spread.add(name)

    def watch(self, name: str, value: Any) -> None:  # noqa: ANN401 (a kernel)
        """Tell apart what ``value``, the result of step ``name``, builds from now on."""
        self._watched[name] = value, getattr(value, "seconds", 0.0)

    def seconds(self, sources: Callable[[str], Sequence[str]]) -> dict[str, float]:
        """Give step → seconds that passed for it; ``sources`` gives the steps whose results a step takes."""
        spent = dict(self._spent)
        spread = set(self._spread)
        for name, (value, before) in self._watched.items():
            built = getattr(value, "seconds", 0.0) - before  # on threads of its own perhaps, more than what passed
            user = next((other for other in self._spent if name in sources(other)), None)
            if built > 0 and user is not None:
                built = min(built, spent[user])
                spent[user] -= built
                spent[name] = spent.get(name, 0.0) + built
                spread |= {name} if user in spread else set()
        return {name: total / (self._threads if name in spread else 1) for name, total in spent.items()}
