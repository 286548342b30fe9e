"""Margin: grow or shrink a mask by so many mm."""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from napari_wsss.edit.operation import Effect
from napari_wsss.edit.scene import Scene
from napari_wsss.refine.margin import Margin, move_border
from napari_wsss.types import BoolArray


class MoveMargin(Margin, Effect):
    """Effect "Margin" of 3D Slicer, on one class."""

    title: ClassVar[str] = "Margin"
    about: ClassVar[str] = "Grow the mask by so many mm, or shrink it."

    def change(self, own: BoolArray, scene: Scene) -> BoolArray:
        """See :func:`~napari_wsss.refine.margin.move_border`."""
        return move_border(own.astype(np.uint8), scene.spacing, self) > 0
