"""Label maps kept in a file for as long as a training lasts."""

from __future__ import annotations

import tempfile
import weakref
from collections.abc import Sequence
from io import FileIO
from pathlib import Path
from threading import Lock

import numpy as np
import numpy.typing as npt

from napari_wsss.files import cannot_write
from napari_wsss.types import LabelMap


class MaskFile:
    """Label maps of one shape, as many as there are, in no more memory than one.

    The file has no name: it is gone with this object, also when the process is killed. Several threads may read.

    Args:
        folder: on whose disk it lies; created if missing.

    Raises:
        ProjectError: here and in :meth:`add`: the folder cannot be written.
    """

    def __init__(self, folder: Path) -> None:
        self._folder, self._count, self._lock = folder, 0, Lock()
        self._shape: tuple[int, ...] = ()
        try:
            folder.mkdir(parents=True, exist_ok=True)
            self._file = tempfile.TemporaryFile(dir=folder, buffering=0)  # noqa: SIM115 (closed with this object)
        except OSError as error:
            raise cannot_write(folder, error) from error
        weakref.finalize(self, self._file.close)

    def __len__(self) -> int:
        return self._count

    def add(self, masks: LabelMap) -> npt.NDArray[np.int64]:
        """Append label maps (N, …) uint8 of the shape of those before; give their numbers, (N,)."""
        self._shape = masks.shape[1:]
        try:
            with self._lock:
                self._file.seek(0, 2)
                for mask in masks:  # one at a time: a write may be cut off at 2 GiB
                    _write(self._file, np.ascontiguousarray(mask, dtype=np.uint8))
        except OSError as error:
            raise cannot_write(self._folder, error) from error
        self._count += len(masks)
        return np.arange(self._count - len(masks), self._count)

    def read(self, numbers: Sequence[int] | npt.NDArray[np.int64]) -> LabelMap:
        """Give label maps (N, …) by their numbers; an empty one for a negative number."""
        found = np.zeros((len(numbers), *self._shape), np.uint8)
        for mask, number in zip(found, numbers, strict=True):
            if number >= 0:
                with self._lock:
                    self._file.seek(int(number) * mask.nbytes)
                    self._file.readinto(mask.data.cast("B"))
        return found


def _write(file: FileIO, mask: LabelMap) -> None:
    rest = mask.data.cast("B")
    while rest:
        rest = rest[file.write(rest) :]
