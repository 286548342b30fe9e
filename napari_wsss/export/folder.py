"""ExportFolder: where masks go. Everything is written aside and moved in; a file that is not ours is left alone."""

from __future__ import annotations

import json
import shutil
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from napari_wsss import files
from napari_wsss.errors import InputError, ProjectError
from napari_wsss.export.record import WRITTEN_BY

_STAGE = ".writing-export-"
"""Begins the name of the folder in which the files of a case are made."""
_HOUR = 3600.0


class ExportFolder:
    """A folder that an export writes into.

    A file that is there already is replaced only if it is, byte for byte, what an earlier export left of the same scan,
    which is known from the JSON file beside it; or if ``overwrite`` says so.

    Args:
        folder: made at the first write.
        overwrite: replace files whoever wrote them.
    """

    def __init__(self, folder: Path, *, overwrite: bool = False) -> None:
        self.folder = Path(folder)
        self.overwrite = overwrite
        self._put: set[str] = set()

    @contextmanager
    def staged(self) -> Iterator[Path]:
        """Give an empty folder beside the files to be; it is removed in the end.

        Raises:
            ProjectError: the disk is full or read-only; what was there before is untouched.
        """
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            self._sweep()
            stage = Path(tempfile.mkdtemp(prefix=_STAGE, dir=self.folder))
        except OSError as error:
            raise files.cannot_write(self.folder, error) from error
        try:
            yield stage
        except OSError as error:
            raise files.cannot_write(self.folder, error) from error
        except ProjectError as error:
            raise ProjectError(str(error).replace(str(stage), str(self.folder))) from error
        finally:
            shutil.rmtree(stage, ignore_errors=True)

    def put(
        self, stage: Path, record: str | None, facts: Mapping[str, Any], *, spare: Sequence[str] = ()
    ) -> list[Path]:
        """Move what lies in ``stage`` to its place, and write the JSON file that describes it.

        Args:
            stage: as :meth:`staged` gave it.
            record: place of the JSON file; None writes none.
            facts: what it holds, besides the digests of the files.
            spare: files that are left as they are, without an error, where a foreign one is in the way.

        Returns:
            The files moved, without the JSON file.

        Raises:
            InputError: a file is in the way that no export left there, or that an export of another scan wrote.
            ProjectError: the folder cannot be written.
        """
        made = sorted(path for path in stage.rglob("*") if path.is_file())
        new = {path.relative_to(stage).as_posix(): files.file_digest(path) for path in made}
        before = self._before(record)
        known = None if before is None else before.get("files", {})
        if twice := sorted(self._put & set(new)):
            raise InputError(f"{self.folder / twice[0]}: another case of this export has the same name in this format.")
        if before and not self.overwrite and _scan_of(before) != _scan_of(facts):
            raise InputError(
                f"{self.folder / str(record)}: tells of another scan of this name, perhaps of another project. Nothing "
                "was overwritten. Give another folder, or allow overwriting."
            )
        foreign = [place for place in new if self._is_foreign(place, new[place], known)]
        foreign += [record] if record is not None and known is None and not self.overwrite else []
        refused = [place for place in foreign if place not in spare]
        if refused:
            raise InputError(
                f"{self.folder / refused[0]}: is there already and was not left by an export, or was changed since. "
                "Nothing was overwritten. Give another folder, or allow overwriting."
            )
        moved = [self._move(stage, place) for place in new if place not in foreign]
        for parent in {path.parent for path in moved}:
            files.flush_folder(parent)
        self._put |= set(new)
        if record is not None:
            kept = {place: digest for place, digest in (known or {}).items() if (self.folder / place).is_file()}
            digests = kept | {place: digest for place, digest in new.items() if place not in foreign}
            files.write_json(self.folder / record, {**facts, "files": digests})
        return moved

    def _move(self, stage: Path, place: str) -> Path:
        target = self.folder / place
        target.parent.mkdir(parents=True, exist_ok=True)
        (stage / place).replace(target)
        return target

    def _sweep(self) -> None:
        """Remove what exports that were killed have left aside; none takes so long for one case."""
        for left in self.folder.glob(f"{_STAGE}*"):
            if time.time() - left.stat().st_mtime > _HOUR:
                shutil.rmtree(left, ignore_errors=True)

    def _is_foreign(self, place: str, digest: str, known: Mapping[str, str] | None) -> bool:
        target = self.folder / place
        if self.overwrite or not target.exists():
            return False
        if not target.is_file():
            return True
        present = files.file_digest(target)
        return present not in {digest, (known or {}).get(place)}

    def _before(self, record: str | None) -> dict[str, Any] | None:
        """Give the JSON file that an earlier export left, empty where there is none; None where it is not ours."""
        if record is None or not (self.folder / record).exists():
            return {}
        try:
            data = dict(json.loads((self.folder / record).read_text(encoding="utf-8")))
            ours = str(data["written_by"]).startswith(WRITTEN_BY)
            files_left = {str(place): str(digest) for place, digest in data["files"].items()}
        except (OSError, ValueError, KeyError, TypeError, AttributeError):
            return None
        return {**data, "files": files_left} if ours else None


def _scan_of(facts: Mapping[str, Any]) -> Any:  # noqa: ANN401 (any JSON value)
    """Give what tells a scan from any other; None where the facts are of no single scan."""
    scan = facts.get("scan")
    return scan.get("voxels_sha256") if isinstance(scan, Mapping) else None
