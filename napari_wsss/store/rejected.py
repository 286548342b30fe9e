"""Rejected cases: looked at, and no proposal was good enough."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from napari_wsss import files
from napari_wsss.store.provenance import now
from napari_wsss.store.shelf import plain_name, remove


class Rejections:
    """``rejected/<case id>.yaml`` with the reason, who gave it, and the time.

    Attributes:
        folder: made at the first rejection.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def __contains__(self, case_id: str) -> bool:
        return self._path(case_id).is_file()

    def case_ids(self) -> set[str]:
        """Give the rejected cases."""
        return {path.stem for path in self.folder.glob("*.yaml") if not path.name.startswith(".")}

    def add(self, case_id: str, reason: str, by: str = "") -> None:
        """Reject a case; ``by`` whom, if that is known. Raises ProjectError when the folder cannot be written."""
        files.write_yaml(self._path(case_id), {"reason": reason, "by": by, "time": now()})

    def reason(self, case_id: str) -> str | None:
        """Give why a case was rejected ("" when nothing was said), None when it was not.

        Raises:
            InputError: the file is damaged.
        """
        facts = self.facts(case_id)
        return None if facts is None else str(facts.get("reason", ""))

    def facts(self, case_id: str) -> dict[str, Any] | None:
        """Give reason, who gave it (by) and time, None where the case is not rejected. Raises as :meth:`reason`."""
        if case_id not in self:
            return None
        facts = files.read_yaml(self._path(case_id))
        return facts if isinstance(facts, dict) else {}

    def written(self, case_id: str) -> float:
        """Give when a case was rejected, in seconds since 1970; 0 where it is not."""
        try:
            return self._path(case_id).stat().st_mtime
        except OSError:
            return 0.0

    def remove(self, case_id: str) -> None:
        """Take a rejection back; nothing happens where there is none."""
        remove(self._path(case_id))

    def _path(self, case_id: str) -> Path:
        return self.folder / f"{plain_name(case_id)}.yaml"
