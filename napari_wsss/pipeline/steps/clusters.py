"""Step: keep one cluster of intensities inside a mask."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal, Self

from pydantic import model_validator

from napari_wsss.pipeline.scan import Scan
from napari_wsss.pipeline.step import ASKED, link
from napari_wsss.pipeline.steps.live import MaskFilter
from napari_wsss.refine.clusters import Clusters, keep_cluster
from napari_wsss.types import LabelMap

_DECIDES = {"differential": "classifier", "most evidence": "evidence"}
"""Choice → the link that it goes by."""


class ClusterFilter(Clusters, MaskFilter):
    """Part the intensities inside the mask by K-means and keep the cluster that is the lesion."""

    kind: Literal["cluster-filter"] = "cluster-filter"
    classifier: str = link(*ASKED, default="", help="the classifier asked for differential prediction")
    evidence: str = link("evidence", default="", help="soft map that says which tissue has most evidence")

    @property
    def slicewise(self) -> bool:
        """Limits that hold for the whole volume need the whole volume."""
        return self.scope == "slice"

    def links(self) -> dict[str, str]:
        """Give the links in use: the classifier, or the soft map, only while it decides."""
        used = ("mask", _DECIDES.get(self.choose))
        return {field: name for field, name in super().links().items() if field in used}

    def compute(self, inputs: Mapping[str, Any], scan: Scan) -> LabelMap:
        """Give the label map (Z, Y, X)."""
        return keep_cluster(
            inputs["mask"], scan.image, self, inputs.get("classifier"), scan.first, inputs.get("evidence")
        )

    @model_validator(mode="after")
    def _someone_to_ask(self) -> Self:
        field = _DECIDES.get(self.choose)
        if field and not getattr(self, field):
            what = {"classifier": "the step that trains one", "evidence": "a step that gives a soft map"}[field]
            raise ValueError(f"choose: {self.choose} needs the link '{field}'; name {what}")
        return self
