"""Islands: keep the largest connected part, or remove the small ones."""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from napari_wsss.edit.operation import Effect
from napari_wsss.edit.scene import Scene
from napari_wsss.refine.islands import Islands, keep_islands
from napari_wsss.types import BoolArray


class RemoveIslands(Islands, Effect):
    """Effect "Islands" of 3D Slicer, on one class."""

    title: ClassVar[str] = "Islands"
    about: ClassVar[str] = "Keep the largest part, or remove parts smaller than so many mm³."

    @property
    def needs_evidence(self) -> bool:
        """Whether the map says which part is kept."""
        return self.keep == "most evidence"

    def change(self, own: BoolArray, scene: Scene) -> BoolArray:
        """See :func:`~napari_wsss.refine.islands.keep_islands`."""
        kept = keep_islands(own.astype(np.uint8), scene.spacing, self, scene.evidence_of_class())
        return kept > 0
