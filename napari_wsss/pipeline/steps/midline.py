"""Step: drop a band along the middle of the image, or of the organ."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Literal, Self

from pydantic import model_validator

from napari_wsss.pipeline.scan import Scan
from napari_wsss.pipeline.step import link
from napari_wsss.pipeline.steps.live import MaskFilter
from napari_wsss.refine.midline import Midline, drop_midline
from napari_wsss.types import LabelMap


class MidlineFilter(Midline, MaskFilter):
    """Drop the mask along the midline, where no lesion is expected."""

    kind: Literal["midline-filter"] = "midline-filter"
    version: ClassVar[int] = 2
    region: str = link("region", default="", help="where the organ is, when the band lies in its middle")

    def links(self) -> dict[str, str]:
        """Give the links in use: the organ only while the band follows it."""
        links = super().links()
        return links if self.centre == "organ" else {"mask": links["mask"]}

    def compute(self, inputs: Mapping[str, Any], scan: Scan) -> LabelMap:
        """Give the label map (Z, Y, X)."""
        return drop_midline(inputs["mask"], scan.spacing, self, inputs.get("region"))

    @model_validator(mode="after")
    def _organ_known(self) -> Self:
        if self.centre == "organ" and not self.region:
            raise ValueError("centre: organ needs the link 'region'; name a step that finds the organ")
        return self
