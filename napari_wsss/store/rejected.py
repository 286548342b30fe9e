"""Rejected cases: looked at, and no proposal was good enough."""

from __future__ import annotations

from pathlib import Path

from napari_wsss import files
from napari_wsss.store.provenance import now
from napari_wsss.store.shelf import plain_name, remove


class Rejections:
    """``rejected/<case id>.yaml`` with the reason and the time.

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

    def add(self, case_id: str, reason: str) -> None:
        """Reject a case. Raises ProjectError when the folder cannot be written."""
        files.write_yaml(self._path(case_id), {"reason": reason, "time": now()})

    def reason(self, case_id: str) -> str | None:
        """Give why a case was rejected ("" when nothing was said), None when it was not.

        Raises:
            InputError: the file is damaged.
        """
        if case_id not in self:
            return None
        facts = files.read_yaml(self._path(case_id))
        return str(facts.get("reason", "")) if isinstance(facts, dict) else ""

    def remove(self, case_id: str) -> None:
        """Take a rejection back; nothing happens where there is none."""
        remove(self._path(case_id))

    def _path(self, case_id: str) -> Path:
        return self.folder / f"{plain_name(case_id)}.yaml"
