"""Step: keep one connected part of a mask, or remove the small ones."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal, Self

from pydantic import model_validator

from napari_wsss.pipeline.scan import Scan
from napari_wsss.pipeline.step import link
from napari_wsss.pipeline.steps.live import MaskFilter
from napari_wsss.refine.islands import Islands, keep_islands
from napari_wsss.types import LabelMap


class IslandFilter(Islands, MaskFilter):
    """Keep one connected part of the mask, or remove the small ones."""

    kind: Literal["island-filter"] = "island-filter"
    evidence: str = link("evidence", default="", help="soft map that says which part has most evidence")

    @property
    def slicewise(self) -> bool:
        """Parts that reach through slices need the whole volume."""
        return self.mode == "2d"

    def links(self) -> dict[str, str]:
        """Give the links in use: the soft map only while it decides."""
        links = super().links()
        return links if self.keep == "most evidence" else {"mask": links["mask"]}

    def compute(self, inputs: Mapping[str, Any], scan: Scan) -> LabelMap:
        """Give the label map (Z, Y, X)."""
        return keep_islands(inputs["mask"], scan.spacing, self, inputs.get("evidence"))

    @model_validator(mode="after")
    def _evidence_known(self) -> Self:
        if self.keep == "most evidence" and not self.evidence:
            raise ValueError("keep: most evidence needs the link 'evidence'; name a step that gives a soft map")
        return self
