"""Masks that took long, kept on disk by key, so that a case opened again shows its proposal at once."""

from __future__ import annotations

import gzip
import os
import zlib
from contextlib import suppress
from pathlib import Path

import numpy as np

from napari_wsss.errors import ProjectError
from napari_wsss.files import atomic_path
from napari_wsss.types import LabelMap

_SUFFIX = ".npy.gz"


class KeptMasks:
    """Label maps by key, one compressed file each; the longest unused go first.

    A key stands for all that a mask depends on, so what is found is never out of date. A file that was cut short or
    changed fails its checksum: it is removed, and the mask is computed anew.

    Args:
        folder: made at the first write; may be deleted at any time.
        limit: bytes on disk at most.
        writable: False to look only.
    """

    def __init__(self, folder: Path, limit: int = 1 << 28, *, writable: bool = True) -> None:
        self.folder = folder
        self.limit = limit
        self.writable = writable

    def __contains__(self, key: str) -> bool:
        return self._path(key).is_file()

    def find(self, key: str) -> LabelMap | None:
        """Give the mask (Z, Y, X) kept under ``key``, or None."""
        path = self._path(key)
        try:
            with gzip.open(path) as file:
                mask: LabelMap = np.load(file, allow_pickle=False)
                file.read()  # to the end, where the checksum is
        except FileNotFoundError:
            return None
        except (OSError, EOFError, ValueError, zlib.error):
            self._drop(path)
            return None
        if self.writable:
            with suppress(OSError):
                os.utime(path)
        return mask

    def keep(self, key: str, mask: LabelMap) -> None:
        """Keep a mask. A disk that is full or refuses to be written is no fault: the mask can be computed again."""
        if not self.writable:
            return
        with suppress(ProjectError, OSError):  # OSError: the folder was emptied meanwhile
            with atomic_path(self._path(key)) as temporary, gzip.open(temporary, "wb", compresslevel=1) as file:
                np.save(file, mask, allow_pickle=False)
            self._prune()

    def _prune(self) -> None:
        files = [(path.stat(), path) for path in self.folder.glob(f"[!.]*{_SUFFIX}")]
        total = sum(stat.st_size for stat, _ in files)
        for stat, path in sorted(files, key=lambda item: item[0].st_mtime_ns):
            if total <= self.limit:
                return
            self._drop(path)
            total -= stat.st_size

    def _drop(self, path: Path) -> None:
        if self.writable:
            with suppress(OSError):
                path.unlink()

    def _path(self, key: str) -> Path:
        return self.folder / f"{key}{_SUFFIX}"
