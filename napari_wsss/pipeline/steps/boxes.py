"""Step: keep, or drop, what lies in boxes drawn in the viewer."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from napari_wsss.pipeline.scan import Scan
from napari_wsss.pipeline.steps.live import MaskFilter
from napari_wsss.refine.boxes import Boxes, apply_boxes
from napari_wsss.types import LabelMap


class BoxFilter(Boxes, MaskFilter):
    """Keep the mask inside the boxes drawn in the viewer, or drop it there."""

    kind: Literal["box-filter"] = "box-filter"

    def compute(self, inputs: Mapping[str, Any], scan: Scan) -> LabelMap:
        """Give the label map (Z, Y, X)."""
        return apply_boxes(inputs["mask"], self, scan.first)
