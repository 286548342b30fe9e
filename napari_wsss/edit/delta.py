"""Delta: the voxels that a change of a mask touched, what they were and what they became."""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from typing import Self

import numpy as np
import numpy.typing as npt

from napari_wsss.errors import InputError
from napari_wsss.types import LabelMap

Box = tuple[slice, slice, slice]
"""A part of a volume, along Z, Y, X."""

_WIDTH = np.dtype("<u4").itemsize + 2
"""Bytes of a voxel: its place, and its value before and after."""

_PART = 2**16
"""Voxels worked on at a time."""


@dataclass(frozen=True, eq=False)
class Delta:
    """A change of a label map (Z, Y, X).

    Attributes:
        where: (N,) uint32, flat indices (C order) of the voxels that changed, ascending.
        before: (N,) uint8, their values before.
        after: (N,) uint8, their values after.
    """

    where: npt.NDArray[np.uint32]
    before: LabelMap
    after: LabelMap

    @classmethod
    def between(cls, before: LabelMap, after: LabelMap, box: Box | None = None) -> Self:
        """Give what changed from ``before`` to ``after``, both (Z, Y, X); ``box`` says where to look, if it is known.

        Raises:
            InputError: the two have different shapes.
        """
        if before.shape != after.shape:
            raise InputError(f"mask of shape {after.shape}, but {before.shape} (Z, Y, X) was expected.")
        if box is None:
            return cls._between_all(before.reshape(-1), after.reshape(-1))
        differing = before[box] != after[box]
        inside = np.nonzero(differing)
        starts = [part.indices(size)[0] for part, size in zip(box, before.shape, strict=True)]
        places = tuple(index + start for index, start in zip(inside, starts, strict=True))
        where = np.ravel_multi_index(places, before.shape).astype(np.uint32)
        return cls(where, before[box][differing], after[box][differing])

    @classmethod
    def _between_all(cls, before: LabelMap, after: LabelMap) -> Self:
        """Give what changed between two masks laid flat; part by part, so that no thread waits for long."""
        found = [
            np.flatnonzero(before[start : start + _PART] != after[start : start + _PART]) + start
            for start in range(0, len(before), _PART)
        ]
        where = np.concatenate(found) if found else np.zeros(0, np.intp)
        return cls(where.astype(np.uint32), before[where], after[where])

    def __len__(self) -> int:
        """Count the voxels changed."""
        return len(self.where)

    @property
    def nbytes(self) -> int:
        """Memory it takes, in bytes."""
        return len(self) * _WIDTH

    def apply(self, mask: LabelMap) -> None:
        """Make the change in ``mask`` (Z, Y, X), in place."""
        self._write(self.after, mask)

    def revert(self, mask: LabelMap) -> None:
        """Take the change back in ``mask`` (Z, Y, X), in place."""
        self._write(self.before, mask)

    def _write(self, values: LabelMap, mask: LabelMap) -> None:
        """Write ``values`` where it changed; in parts, whose indices numpy makes in the processor's cache."""
        if not mask.flags.c_contiguous:
            np.put(mask, self.where, values)
            return
        flat = mask.reshape(-1)
        for start in range(0, len(self), _PART):
            part = slice(start, start + _PART)
            flat[self.where[part].astype(np.intp)] = values[part]

    def slices(self, shape: tuple[int, ...]) -> list[int]:
        """Give the slices touched, 0 … Z - 1, of a mask of ``shape`` (Z, Y, X), ascending."""
        starts = np.arange(shape[0] + 1, dtype=np.uint32) * np.uint32(shape[1] * shape[2])
        places = np.searchsorted(self.where, starts)  # ascending: no voxel has to be looked at
        found: list[int] = np.flatnonzero(places[1:] > places[:-1]).tolist()
        return found

    def to_bytes(self) -> bytes:
        """Give it compressed, as :meth:`from_bytes` reads it."""
        packer, last, found = zlib.compressobj(1), np.uint32(0), []
        for start in range(0, len(self), _PART):  # in parts, so that no thread waits for long
            part = self.where[start : start + _PART]
            steps = np.diff(part, prepend=last).astype("<u4")  # mostly 1: packs to almost nothing
            found.append(packer.compress(steps.data))
            last = part[-1]
        found += [packer.compress(np.ascontiguousarray(values).data) for values in (self.before, self.after)]
        return b"".join([*found, packer.flush()])

    @classmethod
    def from_bytes(cls, content: bytes) -> Self:
        """Rebuild from :meth:`to_bytes`.

        Raises:
            InputError: the content is damaged.
        """
        try:
            raw = zlib.decompress(content)
        except zlib.error as error:
            raise InputError(f"a recorded edit is damaged ({error}).") from error
        count, rest = divmod(len(raw), _WIDTH)
        if rest:
            raise InputError(f"a recorded edit is damaged ({len(raw)} bytes, a multiple of {_WIDTH} was expected).")
        where = np.cumsum(np.frombuffer(raw, "<u4", count), dtype=np.uint32)
        before = np.frombuffer(raw, np.uint8, count, 4 * count)
        return cls(where, before, np.frombuffer(raw, np.uint8, count, 5 * count))
