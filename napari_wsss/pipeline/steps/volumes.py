"""Step: make whole scans into the inputs of 3-D networks."""

from __future__ import annotations

from collections.abc import Sequence
from os import cpu_count
from typing import TYPE_CHECKING, ClassVar, Literal

from napari_wsss.data.preprocess_volume import PreprocessVolume, prepare_volume
from napari_wsss.data.volume import Volume
from napari_wsss.params import knob
from napari_wsss.pipeline.cases import each_case
from napari_wsss.pipeline.sample import Sample, seconds_of
from napari_wsss.pipeline.step import Artefact, Stage, Step
from napari_wsss.progress import Work
from napari_wsss.refine.skull import Skull, inside_skull
from napari_wsss.types import Array

if TYPE_CHECKING:
    from napari_wsss.pipeline.job import Job


class PrepareVolumes(PreprocessVolume, Step):
    """Normalise every scan and fit it into a box of voxels, kept memory-mapped for training and prediction."""

    kind: Literal["prepare-volumes"] = "prepare-volumes"
    skull: bool = knob(
        False, "Remove the skull and all outside it. For CT only: on other scans it would remove bright lesions."
    )
    stage: ClassVar[Stage] = "train-classifier"
    gives: ClassVar[Artefact] = "volumes"

    def run(self, job: Job, case_ids: Sequence[str]) -> Work[None]:
        """Write ``volume`` float16 (channels, D, H, W) for each case."""

        def prepare(case_id: str) -> None:
            job.write_arrays(case_id, {"volume": self.prepared(job.workspace.cases[case_id].load())})

        yield from each_case(job.name, case_ids, prepare)

    def prepared(self, volume: Volume) -> Array:
        """Give a scan as :func:`prepare_volume` does, without its skull if so wished.

        Raises:
            InputError: skull removal from what is no CT.
        """
        inside = inside_skull(volume.array[0], Skull()) if self.skull else None
        return prepare_volume(volume, self, inside)

    def seconds(self, sample: Sample) -> float:
        """One case; several run side by side."""
        return seconds_of(lambda: self.prepared(sample.case.load())) / (cpu_count() or 1)
