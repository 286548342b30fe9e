"""One writer per project: a lock that the operating system drops when its holder dies."""

from __future__ import annotations

import contextlib
import errno
import json
import os
import sys
import weakref
from pathlib import Path
from typing import Any

from napari_wsss.errors import ProjectError
from napari_wsss.store.processes import facts_of, is_here, process_of
from napari_wsss.store.provenance import clock

_TAKEN = (errno.EWOULDBLOCK, errno.EAGAIN, errno.EACCES, errno.EDEADLK)


class LockedError(ProjectError):
    """The project cannot be opened for writing.

    Attributes:
        reason: why, short.
    """

    def __init__(self, folder: Path, reason: str, advice: str) -> None:
        self.reason = reason
        super().__init__(f"{folder}: opened for reading only, because it {reason}. {advice}")


class WriterLock:
    """Holds ``path`` locked until :meth:`release`, the end of the object or of the process.

    The file names the holder (process, machine, since when) for the message to a second opener. It is left in
    place when released: removing it would let two openers lock two different files of the same name.
    """

    left_by: dict[str, Any]
    """The holder before, where it ended without letting go (:func:`holder`); empty where all went well."""

    def __init__(self, path: Path) -> None:
        """Take the lock.

        Raises:
            LockedError: another process holds it, or the folder cannot be written.
        """
        self.path = Path(path)
        try:
            self._handle = os.open(self.path, os.O_RDWR | os.O_CREAT, 0o666)
        except OSError as error:
            reason = f"cannot be written ({error.strerror or error})"
            raise LockedError(path.parent, reason, "Give this folder write permission or free space.") from error
        self._close = weakref.finalize(self, os.close, self._handle)
        try:
            _lock(self._handle)
        except OSError as error:
            # Some network drives know no locks: there the holder's name in the file has to do.
            if error.errno in _TAKEN or _is_alive(holder(self.path)):
                self._close()
                raise _in_use(self.path) from error
        self.left_by = holder(self.path)
        with contextlib.suppress(OSError):  # a full disk: the lock holds, only its holder stays unnamed
            self._write(json.dumps(facts_of()))

    def release(self) -> None:
        """Let go; nothing happens the second time."""
        if self._close.alive:
            with contextlib.suppress(OSError):
                self._write("")
            self._close()

    def _write(self, text: str) -> None:
        os.ftruncate(self._handle, 0)
        os.lseek(self._handle, 0, os.SEEK_SET)
        os.write(self._handle, text.encode())


def holder(path: Path) -> dict[str, Any]:
    """Give process, host, user, started and since of the last holder; empty where the file names none."""
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def _is_alive(who: dict[str, Any]) -> bool:
    """Whether the holder may still be at work; one on another machine always may."""
    return bool(who) and (not is_here(who) or process_of(who) is not None)


def _in_use(path: Path) -> LockedError:
    who = holder(path)
    by = f" by process {who['process']} on {who['host']}" if {"process", "host"} <= set(who) else ""
    by += f" (user {who['user']})" if by and "user" in who else ""
    since = f" since {clock(who['since'])}" if "since" in who else ""
    reason = f"is open for writing elsewhere{by}{since}"
    return LockedError(path.parent, reason, "Close it there and open it again to make changes.")


if sys.platform == "win32":
    import msvcrt

    def _lock(handle: int) -> None:
        # Windows forbids reading locked bytes, so the lock lies far behind the holder's name.
        os.lseek(handle, 1 << 30, os.SEEK_SET)
        msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)
else:
    import fcntl

    def _lock(handle: int) -> None:
        # flock, not lockf: it also keeps out a second opener within the same process.
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
