"""Holes: fill what the mask encloses."""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from napari_wsss.edit.operation import Effect
from napari_wsss.edit.scene import Scene
from napari_wsss.refine.holes import Holes, fill_holes
from napari_wsss.types import BoolArray


class FillHoles(Holes, Effect):
    """Fill holes of one class; a voxel of another class inside stays."""

    title: ClassVar[str] = "Holes"
    about: ClassVar[str] = "Fill what the mask encloses."

    def change(self, own: BoolArray, scene: Scene) -> BoolArray:
        """See :func:`~napari_wsss.refine.holes.fill_holes`."""
        return fill_holes(own.astype(np.uint8), scene.spacing, self) > 0
