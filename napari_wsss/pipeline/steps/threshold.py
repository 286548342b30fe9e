"""Step: soft map → mask by a threshold."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Literal

from napari_wsss.pipeline.scan import Scan
from napari_wsss.pipeline.step import Artefact, link
from napari_wsss.pipeline.steps.live import LiveStep
from napari_wsss.refine.threshold import Threshold, threshold
from napari_wsss.types import LabelMap


class ThresholdMaps(Threshold, LiveStep):
    """Cut the evidence at a threshold (eq. 12 of Liu et al.)."""

    kind: Literal["threshold"] = "threshold"
    evidence: str = link("evidence", help="soft maps")
    gives: ClassVar[Artefact] = "mask"

    def compute(self, inputs: Mapping[str, Any], scan: Scan) -> LabelMap:  # noqa: ARG002
        """Give the label map (Z, Y, X)."""
        return threshold(inputs["evidence"], self)
