"""Step: raw activation maps → one soft map on the scan's grid."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Literal

import numpy as np

from napari_wsss.cam.stack import LayerMaps, layers_in
from napari_wsss.errors import RecipeError
from napari_wsss.params import knob
from napari_wsss.pipeline.scan import Scan
from napari_wsss.pipeline.step import Artefact, link
from napari_wsss.pipeline.steps.live import LiveStep
from napari_wsss.pipeline.steps.map_source import letterbox_of
from napari_wsss.refine.fuse import Fuse, check_scales, fuse_layers
from napari_wsss.types import Array, BoolArray, FloatArray


class FuseMaps(Fuse, LiveStep):
    """Bring the maps of several scales and layers onto the scan's grid, average them and stretch them to [0, 1]."""

    kind: Literal["fuse-maps"] = "fuse-maps"
    maps: str = link("maps", help="raw activation maps")
    gate: Literal["label", "volume", "prediction", "none"] = knob(
        "label",
        "Which slices may hold a lesion. label: those labelled so (the classifier decides where nobody labelled); "
        "volume: all slices of a scan labelled so as a whole (likewise); prediction: those the classifier calls "
        "positive; none: all.",
    )
    gives: ClassVar[Artefact] = "evidence"
    uses_labels: ClassVar[bool] = True

    @property
    def slicewise(self) -> bool:
        """Stretching over the whole volume, and a gate for all of it, need the whole volume."""
        return self.scope_of_range != "volume" and self.gate != "volume"

    def compute(self, inputs: Mapping[str, Any], scan: Scan) -> FloatArray:
        """Give (C, Z, Y, X) float32 in [0, 1]; zero in slices that the gate closes."""
        maps = inputs["maps"]
        logits = np.asarray(maps["logits"])
        if logits.shape != scan.labels.shape:
            raise RecipeError(
                f"these maps are of {logits.shape[1]} classes, but the project has {scan.labels.shape[1]}: train the "
                "classifier and compute the maps again."
            )
        is_open = self.open_slices(logits, scan)
        shown = np.flatnonzero(is_open.any(axis=1))
        evidence: FloatArray = np.zeros((is_open.shape[1], *scan.image.shape[1:]), dtype=np.float32)
        if len(shown):
            layers = [self._shown(layer, shown) for layer in layers_in(maps)]
            fused = fuse_layers(layers, self, letterbox_of(maps, scan.image.shape[-2:]), maps.get("levels"))
            evidence[:, shown] = fused * is_open[shown].T[:, :, None, None]
        return evidence

    def _shown(self, layer: LayerMaps, shown: Array) -> tuple[dict[float, Array], dict[float, FloatArray]]:
        """Read from disk what is needed of a layer: maps and grids of the scales chosen, of some slices."""
        names = {scale: float(f"{scale:g}") for scale in self.scales}  # a scale as its array is named
        check_scales(tuple(names.values()), layer.maps)
        maps = {scale: np.asarray(layer.maps[name][:, shown]) for scale, name in names.items()}
        return maps, {scale: np.asarray(layer.grids[name]) for scale, name in names.items() if name in layer.grids}

    def open_slices(self, logits: FloatArray, scan: Scan) -> BoolArray:
        """Give (Z, C), True where the class may be present. A logit of 0 is a probability of one half."""
        predicted = logits >= 0
        if self.gate == "none":
            return np.ones_like(predicted)
        if self.gate == "prediction":
            return predicted
        if self.gate == "label":
            return np.where(scan.labels >= 0, scan.labels == 1, predicted)
        whole = scan.volume_labels
        return np.broadcast_to(np.where(whole >= 0, whole == 1, predicted.any(axis=0)), predicted.shape)
