"""Step: smooth the outline of a mask."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from napari_wsss.pipeline.scan import Scan
from napari_wsss.pipeline.steps.live import MaskFilter
from napari_wsss.refine.smooth import Smooth, smooth_outline
from napari_wsss.types import LabelMap


class SmoothFilter(Smooth, MaskFilter):
    """Smooth the outline of the mask."""

    kind: Literal["smooth-filter"] = "smooth-filter"

    @property
    def slicewise(self) -> bool:
        """In 3D neighbouring slices take part."""
        return self.mode == "2d"

    def compute(self, inputs: Mapping[str, Any], scan: Scan) -> LabelMap:
        """Give the label map (Z, Y, X)."""
        return smooth_outline(inputs["mask"], scan.spacing, self)
