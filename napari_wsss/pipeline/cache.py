"""Results kept in memory, the least recently used dropped first, bounded in bytes."""

from __future__ import annotations

from collections import OrderedDict
from threading import Lock
from typing import Any, Protocol


class Sized(Protocol):
    """Anything that says how many bytes it takes: an array, the kernel of a CRF."""

    @property
    def nbytes(self) -> int:
        """Bytes."""


class ArrayCache:
    """Arrays, and whatever else says its size, by key.

    Args:
        limit: bytes kept at most. An array larger than this is not kept at all.
    """

    def __init__(self, limit: int = 1 << 30) -> None:
        self.limit = limit
        self._arrays: OrderedDict[str, Any] = OrderedDict()
        self._bytes = 0
        self._lock = Lock()

    @property
    def nbytes(self) -> int:
        """Bytes kept now."""
        return self._bytes

    def get(self, key: str) -> Any | None:  # noqa: ANN401
        """Give what is kept under ``key``, or None."""
        with self._lock:
            if key in self._arrays:
                self._arrays.move_to_end(key)
            return self._arrays.get(key)

    def put(self, key: str, array: Sized) -> None:
        """Keep ``array``, dropping the least recently used until it fits."""
        with self._lock:
            old = self._arrays.pop(key, None)
            self._bytes -= old.nbytes if old is not None else 0
            if array.nbytes > self.limit:
                return
            self._arrays[key] = array
            self._bytes += array.nbytes
            while self._bytes > self.limit:
                _, dropped = self._arrays.popitem(last=False)
                self._bytes -= dropped.nbytes
