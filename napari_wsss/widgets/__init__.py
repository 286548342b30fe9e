"""The docks in napari. Names load on first use: nothing here costs Qt until a dock is opened."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from napari_wsss.widgets._commands import change_keys, change_preferences, show_export, show_numbers
    from napari_wsss.widgets._export_dock import ExportDock
    from napari_wsss.widgets._maps_dock import MapsDock
    from napari_wsss.widgets._mask_writer import write_mask_layer
    from napari_wsss.widgets._models_dock import ModelsDock
    from napari_wsss.widgets._open_desk import open_desk
    from napari_wsss.widgets._project_dock import ProjectDock
    from napari_wsss.widgets._reader import get_reader
    from napari_wsss.widgets._review_dock import ReviewDock
    from napari_wsss.widgets._sample import load_sample
    from napari_wsss.widgets._train_dock import TrainDock
    from napari_wsss.widgets._tune_dock import TuneDock

__all__ = [
    "ExportDock",
    "MapsDock",
    "ModelsDock",
    "ProjectDock",
    "ReviewDock",
    "TrainDock",
    "TuneDock",
    "change_keys",
    "change_preferences",
    "get_reader",
    "load_sample",
    "open_desk",
    "show_export",
    "show_numbers",
    "write_mask_layer",
]

_HOMES = {
    "ExportDock": "_export_dock",
    "MapsDock": "_maps_dock",
    "ModelsDock": "_models_dock",
    "ProjectDock": "_project_dock",
    "ReviewDock": "_review_dock",
    "TrainDock": "_train_dock",
    "TuneDock": "_tune_dock",
    "change_keys": "_commands",
    "change_preferences": "_commands",
    "get_reader": "_reader",
    "load_sample": "_sample",
    "open_desk": "_open_desk",
    "show_export": "_commands",
    "show_numbers": "_commands",
    "write_mask_layer": "_mask_writer",
}


def __getattr__(name: str) -> Any:  # noqa: ANN401
    if name in _HOMES:
        return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
