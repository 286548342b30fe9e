"""Step: let a segmenter outline whole volumes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar, Literal, cast

from napari_wsss.params import knob
from napari_wsss.pipeline.sample import Sample, seconds_of, side_of
from napari_wsss.pipeline.step import Artefact, Stage, Step, link
from napari_wsss.progress import Progress, Work, drain, part_of
from napari_wsss.types import FloatArray, LabelMap

if TYPE_CHECKING:
    from napari_wsss.data.preprocess import Preprocess
    from napari_wsss.pipeline.job import Job


class PredictMasks(Step):
    """Segment every slice of every case, on the scan's own grid."""

    kind: Literal["predict-masks"] = "predict-masks"
    segmenter: str = link("segmenter", help="the segmenter that is asked")
    slices: str = link("slices", help="network inputs")
    cutoff: float = knob(0.5, "Probability from which a voxel counts as lesion.", ge=0.05, le=0.95, step=0.01)
    batch_size: int = knob(16, "Slices segmented together; fewer need less memory.", ge=1, le=256, advanced=True)
    stage: ClassVar[Stage] = "predict"
    gives: ClassVar[Artefact] = "prediction"

    def run(self, job: Job, case_ids: Sequence[str]) -> Work[None]:
        """Write the label map of each case."""
        from napari_wsss.engine.predict import predict_probabilities
        from napari_wsss.pipeline.trained import load_segmenter

        folder = job.model_folder(self.segmenter)
        model = load_segmenter(folder)
        prepared = cast("Preprocess", job.recipe.step(self.slices))
        total = sum(job.workspace.cases[case_id].geometry.shape[0] for case_id in case_ids)
        done = 0
        for case_id in case_ids:
            slices = job.arrays(self.slices, case_id)["slices"]
            work = predict_probabilities(model, slices, device=job.device, batch_size=self.batch_size)
            lesion = yield from part_of(work, job.name, done, total, case_id)
            shape = job.workspace.cases[case_id].geometry.shape
            on_grid = prepared.letterbox(shape[1:]).invert(lesion)
            job.write_mask(case_id, label_map(on_grid.swapaxes(0, 1), self.cutoff))
            done += slices.shape[0]
            yield Progress(job.name, done, total, case_id)

    def seconds(self, sample: Sample) -> float:
        """A few slices, times the slices of a case."""
        import numpy as np

        from napari_wsss.engine.predict import predict_probabilities
        from napari_wsss.models.segmenter import build_segmenter

        model = build_segmenter(sample.step(self.segmenter), sample.channels, sample.classes).eval()
        side = side_of(sample, self)
        few = np.zeros((4, sample.channels, side, side), dtype=np.float32)
        each = seconds_of(lambda: drain(predict_probabilities(model, few, device=sample.device, batch_size=4)))
        return each * sample.depth / 4


def label_map(lesion: FloatArray, cutoff: float) -> LabelMap:
    """Give the label map (Z, Y, X) of lesion probabilities (C, Z, Y, X): the likeliest class from ``cutoff`` on."""
    likeliest = lesion.argmax(axis=0).astype("uint8") + 1
    mask: LabelMap = (likeliest * (lesion.max(axis=0) >= cutoff)).astype("uint8")
    return mask
