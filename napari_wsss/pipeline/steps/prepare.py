"""Step: cut cases into network inputs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar, Literal

from napari_wsss.data.preprocess import Preprocess, prepare_slices
from napari_wsss.pipeline.cases import each_case
from napari_wsss.pipeline.step import Artefact, Stage, Step
from napari_wsss.progress import Work

if TYPE_CHECKING:
    from napari_wsss.pipeline.job import Job


class PrepareSlices(Preprocess, Step):
    """Normalise every scan and fit its slices into squares, kept memory-mapped for training and prediction."""

    kind: Literal["prepare-slices"] = "prepare-slices"
    stage: ClassVar[Stage] = "train-classifier"
    gives: ClassVar[Artefact] = "slices"

    def run(self, job: Job, case_ids: Sequence[str]) -> Work[None]:
        """Write ``slices`` float16 (Z, channels, size, size) for each case."""

        def prepare(case_id: str) -> None:
            job.write_arrays(case_id, {"slices": prepare_slices(job.workspace.cases[case_id].load(), self)})

        yield from each_case(job.name, case_ids, prepare)
