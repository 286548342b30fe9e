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


class ClusterFilter(Clusters, MaskFilter):
    """Part the intensities inside the mask by K-means and keep the cluster that is the lesion."""

    kind: Literal["cluster-filter"] = "cluster-filter"
    classifier: str = link(*ASKED, default="", help="the classifier asked for differential prediction")

    @property
    def slicewise(self) -> bool:
        """Limits that hold for the whole volume need the whole volume."""
        return self.scope == "slice"

    def links(self) -> dict[str, str]:
        """Give the links in use: the classifier only while it is asked."""
        links = super().links()
        return links if self.choose == "differential" else {"mask": links["mask"]}

    def compute(self, inputs: Mapping[str, Any], scan: Scan) -> LabelMap:
        """Give the label map (Z, Y, X)."""
        return keep_cluster(inputs["mask"], scan.image, self, inputs.get("classifier"), scan.first)

    @model_validator(mode="after")
    def _someone_to_ask(self) -> Self:
        if self.choose == "differential" and not self.classifier:
            raise ValueError("choose: differential needs the link 'classifier'; name the step that trains one")
        return self
