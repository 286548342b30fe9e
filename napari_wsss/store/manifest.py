"""The manifest, ``project.json``: name, classes, cases and settings of a project."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from napari_wsss import files
from napari_wsss.data.cohort import Case
from napari_wsss.errors import ProjectError
from napari_wsss.store.migrate import migrated
from napari_wsss.store.provenance import plain
from napari_wsss.version import __version__

SCHEMA = 2
"""Raised when an older program could no longer read what this one writes, or would lose a part of it."""

FILE_NAME = "project.json"


@dataclass
class Manifest:
    """What ``project.json`` holds.

    Attributes:
        name: of the project, as shown.
        created: UTC, ISO 8601.
        classes: lesion classes in the order of their index; label value c + 1 of every mask means class c.
        cases: case id → case, in the order of the cohort.
        settings: recipe name, overrides and the like; any JSON value.
        pseudonyms: case id → the name it bears outside the project, see :mod:`napari_wsss.store.pseudonyms`.
        schema: of the file it was read from; the present one is written.
    """

    name: str
    created: str
    classes: tuple[str, ...]
    cases: dict[str, Case]
    settings: dict[str, Any]
    pseudonyms: dict[str, str]
    schema: int = SCHEMA


def write_manifest(folder: Path, manifest: Manifest) -> None:
    """Write the manifest atomically.

    Paths inside the project folder are stored relative to it, so that the folder may be moved as a whole.

    Raises:
        ProjectError: the folder cannot be written.
    """
    data = {
        "schema": SCHEMA,
        "written_by": f"napari-wsss {__version__}",
        "name": manifest.name,
        "created": manifest.created,
        "classes": list(manifest.classes),
        "settings": plain(manifest.settings),
        "pseudonyms": manifest.pseudonyms,
        "cases": [_case_to_json(case, folder) for case in manifest.cases.values()],
    }
    files.write_json(folder / FILE_NAME, data)


def read_manifest(folder: Path) -> Manifest:
    """Read the manifest; the scans themselves are not touched.

    Raises:
        ProjectError: there is none, it is damaged, or a newer version wrote it.
    """
    path = folder / FILE_NAME
    data = _read_json(path)
    schema = data.get("schema")
    if not isinstance(schema, int) or schema < 1:
        raise _damaged(path, f"schema {schema!r}")
    if schema > SCHEMA:
        raise ProjectError(
            f"{path}: was written by a newer version ({data.get('written_by', 'unknown')}, schema {schema}); "
            f"this one, {__version__}, reads schema {SCHEMA} and older. Update napari-wsss. Nothing was changed."
        )
    try:
        data = migrated(data, schema)
        cases = [_case_from_json(item, folder) for item in data["cases"]]
        manifest = Manifest(
            name=str(data["name"]),
            created=str(data["created"]),
            classes=tuple(str(name) for name in data["classes"]),
            cases={case.id: case for case in cases},
            settings=dict(data["settings"]),
            pseudonyms={str(case_id): str(name) for case_id, name in data["pseudonyms"].items()},
            schema=schema,
        )
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        reason = f"no {error}" if isinstance(error, KeyError) else str(error)
        raise _damaged(path, reason) from error
    if len(manifest.cases) != len(cases):
        raise _damaged(path, "a case is there twice")
    return manifest


def _read_json(path: Path) -> dict[str, Any]:
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
    except (FileNotFoundError, NotADirectoryError) as error:
        raise ProjectError(
            f"{path.parent}: is no project ({FILE_NAME} is missing). Give a project folder, or make one with "
            "'napari-wsss init'."
        ) from error
    except OSError as error:
        raise ProjectError(f"{path}: cannot be read ({error.strerror or error}).") from error
    except ValueError as error:  # no JSON, or no UTF-8
        raise _damaged(path, str(error)) from error
    if not isinstance(data, dict):
        raise _damaged(path, "no JSON object")
    return data


def _damaged(path: Path, reason: str) -> ProjectError:
    return ProjectError(
        f"{path}: the manifest is damaged ({reason}). Put back a copy of this file; labels, masks and models beside it "
        "are untouched."
    )


def _case_to_json(case: Case, folder: Path) -> dict[str, Any]:
    data = case.to_json()
    data["channels"] = {name: _relative(path, folder) for name, path in case.channels.items()}
    data["reference"] = None if case.reference is None else _relative(case.reference, folder)
    return data


def _case_from_json(data: Mapping[str, Any], folder: Path) -> Case:
    case = Case.from_json(data)
    # Joining leaves an absolute path as it is.
    channels = {name: folder / path for name, path in case.channels.items()}
    return case.replace(channels=channels, reference=None if case.reference is None else folder / case.reference)


def _relative(path: Path, folder: Path) -> str:
    """Give the path below ``folder`` where it lies there, also through a link; else the path as it is."""
    for inside, base in ((path, folder), (path.resolve(), folder.resolve())):
        if inside.is_relative_to(base):
            return inside.relative_to(base).as_posix()
    return path.as_posix()
