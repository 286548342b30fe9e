"""The JSON file beside an exported mask: what it is, where it lies, how it was made."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import PurePosixPath, PureWindowsPath
from typing import Any

from napari_wsss.export.item import Item
from napari_wsss.notice import NOT_FOR_DIAGNOSIS
from napari_wsss.version import __version__

WRITTEN_BY = "napari-wsss"
_TELLING = ("earlier_version", "mask_sha256", "case", "patient", "journal", "draft")
"""Facts of a mask's provenance that mean nothing outside the project, or name the case."""


def heading() -> dict[str, Any]:
    """Give what every such file begins with."""
    time = datetime.now(UTC).isoformat(timespec="seconds")
    return {"notice": NOT_FOR_DIAGNOSIS, "written_by": f"{WRITTEN_BY} {__version__}", "written": time}


def record_of(item: Item) -> dict[str, Any]:
    """Give what is told about an exported mask."""
    geometry = item.case.geometry
    facts: dict[str, Any] = {
        **heading(),
        "case": item.name,
        "patient": item.patient,
        "set": item.case.subset,
        "what": item.what,
        "labels": {"0": "background", **{str(value): name for value, name in enumerate(item.classes, start=1)}},
        "grid": {
            "shape_zyx": list(geometry.shape),
            "spacing_mm_zyx": list(geometry.spacing),
            "axes_xyz": geometry.axcodes,
            "affine_xyz_to_ras_mm": geometry.affine.tolist(),
        },
        "scan": {"channels": list(item.case.channel_names), "voxels_sha256": item.case.digest},
        "made": told(item),
    }
    if not item.hidden:
        facts["scan"]["files"] = {name: path.name for name, path in item.case.channels.items()}
    return facts | ({"accepted_by": item.by} if item.by else {})


def told(item: Item) -> dict[str, Any]:
    """Give the provenance of a mask without what stays in the project; without names, where they are hidden."""
    made = {key: value for key, value in item.made.items() if key not in _TELLING}
    if not item.hidden:
        return made
    names = {path.name: item.name for path in item.case.channels.values()}
    clean: dict[str, Any] = cleaned(made, names | {item.case.patient: item.patient, item.case.id: item.name})
    return clean


def cleaned(value: Any, names: Mapping[str, str]) -> Any:  # noqa: ANN401 (any JSON value)
    """Give a JSON value without folders, and with ``names`` (as in the project → outside) exchanged in all texts."""
    if isinstance(value, Mapping):
        return {cleaned(key, names): cleaned(item, names) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [cleaned(item, names) for item in value]
    return _plain(value, names) if isinstance(value, str) else value


def _plain(text: str, names: Mapping[str, str]) -> str:
    """Give a text without folders and with the names of the case exchanged."""
    if PurePosixPath(text).is_absolute() or PureWindowsPath(text).is_absolute():
        text = PureWindowsPath(text).name  # knows both kinds of slash
    for name in sorted(names, key=len, reverse=True):
        text = re.sub(rf"(?<![A-Za-z0-9]){re.escape(name)}(?![A-Za-z0-9])", names[name], text)
    return text
