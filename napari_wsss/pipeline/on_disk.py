"""Arrays that stay on the disk: what is asked for is read, and nothing is held."""

from __future__ import annotations

import os
from dataclasses import dataclass
from io import FileIO
from pathlib import Path
from typing import Any, Literal, Self

import numpy as np

from napari_wsss.errors import ProjectError
from napari_wsss.types import Array

Place = tuple[slice, ...]


@dataclass(frozen=True)
class OnDisk:
    """An array in a .npy file, opened for each reading and closed at once.

    A memory-mapped array that is held counts, page by page as it is read, towards the memory of the process, and holds
    a file open; a cohort's would fill the one and run out of the other.

    Attributes:
        path: the file.
        shape: of the array.
        dtype: likewise.
    """

    path: Path
    shape: tuple[int, ...]
    dtype: np.dtype[Any]
    _start: int
    _order: Literal["C", "F"]
    _written: tuple[int, int]

    @classmethod
    def of(cls, path: Path) -> Self:
        """Take a file. Raises ProjectError when it cannot be read."""
        try:
            found = np.load(path, mmap_mode="r")
            order: Literal["C", "F"] = "C" if found.flags.c_contiguous else "F"
            return cls(path, found.shape, found.dtype, int(found.offset), order, _stamp(path.stat()))
        except (OSError, ValueError) as error:
            raise ProjectError(f"{path}: cannot be read ({error}). Run the stage before this one again.") from error

    def __len__(self) -> int:
        return self.shape[0]

    def __getitem__(self, place: int | np.integer[Any] | slice | Place) -> Array:
        """Read a piece, a copy of its own.

        Raises:
            ProjectError: the file is gone, or another array has taken its place.
        """
        try:
            with FileIO(self.path) as file:
                if _stamp(os.fstat(file.fileno())) != self._written:
                    raise ProjectError(f"{self.path}: was made anew meanwhile. Start again what was under way.")
                if isinstance(place, int | np.integer) and self._order == "C":
                    return self._entry(file, range(len(self))[place])
                return self._piece(file, place)
        except OSError as error:
            raise ProjectError(f"{self.path}: is gone ({error}). Start again what was under way.") from error

    def __array__(self, dtype: np.dtype[Any] | None = None, copy: bool | None = None) -> Array:
        return np.asarray(self[:], dtype=dtype)

    def part(self, place: Place) -> Part:
        """Give a piece that is not read yet."""
        return Part(self, place)

    def _entry(self, file: FileIO, number: int) -> Array:
        """Read one entry of the first axis: the quick way, for slices of a stack."""
        found = np.empty(self.shape[1:], self.dtype)
        file.seek(self._start + number * found.nbytes)
        if file.readinto(found.data.cast("B")) != found.nbytes:
            raise ProjectError(f"{self.path}: is cut short. Run the stage before this one again.")
        return found

    def _piece(self, file: FileIO, place: int | np.integer[Any] | slice | Place) -> Array:
        mapped = np.memmap(
            file, self.dtype, "r", self._start, self.shape, self._order
        )  # let go as soon as it is copied
        return np.array(mapped[place])


@dataclass(frozen=True)
class Part:
    """A piece of an array on the disk.

    Attributes:
        whole: the array.
        place: where in it the piece lies.
    """

    whole: OnDisk
    place: Place

    @property
    def shape(self) -> tuple[int, ...]:
        """Of the piece."""
        along = list(self.place) + [slice(None)] * (len(self.whole.shape) - len(self.place))
        return tuple(len(range(*one.indices(size))) for one, size in zip(along, self.whole.shape, strict=True))

    def __array__(self, dtype: np.dtype[Any] | None = None, copy: bool | None = None) -> Array:
        return np.asarray(self.whole[self.place], dtype=dtype)


def _stamp(found: os.stat_result) -> tuple[int, int]:
    return found.st_mtime_ns, found.st_size
