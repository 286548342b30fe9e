"""The filters at the end of every recipe: the same ones in the same order, all of them switched off."""

from __future__ import annotations

from napari_wsss.pipeline.step import Step
from napari_wsss.pipeline.steps import (
    BoxFilter,
    CentreFilter,
    ClusterFilter,
    FindOrgan,
    GrowFilter,
    HoleFilter,
    IslandFilter,
    MarginFilter,
    MidlineFilter,
    OrganFilter,
    SmoothFilter,
)

LAST_FILTER = "margin"
"""The chain's last step: the mask that the clinician reviews."""


def filters_after(mask: str, *, evidence: str, classifier: str | None = None, places: bool = True) -> dict[str, Step]:
    """Give the steps that follow ``mask``, by name, from ``clusters`` or ``box`` to ``margin``.

    Args:
        mask: name of the mask step they start from.
        evidence: name of the soft map by which the island filter can choose.
        classifier: name of the model that the cluster filter can ask; "" for a cluster filter that asks none. None, for
            a recipe that has its K-means elsewhere, leaves the cluster filter out.
        places: whether the filters of places where no lesion is expected (``centre``, ``organ``, ``midline``) are among
            them; a recipe that has them elsewhere leaves them out.
    """
    clusters: dict[str, Step] = {}
    if classifier is not None:
        clusters, mask = {"clusters": ClusterFilter(mask=mask, classifier=classifier, evidence=evidence)}, "clusters"
    unlikely: dict[str, Step] = {
        "centre": CentreFilter(mask="box"),
        "organ-region": FindOrgan(),
        "organ": OrganFilter(mask="centre", region="organ-region"),
        "midline": MidlineFilter(mask="organ", region="organ-region"),
    }
    return {
        **clusters,
        "box": BoxFilter(mask=mask),
        **(unlikely if places else {}),
        "islands": IslandFilter(mask="midline" if places else "box", evidence=evidence),
        "grow": GrowFilter(mask="islands", before=mask),
        "holes": HoleFilter(mask="grow"),
        "smooth": SmoothFilter(mask="holes"),
        LAST_FILTER: MarginFilter(mask="smooth"),
    }
