"""Results kept in memory, the least recently used dropped first, bounded in bytes."""

from __future__ import annotations

from collections import OrderedDict
from threading import Lock

from napari_wsss.types import Array


class ArrayCache:
    """Arrays by key.

    Args:
        limit: bytes kept at most. An array larger than this is not kept at all.
    """

    def __init__(self, limit: int = 1 << 30) -> None:
        self.limit = limit
        self._arrays: OrderedDict[str, Array] = OrderedDict()
        self._bytes = 0
        self._lock = Lock()

    @property
    def nbytes(self) -> int:
        """Bytes kept now."""
        return self._bytes

    def get(self, key: str) -> Array | None:
        """Give the array kept under ``key``, or None."""
        with self._lock:
            if key in self._arrays:
                self._arrays.move_to_end(key)
            return self._arrays.get(key)

    def put(self, key: str, array: Array) -> None:
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
