"""All operations by the name they have on the command line and in Python."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from napari_wsss.edit.copy_slice import CopySlice
from napari_wsss.edit.fill_between import FillBetween
from napari_wsss.edit.holes import FillHoles
from napari_wsss.edit.islands import RemoveIslands
from napari_wsss.edit.logical import Logical
from napari_wsss.edit.margin import MoveMargin
from napari_wsss.edit.operation import Operation
from napari_wsss.edit.restore import Restore
from napari_wsss.edit.smart_fill import SmartFill
from napari_wsss.edit.smoothing import Smoothing
from napari_wsss.errors import RecipeError
from napari_wsss.params import nearest

OPERATIONS: Mapping[str, type[Operation]] = {
    "fill-between-slices": FillBetween,
    "islands": RemoveIslands,
    "smoothing": Smoothing,
    "margin": MoveMargin,
    "holes": FillHoles,
    "logical-operators": Logical,
    "copy-slice": CopySlice,
    "restore": Restore,
    "smart-fill": SmartFill,
}


def operation(name: str, settings: Mapping[str, Any]) -> Operation:
    """Make an operation. Raises RecipeError for an unknown name or setting, or a value out of bounds."""
    if name not in OPERATIONS:
        raise RecipeError(f"There is no operation '{name}'. {nearest(name, tuple(OPERATIONS))}")
    return OPERATIONS[name].parse(dict(settings), name)
