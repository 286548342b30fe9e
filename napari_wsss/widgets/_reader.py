"""napari reader: scans of every format the package reads, shown as the preferences say."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

LayerData = tuple[Any, dict[str, Any], str]


def get_reader(path: str | list[str]) -> Callable[[str | list[str]], list[LayerData]] | None:
    """Give the function that reads ``path``, or None when it is nothing we read (npe2 reader)."""
    from napari_wsss.data.readers import SUFFIXES

    first = Path(path[0] if isinstance(path, list) else path)
    known = first.is_dir() or first.name.lower().endswith(tuple(SUFFIXES))
    return _read if known else None


def _read(path: str | list[str]) -> list[LayerData]:
    """Read one scan or several; the layers of each are named after its file."""
    from napari_wsss.data.readers import read_volume
    from napari_wsss.data.view import view_of
    from napari_wsss.session.preferences import preferences
    from napari_wsss.widgets._layers import image_layers
    from napari_wsss.widgets._scan_of import METADATA, Scan

    layers: list[LayerData] = []
    for item in path if isinstance(path, list) else [path]:
        file = Path(item)
        volume = read_volume(file)
        view = view_of(volume, preferences().convention)
        metadata = {METADATA: Scan.of(volume, view)}
        for data, keywords, kind in image_layers(volume, view):
            name = file.name if keywords["name"] == "image" else f"{file.name} {keywords['name']}"
            layers.append((data, {**keywords, "name": name, "metadata": metadata}, kind))
    return layers
