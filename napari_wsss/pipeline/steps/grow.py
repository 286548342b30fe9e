"""Step: let a mask grow into what is like it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from napari_wsss.pipeline.scan import Scan
from napari_wsss.pipeline.step import link
from napari_wsss.pipeline.steps.live import MaskFilter
from napari_wsss.refine.grow import Grow, grow
from napari_wsss.types import LabelMap


class GrowFilter(Grow, MaskFilter):
    """Let the mask take in what borders on it and has its grey values."""

    kind: Literal["grow-filter"] = "grow-filter"
    before: str = link("mask", default="", help="mask before other filters: what they took away is not taken back")

    @property
    def slicewise(self) -> bool:
        """The limit holds for the whole scan."""
        return False

    def compute(self, inputs: Mapping[str, Any], scan: Scan) -> LabelMap:
        """Give the label map (Z, Y, X)."""
        mask, before = inputs["mask"], inputs.get("before")
        return grow(mask, scan.image, scan.spacing, self, None if before is None else (before > 0) & (mask == 0))
