"""Stack: the slices of a step's result computed so far, asked for singly or as the volume."""

from __future__ import annotations

from itertools import pairwise
from threading import Lock

import numpy as np

from napari_wsss.types import Array


class Stack:
    """Slices along Z; (Z, Y, X), or (C, Z, Y, X) of a soft map.

    Slices put one by one lie apart until several are put at once: a slider that is dragged on the visible slice leaves
    one slice a position, not a volume. Different slices may be put by different threads.

    Args:
        depth: slices of the whole scan.
    """

    def __init__(self, depth: int) -> None:
        self.depth = depth
        self._have = np.zeros(depth, dtype=bool)
        self._singles: dict[int, Array] = {}
        self._volume: Array | None = None
        self._lock = Lock()

    @property
    def nbytes(self) -> int:
        """Bytes held."""
        with self._lock:
            return sum(part.nbytes for part in self._singles.values()) + (
                self._volume.nbytes if self._volume is not None else 0
            )

    @property
    def complete(self) -> bool:
        """Whether no slice is missing."""
        return bool(self._have.all())

    @property
    def empty(self) -> bool:
        """Whether there is no slice yet."""
        return not self._have.any()

    def has(self, first: int, last: int) -> bool:
        """Whether slices ``first`` … ``last`` - 1 are there."""
        return bool(self._have[first:last].all())

    def missing(self, first: int, last: int, at_most: int) -> list[tuple[int, int]]:
        """Give what is missing of ``first`` … ``last`` - 1: runs (from, up to) of ``at_most`` slices each."""
        lack = np.concatenate([[False], ~self._have[first:last], [False]])
        edges = (np.flatnonzero(lack[1:] != lack[:-1]) + first).tolist()
        runs = zip(edges[::2], edges[1::2], strict=True)
        return [piece for begin, end in runs for piece in pairwise([*range(begin, end, at_most), end])]

    def put(self, first: int, part: Array) -> None:
        """Keep the slices of ``part`` as number ``first`` and following."""
        count = depth_of(part)
        with self._lock:
            if count == self.depth:
                self._volume = part
                self._singles.clear()
            elif count == 1 and self._volume is None:
                self._singles[first] = part if part.base is None else part.copy()  # a view would keep all of its base
            else:
                self._in_volume(part)[_along(part, first, first + count)] = part
            self._have[first : first + count] = True

    def get(self, first: int, last: int) -> Array:
        """Give slices ``first`` … ``last`` - 1, which must be there."""
        with self._lock:
            if self._volume is None and last - first == 1:
                return self._singles[first]
            volume = self._in_volume(next(iter(self._singles.values()))) if self._volume is None else self._volume
        return volume[_along(volume, first, last)]

    def _in_volume(self, like: Array) -> Array:
        """Give the volume, made at first need; the single slices move there."""
        if self._volume is None:
            shape = list(like.shape)
            shape[_axis(like)] = self.depth
            self._volume = np.empty(shape, dtype=like.dtype)
            for z, part in self._singles.items():
                self._volume[_along(part, z, z + 1)] = part
            self._singles.clear()
        return self._volume


def cut(array: Array, first: int, last: int) -> Array:
    """Give slices ``first`` … ``last`` - 1 of a soft map (C, Z, Y, X) or a label map (Z, Y, X), as a view."""
    return array[_along(array, first, last)]


def depth_of(array: Array) -> int:
    """Give the number of slices of a soft map (C, Z, Y, X) or a label map (Z, Y, X)."""
    return int(array.shape[_axis(array)])


def _axis(array: Array) -> int:
    return 1 if array.ndim == 4 else 0


def _along(array: Array, first: int, last: int) -> tuple[slice, ...]:
    """Give the index of slices ``first`` … ``last`` - 1."""
    return (slice(None),) * _axis(array) + (slice(first, last),)
