"""Step: grow or shrink a mask."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Literal

from napari_wsss.pipeline.scan import Scan
from napari_wsss.pipeline.steps.live import MaskFilter
from napari_wsss.refine.margin import Margin, move_border
from napari_wsss.types import LabelMap


class MarginFilter(Margin, MaskFilter):
    """Move the border of the mask outwards or inwards."""

    kind: Literal["margin-filter"] = "margin-filter"
    version: ClassVar[int] = 2

    @property
    def slicewise(self) -> bool:
        """In 3D neighbouring slices take part."""
        return self.mode == "2d"

    def compute(self, inputs: Mapping[str, Any], scan: Scan) -> LabelMap:
        """Give the label map (Z, Y, X)."""
        return move_border(inputs["mask"], scan.spacing, self)
