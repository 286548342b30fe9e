"""Step: the class maps of a tied-weight deconvolution network."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar, Literal, cast

import numpy as np

from napari_wsss.cam.stack import LayerMaps, MapStack
from napari_wsss.errors import RecipeError
from napari_wsss.params import knob
from napari_wsss.pipeline.sample import Sample, seconds_of, side_of
from napari_wsss.pipeline.step import link
from napari_wsss.pipeline.steps.map_source import MapSource, square_arrays
from napari_wsss.progress import Progress, Work, drain, part_of

if TYPE_CHECKING:
    from napari_wsss.data.preprocess import Preprocess
    from napari_wsss.models.tied import TiedNetwork
    from napari_wsss.pipeline.job import Job
    from napari_wsss.types import Array


class TiedMaps(MapSource):
    """Keep the activation map of every slice and class, at the resolution of the last deconvolution stage."""

    kind: Literal["tied-maps"] = "tied-maps"
    network: str = link("tied-network", help="the network that is asked")
    slices: str = link("slices", help="network inputs")
    batch_size: int = knob(16, "Slices asked about together; fewer need less memory.", ge=1, le=256, advanced=True)

    side_multiple: ClassVar[int] = 1

    def run(self, job: Job, case_ids: Sequence[str]) -> Work[None]:
        """Write the maps of each case: ``scale-1``, ``grid-1``, ``logits`` and those of :func:`square_arrays`.

        Raises:
            RecipeError: the network has no class maps yet.
        """
        from napari_wsss.models.tied import TiedNetwork
        from napari_wsss.pipeline.trained import load_tied

        model = load_tied(job.model_folder(self.network))
        if not isinstance(model, TiedNetwork):
            raise RecipeError(f"'{self.network}' has no class maps yet: link to a training of deconvolution stages.")
        prepared = cast("Preprocess", job.recipe.step(self.slices))
        total = sum(job.workspace.cases[case_id].geometry.shape[0] for case_id in case_ids)
        done = 0
        for case_id in case_ids:
            slices = job.arrays(self.slices, case_id)["slices"]
            stack = yield from part_of(self._stack(model, slices, job.device), job.name, done, total, case_id)
            letterbox = prepared.letterbox(job.workspace.cases[case_id].geometry.shape[1:])
            job.write_arrays(case_id, stack.arrays() | square_arrays(letterbox))
            done += slices.shape[0]
            yield Progress(job.name, done, total, case_id)

    def seconds(self, sample: Sample) -> float:
        """A few slices, times the slices of a case."""
        from napari_wsss.models.tied import TiedNetwork
        from napari_wsss.pipeline.tied import settings_behind

        settings = settings_behind(sample.recipe, self.network)
        stages = getattr(sample.step(self.network), "stages", 0)
        model = TiedNetwork(settings, sample.channels, sample.classes, stages).eval()
        side = side_of(sample, self)
        few = np.zeros((4, sample.channels, side, side), dtype=np.float32)
        return seconds_of(lambda: drain(self._stack(model, few, sample.device))) * sample.depth / 4

    def _stack(self, model: TiedNetwork, slices: Array, device: str) -> Work[MapStack]:
        from napari_wsss.engine.predict import predict_logits
        from napari_wsss.models.tied_scores import MapsOf, grid_of, logits_of_maps

        batches = (slices[start : start + self.batch_size] for start in range(0, len(slices), self.batch_size))
        maps = yield from predict_logits(MapsOf(model), batches, device=device, total=len(slices))
        lesions = np.ascontiguousarray(maps[:, 1:].swapaxes(0, 1)).astype(np.float16)
        layer = LayerMaps({1.0: lesions}, {1.0: grid_of(slices.shape[-1], model.stride)})
        return MapStack([layer], logits_of_maps(model, maps))
