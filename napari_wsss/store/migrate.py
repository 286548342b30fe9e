"""Projects of earlier versions: brought to the present schema at the first write, after a backup."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from napari_wsss import files
from napari_wsss.store.pseudonyms import draw_pseudonyms


def migrated(data: Mapping[str, Any], schema: int) -> dict[str, Any]:
    """Give a manifest of ``schema`` as the present version reads it; nothing is written.

    Raises:
        KeyError, TypeError: it is damaged.
    """
    made = dict(data)
    if schema < 2:
        made["pseudonyms"] = draw_pseudonyms({case["id"]: case["patient"] for case in data["cases"]})
    return made


def back_up(folder: Path, schema: int, names: Iterable[str]) -> Path:
    """Copy files of a project to ``backups/schema-<schema>-<time>/`` before they are brought to the present schema.

    Args:
        folder: the project folder.
        schema: they are of.
        names: of the files; one that is not there is left out.

    Returns:
        Where the copies are.

    Raises:
        ProjectError: they cannot be written.
    """
    copies = folder / "backups" / f"schema-{schema}-{datetime.now(UTC):%Y%m%dT%H%M%SZ}"
    for name in names:
        path = folder / name
        if path.is_file():
            files.write_bytes(copies / name, path.read_bytes())
    return copies
