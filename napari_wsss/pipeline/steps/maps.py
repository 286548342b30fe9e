"""Step: turn a classifier into activation maps."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Literal, cast

import numpy as np

from napari_wsss.cam.cost import cost_in_passes
from napari_wsss.cam.settings import ActivationMaps
from napari_wsss.models.card import read_card
from napari_wsss.models.layers import feature_layers
from napari_wsss.pipeline.sample import Sample, seconds_of, side_of
from napari_wsss.pipeline.step import link
from napari_wsss.pipeline.steps.map_source import MapSource, square_arrays
from napari_wsss.progress import Progress, Work, drain, part_of
from napari_wsss.types import Array

if TYPE_CHECKING:
    from napari_wsss.data.preprocess import Preprocess
    from napari_wsss.pipeline.job import Job
    from napari_wsss.pipeline.steps.classifier import TrainClassifier


class ComputeMaps(ActivationMaps, MapSource):
    """Keep the raw map of every slice, class, scale and layer, at the resolution of the network's feature map."""

    kind: Literal["activation-maps"] = "activation-maps"
    classifier: str = link("classifier", help="the classifier that is asked")
    slices: str = link("slices", help="network inputs")

    @property
    def kept_scales(self) -> tuple[float, ...]:
        """All scales that are computed."""
        return self.scales

    @property
    def kept_layers(self) -> int:
        """How many layers are read."""
        return max(len(self.layers), 1)

    def run(self, job: Job, case_ids: Sequence[str]) -> Work[None]:
        """Write the maps of each case.

        Arrays: those of :meth:`MapStack.arrays` (``scale-S`` float16 (C, Z, h, w), ``grid-S`` float64 (2, 2), with an
        ending for layers after the first, ``logits`` float32 (Z, C)), those of :func:`square_arrays`, and where it is
        known for this method, ``levels`` float32 (C, Q), what the maps reach in lesion-free slices (at scale 1).
        """
        from napari_wsss.cam.maps import compute_maps
        from napari_wsss.pipeline.trained import load_classifier

        model = load_classifier(job.model_folder(self.classifier))
        levels = self._levels(job)
        prepared = cast("Preprocess", job.recipe.step(self.slices))
        total = sum(job.workspace.cases[case_id].geometry.shape[0] for case_id in case_ids)
        done = 0
        stack = None  # the grids of one case hold for all: they come out of one step, at one size
        for case_id in case_ids:
            slices = job.arrays(self.slices, case_id)["slices"]
            work = compute_maps(model, slices, self, device=job.device, like=stack)
            stack = yield from part_of(work, job.name, done, total, case_id)
            letterbox = prepared.letterbox(job.workspace.cases[case_id].geometry.shape[1:])
            job.write_arrays(case_id, stack.arrays() | square_arrays(letterbox) | levels)
            done += slices.shape[0]
            yield Progress(job.name, done, total, case_id)

    def _levels(self, job: Job) -> dict[str, Array]:
        levels = read_card(job.model_folder(self.classifier)).get("lesion_free_levels")
        known = levels is not None and self.method == "cam" and 1.0 in self.scales
        return {"levels": np.asarray(levels, dtype=np.float32)} if known else {}

    def seconds(self, sample: Sample) -> float:
        """Seconds of a pass, from a few slices at scale 1, times the passes that the setting costs a case."""
        import torch

        from napari_wsss.cam.ask import Asker
        from napari_wsss.cam.capture import borrowed
        from napari_wsss.cam.maps import place_of
        from napari_wsss.models.classifier import build_classifier
        from napari_wsss.pipeline.networks import network_step

        classifier = cast("TrainClassifier", sample.step(network_step(sample.recipe, self.classifier)))
        model, _ = build_classifier(classifier.replace(weights="random"), sample.channels, sample.classes)
        offered = feature_layers(classifier.backbone, classifier.stride)
        little = self.replace(scales=(1.0,), channels=min(self.channels or 16, 16), samples=min(self.samples, 2))
        many = 1 if self.method == "score-cam" else 4
        place, side = place_of(sample.device), side_of(sample, self)
        few = torch.rand(many, sample.channels, side, side, device=place)

        def ask() -> None:
            _, scores = drain(asker.ask(few, range(many), self.batch_size))
            scores.cpu()  # a GPU has done its work when the clock stops

        with borrowed(model, place):
            asker = Asker(model, little, few[:1], often=True)
            seconds = seconds_of(ask)
        passes = many * cost_in_passes(little, offered, sample.classes)
        return seconds / passes * cost_in_passes(self, offered, sample.classes) * sample.depth
