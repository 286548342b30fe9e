"""Step: a dense CRF moves the border of a mask, or of a soft map, to edges in the scan."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Literal

from napari_wsss.pipeline.scan import Scan
from napari_wsss.pipeline.step import Artefact, link
from napari_wsss.pipeline.steps.live import LiveStep
from napari_wsss.refine.crf import DenseCrf, labels_from_probabilities, refine_labels, refine_maps
from napari_wsss.types import LabelMap


class CrfMask(DenseCrf, LiveStep):
    """Let a dense CRF move the border of a mask, or of a soft map, to edges in the scan."""

    kind: Literal["dense-crf"] = "dense-crf"
    start: str = link("mask", "evidence", help="mask or soft map it starts from")
    gives: ClassVar[Artefact] = "mask"

    @property
    def slicewise(self) -> bool:
        """A CRF in 3D looks at all slices together."""
        return self.mode == "2d"

    def compute(self, inputs: Mapping[str, Any], scan: Scan) -> LabelMap:
        """Give the label map (Z, Y, X); slices without any start stay empty."""
        start = inputs["start"]
        refine = refine_maps if start.ndim == 4 else refine_labels
        classes = scan.labels.shape[1]
        return labels_from_probabilities(refine(start, scan.image, scan.spacing, classes, self))
