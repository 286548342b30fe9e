"""Step: turn a classifier into activation maps."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar, Literal

import numpy as np

from napari_wsss.cam.settings import ActivationMaps
from napari_wsss.pipeline.step import Artefact, Stage, Step, link
from napari_wsss.progress import Progress, Work, part_of

if TYPE_CHECKING:
    from napari_wsss.pipeline.job import Job


class ComputeMaps(ActivationMaps, Step):
    """Keep the raw map of every slice, class, scale and layer, at the resolution of the network's feature map."""

    kind: Literal["activation-maps"] = "activation-maps"
    classifier: str = link("classifier", help="the classifier that is asked")
    slices: str = link("slices", help="network inputs")
    stage: ClassVar[Stage] = "maps"
    gives: ClassVar[Artefact] = "maps"

    def run(self, job: Job, case_ids: Sequence[str]) -> Work[None]:
        """Write the maps of each case.

        Arrays: those of :meth:`MapStack.arrays` (``scale-S`` float16 (C, Z, h, w), ``grid-S`` float64 (2, 2), with an
        ending for layers after the first, ``logits`` float32 (Z, C)), and ``size`` (side of the network's input).
        """
        from napari_wsss.cam.maps import compute_maps
        from napari_wsss.pipeline.trained import load_classifier

        model = load_classifier(job.model_folder(self.classifier))
        total = sum(job.workspace.cases[case_id].geometry.shape[0] for case_id in case_ids)
        done = 0
        stack = None  # the grids of one case hold for all: they come out of one step, at one size
        for case_id in case_ids:
            slices = job.arrays(self.slices, case_id)["slices"]
            work = compute_maps(model, slices, self, device=job.device, like=stack)
            stack = yield from part_of(work, job.name, done, total, case_id)
            job.write_arrays(case_id, stack.arrays() | {"size": np.asarray(slices.shape[-1])})
            done += slices.shape[0]
            yield Progress(job.name, done, total, case_id)
