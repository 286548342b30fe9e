"""Shelf: a folder of masks, one a case, each with its provenance beside it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from napari_wsss import files
from napari_wsss.data.cohort import Case
from napari_wsss.data.masks import read_mask, source_header, write_mask
from napari_wsss.errors import InputError, ProjectError
from napari_wsss.store.provenance import plain
from napari_wsss.types import LabelMap

_SUFFIX = ".nii.gz"
_DIGEST = "mask_sha256"


class Shelf:
    """``<folder>/<case id>.nii.gz`` with ``<case id>.yaml``.

    Attributes:
        folder: made at the first write.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def path(self, case_id: str) -> Path:
        """Give where the mask of a case lies, whether there is one or not."""
        return self.folder / f"{plain_name(case_id)}{_SUFFIX}"

    def provenance_path(self, case_id: str) -> Path:
        """Give where the provenance of a case's mask lies, whether there is one or not."""
        return self.folder / f"{plain_name(case_id)}.yaml"

    def __contains__(self, case_id: str) -> bool:
        return self.path(case_id).is_file()

    def case_ids(self) -> set[str]:
        """Give the cases that have a mask here."""
        if not self.folder.is_dir():
            return set()
        names = (path.name for path in self.folder.iterdir())
        return {name.removesuffix(_SUFFIX) for name in names if name.endswith(_SUFFIX) and not name.startswith(".")}

    def write(self, case: Case, mask: LabelMap, provenance: Mapping[str, Any]) -> Path:
        """Write a mask and its provenance; after an error both are what they were before.

        Args:
            case: whose mask it is; grid and NIfTI header are taken from it.
            mask: (Z, Y, X), 0 background, c + 1 class c.
            provenance: anything YAML can hold after :func:`~napari_wsss.store.provenance.plain`.

        Raises:
            ProjectError: the folder cannot be written.
            InputError: the mask has another shape than the case.
        """
        path, told, facts = self.path(case.id), self.provenance_path(case.id), plain(provenance)
        # A mask without a description counts as accepted whole, so that the first mask comes after its description.
        first, last = (path, told) if path.is_file() else (told, path)
        before = first.read_bytes() if first.is_file() else None
        replaced = False
        try:
            with files.atomic_path(last) as later:
                with files.atomic_path(first) as sooner:
                    temporary, description = (sooner, later) if first == path else (later, sooner)
                    write_mask(mask, case.geometry, temporary, _header(case))
                    facts[_DIGEST] = files.file_digest(temporary)
                    description.write_text(yaml.safe_dump(facts, sort_keys=False, allow_unicode=True), encoding="utf-8")
                replaced = True
        except ProjectError:
            if replaced:  # the first went through, the other did not: put the old one back
                _restore(first, before)
            raise
        return path

    def read(self, case_id: str) -> LabelMap | None:
        """Give the mask of a case, (Z, Y, X), None where there is none.

        Raises:
            InputError: the file is damaged.
        """
        return read_mask(self.path(case_id))[0] if case_id in self else None

    def provenance(self, case_id: str) -> dict[str, Any]:
        """Give how the mask of a case was made; empty where nothing is written beside it.

        Raises:
            InputError: the file is damaged.
        """
        path = self.provenance_path(case_id)
        if not path.is_file():
            return {}
        facts = files.read_yaml(path)
        if not isinstance(facts, dict):
            raise InputError(f"{path}: is no provenance (a mapping was expected). Make this mask anew.")
        return facts

    def key(self, case_id: str) -> str | None:
        """Give the cache key a mask was made under; None where there is no mask or it is not the one described."""
        if case_id not in self:
            return None
        try:
            facts = self.provenance(case_id)
        except InputError:  # what cannot be read describes nothing: the mask counts as stale and is made anew
            return None
        key = facts.get("key")
        return str(key) if key and facts.get(_DIGEST) == files.file_digest(self.path(case_id)) else None

    def remove(self, case_id: str) -> None:
        """Take the mask of a case and its provenance away; nothing happens where there is none.

        Raises:
            ProjectError: the folder cannot be written.
        """
        remove(self.path(case_id))
        remove(self.provenance_path(case_id))


def remove(path: Path) -> None:
    """Delete a file if it is there.

    Raises:
        ProjectError: the folder cannot be written.
    """
    try:
        path.unlink(missing_ok=True)
    except OSError as error:
        raise ProjectError(f"{path}: cannot be removed ({error.strerror or error}).") from error


def plain_name(name: str) -> str:
    """Give ``name`` back if it can name a file or folder inside the project.

    Raises:
        ProjectError: it is empty or would lead elsewhere.
    """
    if not name or name.startswith(".") or any(mark in name for mark in "/\\\0"):
        raise ProjectError(f"'{name}' cannot name a file in the project: no slashes, no leading dot, not empty.")
    return name


def _header(case: Case) -> Any:  # noqa: ANN401 (nibabel has no types)
    try:
        return source_header(case)
    except InputError:  # the scan was moved away; the manifest still knows its exact grid
        return None


def _restore(path: Path, content: bytes | None) -> None:
    if content is None:
        remove(path)
    else:
        files.write_bytes(path, content)
