"""Step: let a 3-D segmenter outline whole volumes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar, Literal, cast

from napari_wsss.params import knob
from napari_wsss.pipeline.sample import Sample, seconds_of
from napari_wsss.pipeline.step import Artefact, Stage, Step, link
from napari_wsss.progress import Work, drain
from napari_wsss.refine.likeliest import Likeliest

if TYPE_CHECKING:
    from napari_wsss.data.preprocess_volume import PreprocessVolume
    from napari_wsss.pipeline.job import Job
    from napari_wsss.pipeline.steps.volume_segmenter import TrainVolumeSegmenter


_TRIED = 32
"""Largest side of the window whose time is measured."""


class PredictVolumes(Likeliest, Step):
    """Segment every case, window by window of the size the segmenter learnt from, on the scan's own grid."""

    kind: Literal["predict-volumes"] = "predict-volumes"
    segmenter: str = link("volume-segmenter", help="the segmenter that is asked")
    volumes: str = link("volumes", help="network inputs")
    overlap: float = knob(
        0.5, "Share of a window that the next one sees again; more smooths the seams and takes longer.", ge=0.0, le=0.9,
        step=0.05, advanced=True,
    )  # fmt: skip
    stage: ClassVar[Stage] = "predict"
    gives: ClassVar[Artefact] = "prediction"

    def run(self, job: Job, case_ids: Sequence[str]) -> Work[None]:
        """Write the label map of each case, as :func:`~napari_wsss.pipeline.predicting.predict_cases` has it."""
        from napari_wsss.pipeline.outliner import outliner_of
        from napari_wsss.pipeline.predicting import predict_cases

        outliner = outliner_of(job.model_folder(self.segmenter), job.device, overlap=self.overlap)
        yield from predict_cases(job, outliner, self.volumes, self, case_ids)

    def _windows(self, shape: Sequence[int], window: Sequence[int]) -> int:
        """Count the windows of a volume."""
        from napari_wsss.engine.windows import window_places

        return len(window_places(shape, window, self.overlap))

    def seconds(self, sample: Sample) -> float:
        """A small window, times the voxels of all windows of a case."""
        import numpy as np

        from napari_wsss.engine.windows import predict_windows
        from napari_wsss.models.segmenter import build_volume_segmenter

        segmenter = cast("TrainVolumeSegmenter", sample.step(self.segmenter))
        shape = cast("PreprocessVolume", sample.step(self.volumes)).box(sample.case.geometry).shape
        small = [min(side, _TRIED) for side in segmenter.patch]
        model = build_volume_segmenter(segmenter, sample.channels, sample.classes).eval()
        few = np.zeros((sample.channels, *small), dtype=np.float32)
        each = seconds_of(lambda: drain(predict_windows(model, few, small, device=sample.device)))
        return each * self._windows(shape, segmenter.patch) * float(np.prod(segmenter.patch) / np.prod(small))
