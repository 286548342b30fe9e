"""Atomic writes: a file is either the old one or the whole new one, never a part."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import platform
import shutil
import tempfile
import time
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psutil
import yaml

from napari_wsss.errors import InputError, ProjectError

_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
"""Both read plain data only; the one written in C, which not every build of PyYAML has, is ten times faster."""


_WRITING = ".writing-"
"""Begins the name of a file that is being written; the number of the writing process and its machine follow."""
_HERE = f"{zlib.crc32(platform.node().encode()):08x}"
_DAY = 86_400.0


@contextmanager
def atomic_path(path: Path, *, flush: bool = True) -> Iterator[Path]:
    """Give a temporary path beside ``path``; on leaving, flush it to disk and rename it over ``path``.

    The temporary name keeps every suffix of ``path`` (writers choose the format by it). After an error the
    temporary file is removed and ``path`` stays as it was. Without ``flush`` the file outlives the program, not a
    power cut; the caller flushes it afterwards.

    Raises:
        ProjectError: the folder cannot be written (full, read-only, no permission).
    """
    path = Path(path)
    prefix = f"{_WRITING}{os.getpid()}@{_HERE}-"
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(prefix=prefix, suffix="".join(path.suffixes), dir=path.parent)
    except OSError as error:
        raise cannot_write(path, error) from error
    os.close(handle)
    temporary = Path(name)
    try:
        yield temporary
        if flush:
            with temporary.open("rb+") as file:
                os.fsync(file.fileno())
        temporary.chmod(0o666 & ~_umask())
        temporary.replace(path)
    except OSError as error:
        raise cannot_write(path, error) from error
    finally:
        with contextlib.suppress(OSError):  # swept up at the next opening
            temporary.unlink(missing_ok=True)
    if flush:
        flush_folder(path.parent)


def sweep(folder: Path) -> list[Path]:
    """Remove the temporary files below ``folder`` of writers that died in the middle; gives what was removed.

    A file is left where its writer may still be alive, or where it cannot be removed.
    """
    removed = []
    for parent, _, names in os.walk(folder):
        for path in (Path(parent, name) for name in names if name.startswith(_WRITING)):
            with contextlib.suppress(OSError):
                if _is_left_over(path):
                    path.unlink()
                    removed.append(path)
    return removed


def _is_left_over(path: Path) -> bool:
    """Whether the writer of a temporary file is dead: its number is free, or was given to a later process.

    Of one on another machine nobody here can say; after a day it counts as dead.
    """
    number, _, machine = path.name.removeprefix(_WRITING).partition("-")[0].partition("@")
    written = path.stat().st_mtime
    if not number.isdigit() or machine not in ("", _HERE):
        return time.time() - written > _DAY
    try:
        return bool(psutil.Process(int(number)).create_time() > written + 1)
    except psutil.NoSuchProcess:
        return True
    except psutil.Error:
        return False


def share_file(source: Path, target: Path) -> None:
    """Put the file ``source`` at ``target`` too, atomically; without taking space again where the disk allows it.

    Whoever writes either of them with the functions of this module replaces it and leaves the other as it is.

    Raises:
        ProjectError: as :func:`atomic_path`.
    """
    with atomic_path(target) as temporary:
        temporary.unlink()
        try:
            os.link(source, temporary)
        except OSError:
            shutil.copyfile(source, temporary)


def write_bytes(path: Path, content: bytes) -> None:
    """Write ``content`` to ``path`` atomically. Raises ProjectError as :func:`atomic_path`."""
    with atomic_path(path) as temporary:
        temporary.write_bytes(content)


def write_text(path: Path, text: str) -> None:
    """Write UTF-8 ``text`` to ``path`` atomically. Raises ProjectError as :func:`atomic_path`."""
    write_bytes(path, text.encode())


def write_json(path: Path, data: Any) -> None:  # noqa: ANN401 (any JSON value)
    """Write ``data`` as JSON, one key a line, atomically."""
    write_text(path, json.dumps(data, indent=1) + "\n")


def write_yaml(path: Path, data: Any) -> None:  # noqa: ANN401 (any YAML value)
    """Write ``data`` as YAML in the order given, atomically."""
    write_text(path, yaml.safe_dump(data, sort_keys=False, allow_unicode=True))


def read_yaml(path: Path) -> Any:  # noqa: ANN401 (any YAML value)
    """Read YAML safely.

    Raises:
        InputError: the file is missing, unreadable or no YAML.
    """
    try:
        return yaml.load(Path(path).read_text(encoding="utf-8"), Loader=_LOADER)  # noqa: S506 (safe, see _LOADER)
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        reason = " ".join(str(error).split())
        raise InputError(f"{path}: cannot be read as YAML ({reason}).") from error


def digest(*parts: bytes | str) -> str:
    """Give the SHA-256 of the parts, 64 hexadecimal digits; the split into parts counts."""
    sha = hashlib.sha256()
    for part in parts:
        raw = part.encode() if isinstance(part, str) else part
        sha.update(len(raw).to_bytes(8, "little"))
        sha.update(raw)
    return sha.hexdigest()


def file_digest(path: Path) -> str:
    """Give the SHA-256 of a file's content."""
    with Path(path).open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def flush_folder(folder: Path) -> None:
    """Make a rename outlive a power cut, where the system lets a folder be flushed."""
    with contextlib.suppress(OSError):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask


def cannot_write(path: Path, error: OSError) -> ProjectError:
    """Give the error that tells a person why ``path`` was not written."""
    return ProjectError(
        f"{path}: cannot be written ({error.strerror or error}). Nothing saved before was changed; "
        "free space or give this folder write permission, then try again."
    )
