"""Step: let a segmenter outline whole volumes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar, Literal

from napari_wsss.params import knob
from napari_wsss.pipeline.sample import Sample, seconds_of, side_of
from napari_wsss.pipeline.step import Artefact, Stage, Step, link
from napari_wsss.progress import Work, drain
from napari_wsss.refine.likeliest import Likeliest

if TYPE_CHECKING:
    from napari_wsss.pipeline.job import Job


class PredictMasks(Likeliest, Step):
    """Segment every slice of every case, on the scan's own grid."""

    kind: Literal["predict-masks"] = "predict-masks"
    segmenter: str = link("segmenter", help="the segmenter that is asked")
    slices: str = link("slices", help="network inputs")
    batch_size: int = knob(16, "Slices segmented together; fewer need less memory.", ge=1, le=256, advanced=True)
    stage: ClassVar[Stage] = "predict"
    gives: ClassVar[Artefact] = "prediction"

    def run(self, job: Job, case_ids: Sequence[str]) -> Work[None]:
        """Write the label map of each case, as :func:`~napari_wsss.pipeline.predicting.predict_cases` has it."""
        from napari_wsss.pipeline.outliner import outliner_of
        from napari_wsss.pipeline.predicting import predict_cases

        outliner = outliner_of(job.model_folder(self.segmenter), job.device, batch_size=self.batch_size)
        yield from predict_cases(job, outliner, self.slices, self, case_ids)

    def seconds(self, sample: Sample) -> float:
        """A few slices, or one stack of them, times the slices of a case."""
        import numpy as np

        from napari_wsss.engine.predict import predict_logits
        from napari_wsss.models.segmenter import build_segmenter
        from napari_wsss.models.settings import IN_3D

        segmenter, side = sample.step(self.segmenter), side_of(sample, self)
        model = build_segmenter(segmenter, sample.channels, sample.classes).eval()
        stack, new = ((1, segmenter.depth), segmenter.depth / 2) if segmenter.network == IN_3D else ((4,), 4)
        few = np.zeros((stack[0], sample.channels, *stack[1:], side, side), dtype=np.float32)
        each = seconds_of(lambda: drain(predict_logits(model, [few], device=sample.device)))
        return each * sample.depth / new
