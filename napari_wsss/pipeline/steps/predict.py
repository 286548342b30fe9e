"""Step: let a segmenter outline whole volumes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar, Literal

from napari_wsss.data.letterbox import Letterbox
from napari_wsss.params import knob
from napari_wsss.pipeline.step import Artefact, Stage, Step, link
from napari_wsss.progress import Progress, Work, part_of
from napari_wsss.types import FloatArray, LabelMap

if TYPE_CHECKING:
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
        total = sum(job.workspace.cases[case_id].geometry.shape[0] for case_id in case_ids)
        done = 0
        for case_id in case_ids:
            slices = job.arrays(self.slices, case_id)["slices"]
            work = predict_probabilities(model, slices, device=job.device, batch_size=self.batch_size)
            lesion = yield from part_of(work, job.name, done, total, case_id)
            shape = job.workspace.cases[case_id].geometry.shape
            mask = self.label_map(Letterbox(shape[1:], slices.shape[-1]).invert(lesion))
            job.write_mask(case_id, mask)
            done += slices.shape[0]
            yield Progress(job.name, done, total, case_id)

    def label_map(self, lesion: FloatArray) -> LabelMap:
        """Give the label map (Z, Y, X) of lesion probabilities (Z, C, Y, X): the likeliest class from the cutoff on."""
        likeliest = lesion.argmax(axis=1).astype("uint8") + 1
        mask: LabelMap = (likeliest * (lesion.max(axis=1) >= self.cutoff)).astype("uint8")
        return mask
