"""The steps between raw maps and mask, computed live while sliders move. None of them needs torch."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from typing import Any, ClassVar, Literal

import numpy as np

from napari_wsss.data.letterbox import Letterbox
from napari_wsss.errors import RecipeError
from napari_wsss.params import knob
from napari_wsss.pipeline.scan import Scan
from napari_wsss.pipeline.step import Artefact, Stage, Step, link
from napari_wsss.refine.crf import DenseCrf, labels_from_probabilities, refine_labels, refine_maps
from napari_wsss.refine.fuse import Fuse, fuse
from napari_wsss.refine.threshold import Threshold, threshold
from napari_wsss.types import BoolArray, FloatArray, LabelMap


class LiveStep(Step):
    """Base of the live steps.

    ``compute`` gets the value of every link by field name, and the scan, both cut to the slices asked for.
    """

    stage: ClassVar[Stage] = "propose"
    live: ClassVar[bool] = True

    @property
    def slicewise(self) -> bool:
        """Whether a slice's result depends on that slice alone."""
        return True

    @abstractmethod
    def compute(self, inputs: Mapping[str, Any], scan: Scan) -> Any:  # noqa: ANN401 (array of the step's artefact)
        """Give the step's array for the slices in ``scan``."""


class FuseMaps(Fuse, LiveStep):
    """Bring the maps of several scales onto the scan's grid, average them and stretch them to [0, 1]."""

    kind: Literal["fuse-maps"] = "fuse-maps"
    maps: str = link("maps", help="raw activation maps")
    gate: Literal["label", "prediction", "none"] = knob(
        "label",
        "Which slices may hold a lesion: those labelled so (the classifier decides where nobody labelled), "
        "those the classifier calls positive, or all.",
    )
    gives: ClassVar[Artefact] = "evidence"
    uses_labels: ClassVar[bool] = True

    @property
    def slicewise(self) -> bool:
        """Stretching over the whole volume needs the whole volume."""
        return self.scope_of_range == "slice"

    def compute(self, inputs: Mapping[str, Any], scan: Scan) -> FloatArray:
        """Give (C, Z, Y, X) float32 in [0, 1]; zero in slices that the gate closes."""
        maps = inputs["maps"]
        logits = np.asarray(maps["logits"])
        if logits.shape != scan.labels.shape:
            raise RecipeError(
                f"these maps are of {logits.shape[1]} classes, but the project has {scan.labels.shape[1]}: train the "
                "classifier and compute the maps again."
            )
        is_open = self.open_slices(logits, scan.labels)
        shown = np.flatnonzero(is_open.any(axis=1))
        evidence: FloatArray = np.zeros((is_open.shape[1], *scan.image.shape[1:]), dtype=np.float32)
        if len(shown):
            have = [scale for scale in self.scales if f"scale-{scale:g}" in maps]
            stacks = {scale: np.asarray(maps[f"scale-{scale:g}"][:, shown]) for scale in have}
            grids = {scale: np.asarray(maps[f"grid-{scale:g}"]) for scale in have}
            fused = fuse(stacks, self, Letterbox(scan.image.shape[-2:], int(maps["size"])), grids)
            evidence[:, shown] = fused * is_open[shown].T[:, :, None, None]
        return evidence

    def open_slices(self, logits: FloatArray, labels: np.ndarray[Any, np.dtype[np.int8]]) -> BoolArray:
        """Give (Z, C), True where the class may be present. A logit of 0 is a probability of one half."""
        predicted = logits >= 0
        if self.gate == "none":
            return np.ones_like(predicted)
        if self.gate == "prediction":
            return predicted
        return np.where(labels >= 0, labels == 1, predicted)


class ThresholdMaps(Threshold, LiveStep):
    """Cut the evidence at a threshold (eq. 12 of Liu et al.)."""

    kind: Literal["threshold"] = "threshold"
    evidence: str = link("evidence", help="soft maps")
    gives: ClassVar[Artefact] = "mask"

    def compute(self, inputs: Mapping[str, Any], scan: Scan) -> LabelMap:  # noqa: ARG002
        """Give the label map (Z, Y, X)."""
        return threshold(inputs["evidence"], self)


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
