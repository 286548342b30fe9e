"""A disk that fails at the n-th write-like call, once or from then on."""

from __future__ import annotations

import builtins
import errno
import io
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

_CALLS = ("write", "fsync", "replace", "rename", "mkdir", "unlink", "rmdir", "chmod", "ftruncate", "link")
_FREES = {"unlink", "rmdir", "ftruncate"}
"""What a full disk still allows."""


class FaultyDisk:
    """Counts write-like calls and lets one fail.

    Attributes:
        calls: names of the calls so far.
        failed: whether one has failed.
    """

    def __init__(self, nth: int, code: int, *, lasting: bool) -> None:
        self.calls: list[str] = []
        self.failed = False
        self._nth, self._code, self._lasting = nth, code, lasting

    def check(self, name: str) -> None:
        """Count a call, and fail if it is its turn."""
        self.calls.append(name)
        here = len(self.calls)
        if here == self._nth or (self._lasting and here > self._nth):
            if self._code == errno.ENOSPC and name in _FREES:
                return
            self.failed = True
            raise OSError(self._code, os.strerror(self._code))

    @contextmanager
    def at_work(self) -> Iterator[FaultyDisk]:
        """Let the calls of this process fail from here on."""
        with pytest.MonkeyPatch.context() as patch:
            for name in _CALLS:
                patch.setattr(os, name, self._counted(name, getattr(os, name)))
            patch.setattr(os, "open", self._opened(os.open))
            patched = self._file(io.open)
            patch.setattr(io, "open", patched)
            patch.setattr(builtins, "open", patched)
            yield self

    def _counted(self, name: str, real: Callable[..., Any]) -> Callable[..., Any]:
        def call(*arguments: Any, **more: Any) -> Any:
            self.check(name)
            return real(*arguments, **more)

        return call

    def _opened(self, real: Callable[..., int]) -> Callable[..., int]:
        def call(path: Any, flags: int, *arguments: Any, **more: Any) -> int:
            if flags & (os.O_WRONLY | os.O_RDWR | os.O_CREAT):
                self.check("open")
            return real(path, flags, *arguments, **more)

        return call

    def _file(self, real: Callable[..., Any]) -> Callable[..., Any]:
        def call(file: Any, mode: str = "r", *arguments: Any, **more: Any) -> Any:
            if not set(mode) & set("wax+"):
                return real(file, mode, *arguments, **more)
            self.check("open file")
            return _File(real(file, mode, *arguments, **more), self)

        return call


class _File:
    """A file whose writes are counted."""

    def __init__(self, real: Any, disk: FaultyDisk) -> None:
        self._real, self._disk = real, disk

    def write(self, content: Any) -> Any:
        self._disk.check("write to file")
        return self._real.write(content)

    def __enter__(self) -> _File:
        return self

    def __exit__(self, *_: object) -> None:
        self._real.close()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._real, name)
