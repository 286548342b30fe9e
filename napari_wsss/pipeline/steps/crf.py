"""Steps: a dense CRF moves the border of a mask, or of a soft map, to edges in the scan."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Literal

from napari_wsss.pipeline.scan import Scan
from napari_wsss.pipeline.step import Artefact, link
from napari_wsss.pipeline.steps.live import LiveStep
from napari_wsss.refine.crf import labels_from_probabilities, refine
from napari_wsss.refine.crf_settings import KernelWidths, MeanField
from napari_wsss.refine.scan_kernel import ScanKernel
from napari_wsss.types import FloatArray, LabelMap


class CrfKernel(KernelWidths, LiveStep):
    """Work out, from the scan alone, which places of it a dense CRF draws together."""

    kind: Literal["crf-kernel"] = "crf-kernel"
    region: str = link("region", default="", help="places that take part, if not all")
    gives: ClassVar[Artefact] = "kernel"
    whole: ClassVar[bool] = True

    @property
    def slicewise(self) -> bool:
        """A CRF in 3D looks at all slices together."""
        return self.mode == "2d"

    def compute(self, inputs: Mapping[str, Any], scan: Scan) -> ScanKernel:
        """Give the kernels of the whole scan; in mode 2d each slice's is built when it is first asked for."""
        return ScanKernel(scan.image, scan.spacing, self, inputs.get("region"))


class CrfMask(MeanField, LiveStep):
    """Let a dense CRF move the border of a mask, or of a soft map, to edges in the scan."""

    kind: Literal["dense-crf"] = "dense-crf"
    kernel: str = link("kernel", help="which places are drawn together")
    start: str = link("mask", "evidence", help="mask or soft map it starts from")
    gives: ClassVar[Artefact] = "mask"

    def compute(self, inputs: Mapping[str, Any], scan: Scan) -> LabelMap:
        """Give the label map (Z, Y, X); slices without any start stay empty."""
        return labels_from_probabilities(self.probabilities(inputs, scan))

    def probabilities(self, inputs: Mapping[str, Any], scan: Scan) -> FloatArray:
        """Give (C + 1, Z, Y, X) float32, summing to 1, background first."""
        return refine(inputs["start"], inputs["kernel"], scan.labels.shape[1], self, scan.first)
