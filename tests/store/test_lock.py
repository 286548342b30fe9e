"""The writer lock: one at a time, gone with its holder."""

from __future__ import annotations

import errno
import json
import os
import platform
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from napari_wsss.store.lock import LockedError, WriterLock, holder

HOLD = (
    "import sys, napari_wsss.store.lock as l; k = l.WriterLock(l.Path(sys.argv[1])); print('held', flush=True); input()"
)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / ".lock"


def test_one_writer_at_a_time(path: Path) -> None:
    lock = WriterLock(path)
    with pytest.raises(LockedError, match=f"open for writing elsewhere by process {os.getpid()} on .* since"):
        WriterLock(path)
    lock.release()
    lock.release()
    assert holder(path) == {}
    WriterLock(path).release()


def test_a_lock_held_by_another_process_is_freed_when_it_crashes(path: Path) -> None:
    process = subprocess.Popen([sys.executable, "-c", HOLD, path], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert process.stdin
    assert process.stdout
    try:
        assert process.stdout.readline() == b"held\n"
        with pytest.raises(LockedError, match=f"by process {process.pid} "):
            WriterLock(path)
    finally:
        process.kill()
        process.wait()
        process.stdin.close()
        process.stdout.close()
    assert holder(path)["process"] == process.pid  # it had no time to clear up
    lock = WriterLock(path)
    assert holder(path)["process"] == os.getpid()
    lock.release()


def test_the_holder_is_known_even_if_the_file_is_nonsense(path: Path) -> None:
    lock = WriterLock(path)
    path.write_text("[1, 2")
    with pytest.raises(LockedError, match=r"open for writing elsewhere\. Close it there"):
        WriterLock(path)
    lock.release()


def without_locks(monkeypatch: pytest.MonkeyPatch) -> None:
    def unsupported(_: int) -> None:
        raise OSError(errno.ENOLCK, os.strerror(errno.ENOLCK))

    monkeypatch.setattr("napari_wsss.store.lock._lock", unsupported)


@pytest.mark.parametrize(
    ("who", "free"),
    [
        ({}, True),
        ({"process": os.getpid(), "host": platform.node(), "started": psutil.Process().create_time()}, False),
        ({"process": os.getpid(), "host": platform.node(), "started": 1.0}, True),  # the number was given anew
        ({"process": os.getpid(), "host": platform.node()}, True),
        ({"process": 1, "host": platform.node() + "-other", "started": 1.0}, False),
    ],
)
def test_a_drive_without_locks_goes_by_the_holder_named(
    path: Path, monkeypatch: pytest.MonkeyPatch, who: dict[str, object], free: bool
) -> None:
    without_locks(monkeypatch)
    path.write_text(json.dumps(who))
    if free:
        WriterLock(path).release()
    else:
        with pytest.raises(LockedError, match="open for writing elsewhere"):
            WriterLock(path)


def test_a_holder_that_is_dead_gives_way_on_a_drive_without_locks(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    without_locks(monkeypatch)
    process = subprocess.Popen([sys.executable, "-c", ""])
    process.wait()
    path.write_text(json.dumps({"process": process.pid, "host": platform.node(), "started": 5.0}))
    WriterLock(path).release()


def test_a_folder_without_write_permission_says_so(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def denied(*_: object) -> int:
        raise OSError(errno.EACCES, os.strerror(errno.EACCES))

    monkeypatch.setattr("napari_wsss.store.lock.os.open", denied)
    with pytest.raises(LockedError, match=r"cannot be written \(Permission denied\)"):
        WriterLock(path)


def test_a_full_disk_still_locks(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> int:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr("napari_wsss.store.lock.os.write", full)
    lock = WriterLock(path)
    with pytest.raises(LockedError):
        WriterLock(path)
    lock.release()
