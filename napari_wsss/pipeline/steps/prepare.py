"""Step: cut cases into network inputs."""

from __future__ import annotations

from collections.abc import Sequence
from os import cpu_count
from typing import TYPE_CHECKING, ClassVar, Literal

from napari_wsss.data.preprocess import Preprocess, prepare_slices
from napari_wsss.pipeline.cases import each_case
from napari_wsss.pipeline.sample import Sample, seconds_of
from napari_wsss.pipeline.step import Artefact, Stage, Step
from napari_wsss.progress import Note, Work

if TYPE_CHECKING:
    from napari_wsss.pipeline.job import Job


LEAST_SHOWN = 0.25
"""Part of a slice below which a crop is questioned; 128 of the 240 pixels of a BraTS scan are 0.28."""


class PrepareSlices(Preprocess, Step):
    """Normalise every scan and fit its slices into squares, kept memory-mapped for training and prediction."""

    kind: Literal["prepare-slices"] = "prepare-slices"
    stage: ClassVar[Stage] = "train-classifier"
    gives: ClassVar[Artefact] = "slices"

    def run(self, job: Job, case_ids: Sequence[str]) -> Work[None]:
        """Write ``slices`` float16 (Z, channels, size, size) for each case."""
        yield from self._cut_too_close(job, case_ids)

        def prepare(case_id: str) -> None:
            job.write_arrays(case_id, {"slices": prepare_slices(job.workspace.cases[case_id].load(), self)})

        yield from each_case(job.name, case_ids, prepare)

    def _cut_too_close(self, job: Job, case_ids: Sequence[str]) -> list[Note]:
        """Say when most of the image is cut off: a crop meant for other scans."""
        shapes = {job.workspace.cases[case_id].geometry.shape[1:] for case_id in case_ids}
        far = [shape for shape in sorted(shapes) if self.crop and self.letterbox(shape).shown < LEAST_SHOWN]
        if not far:
            return []
        height, width = far[-1]
        text = (
            f"'{job.name}.crop' keeps the middle {self.crop} × {self.crop} pixels of slices of {height} × {width}"
            ": a lesion outside them cannot be found. Set it to 0 for the whole slice."
        )
        return [Note(text, "warning")]

    def seconds(self, sample: Sample) -> float:
        """One case; several run side by side."""
        return seconds_of(lambda: prepare_slices(sample.case.load(), self)) / (cpu_count() or 1)
