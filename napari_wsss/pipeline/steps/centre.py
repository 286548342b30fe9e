"""Step: keep what lies in a box in the middle of the image."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from napari_wsss.pipeline.scan import Scan
from napari_wsss.pipeline.steps.live import MaskFilter
from napari_wsss.refine.centre import Centre, keep_centre
from napari_wsss.types import LabelMap


class CentreFilter(Centre, MaskFilter):
    """Keep the mask in a box in the middle of the image, where the organ is known to lie."""

    kind: Literal["centre-filter"] = "centre-filter"

    @property
    def slicewise(self) -> bool:
        """The middle slices are known only when all are."""
        return self.depth == 1

    def compute(self, inputs: Mapping[str, Any], scan: Scan) -> LabelMap:  # noqa: ARG002 (it needs the mask alone)
        """Give the label map (Z, Y, X)."""
        return keep_centre(inputs["mask"], (self.depth, self.height, self.width))
