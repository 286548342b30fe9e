"""Step: fill the holes of a mask."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from napari_wsss.pipeline.scan import Scan
from napari_wsss.pipeline.steps.live import MaskFilter
from napari_wsss.refine.holes import Holes, fill_holes
from napari_wsss.types import LabelMap


class HoleFilter(Holes, MaskFilter):
    """Fill the holes of the mask."""

    kind: Literal["hole-filter"] = "hole-filter"

    @property
    def slicewise(self) -> bool:
        """In 3D neighbouring slices take part."""
        return self.mode == "2d"

    def compute(self, inputs: Mapping[str, Any], scan: Scan) -> LabelMap:
        """Give the label map (Z, Y, X)."""
        return fill_holes(inputs["mask"], scan.spacing, self)
