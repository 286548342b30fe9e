"""Steps: find the organ in the scan, and drop what lies outside it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Literal

from napari_wsss.pipeline.scan import Scan
from napari_wsss.pipeline.step import Artefact, link
from napari_wsss.pipeline.steps.live import LiveStep, MaskFilter
from napari_wsss.refine.organ import Organ, drop_outside, find_organ
from napari_wsss.types import BoolArray, LabelMap


class FindOrgan(Organ, LiveStep):
    """Find where the scan shows something: the head, or the brain that was cut out of it."""

    kind: Literal["organ-region"] = "organ-region"
    gives: ClassVar[Artefact] = "region"
    whole: ClassVar[bool] = True

    def compute(self, inputs: Mapping[str, Any], scan: Scan) -> BoolArray:  # noqa: ARG002 (it needs the scan alone)
        """Give bool (Z, Y, X) of the whole scan."""
        return find_organ(scan.image, scan.spacing, self)


class OrganFilter(MaskFilter):
    """Drop the mask outside the organ."""

    kind: Literal["organ-filter"] = "organ-filter"
    region: str = link("region", help="where the organ is")

    def compute(self, inputs: Mapping[str, Any], scan: Scan) -> LabelMap:
        """Give the label map (Z, Y, X)."""
        mask = inputs["mask"]
        return drop_outside(mask, inputs["region"][scan.first : scan.first + len(mask)])
