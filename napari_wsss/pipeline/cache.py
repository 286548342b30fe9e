"""Results kept in memory, the least recently used dropped first, bounded in bytes."""

from __future__ import annotations

from collections import OrderedDict
from threading import Lock
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from napari_wsss.pipeline.kept import KeptMasks


class Sized(Protocol):
    """Anything that says how many bytes it takes: an array, slices computed so far, the kernel of a CRF."""

    @property
    def nbytes(self) -> int:
        """Bytes."""


class ArrayCache:
    """Arrays, and whatever else says its size, by key.

    What grows while it is kept (a kernel built slice by slice) is put again to be weighed anew.

    Args:
        limit: bytes kept at most. An array larger than this is not kept at all.
        kept: where masks that took long are kept on disk, if anywhere.
    """

    def __init__(self, limit: int = 1 << 30, kept: KeptMasks | None = None) -> None:
        self.limit = limit
        self.kept = kept
        self._arrays: OrderedDict[str, tuple[Any, int]] = OrderedDict()
        self._bytes = 0
        self._lock = Lock()

    @property
    def nbytes(self) -> int:
        """Bytes kept now."""
        return self._bytes

    def get(self, key: str) -> Any | None:  # noqa: ANN401
        """Give what is kept under ``key``, or None."""
        with self._lock:
            if key not in self._arrays:
                return None
            self._arrays.move_to_end(key)
            return self._arrays[key][0]

    def put(self, key: str, array: Sized) -> None:
        """Keep ``array``, dropping the least recently used until it fits."""
        size = array.nbytes
        with self._lock:
            self._bytes -= self._arrays.pop(key, (None, 0))[1]
            if size > self.limit:
                return
            self._arrays[key] = array, size
            self._bytes += size
            while self._bytes > self.limit:
                _, (_, dropped) = self._arrays.popitem(last=False)
                self._bytes -= dropped
