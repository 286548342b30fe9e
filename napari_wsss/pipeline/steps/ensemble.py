"""Steps: several masks become one; several soft maps become one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Literal, Self

from pydantic import model_validator

from napari_wsss.params import knob
from napari_wsss.pipeline.scan import Scan
from napari_wsss.pipeline.step import Artefact, link
from napari_wsss.pipeline.steps.live import LiveStep
from napari_wsss.refine.ensemble import Ensemble, combine_masks, mean_maps
from napari_wsss.types import FloatArray, LabelMap


class CombineMasks(Ensemble, LiveStep):
    """Combine the masks of several models."""

    kind: Literal["combine-masks"] = "combine-masks"
    masks: tuple[str, ...] = link("mask", help="masks that are combined, two or more")
    gives: ClassVar[Artefact] = "mask"

    @property
    def slicewise(self) -> bool:
        """Picking a mask by its size in the volume needs the whole volume."""
        return self.rule in ("or", "and") or self.scope == "slice"

    def compute(self, inputs: Mapping[str, Any], scan: Scan) -> LabelMap:  # noqa: ARG002 (it needs the masks alone)
        """Give the label map (Z, Y, X)."""
        return combine_masks([inputs[f"masks.{place}"] for place in range(len(self.masks))], self)

    @model_validator(mode="after")
    def _several(self) -> Self:
        if len(self.masks) < 2:
            raise ValueError(f"masks: {len(self.masks)} given; combining takes two or more")
        return self


class MeanMaps(LiveStep):
    """Average the soft maps of several models."""

    kind: Literal["mean-maps"] = "mean-maps"
    maps: tuple[str, ...] = link("evidence", help="soft maps that are averaged, two or more")
    weights: tuple[float, ...] = knob((), "How much each map counts, in the order of the maps; empty: all alike.")
    gives: ClassVar[Artefact] = "evidence"

    def compute(self, inputs: Mapping[str, Any], scan: Scan) -> FloatArray:  # noqa: ARG002 (it needs the maps alone)
        """Give (C, Z, Y, X) float32 in [0, 1]."""
        return mean_maps([inputs[f"maps.{place}"] for place in range(len(self.maps))], self.weights)

    @model_validator(mode="after")
    def _fitting(self) -> Self:
        if len(self.maps) < 2:
            raise ValueError(f"maps: {len(self.maps)} given; averaging takes two or more")
        if self.weights and (len(self.weights) != len(self.maps) or min(self.weights) < 0 or not any(self.weights)):
            raise ValueError("weights: give one a map, none below 0, not all 0; or none at all")
        return self
