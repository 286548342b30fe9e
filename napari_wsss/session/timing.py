"""How long a stage will take: a small piece of it, measured on this machine."""

from __future__ import annotations

import math
from time import perf_counter
from typing import Any, cast

import numpy as np

from napari_wsss.pipeline.cache import ArrayCache
from napari_wsss.pipeline.graph import Graph
from napari_wsss.pipeline.keys import Keys
from napari_wsss.pipeline.recipe import Recipe
from napari_wsss.pipeline.runner import pinned_models
from napari_wsss.pipeline.scan import Scan
from napari_wsss.pipeline.steps import (
    ComputeMaps,
    PredictMasks,
    PrepareSlices,
    TrainClassifier,
    TrainSegmenter,
)
from napari_wsss.pipeline.workspace import Workspace
from napari_wsss.progress import Progress, Work, drain
from napari_wsss.types import FloatArray


def seconds_per_unit(recipe: Recipe, workspace: Workspace, device: str) -> Work[dict[str, float]]:
    """Give step → seconds per unit of the plan (a case, or an epoch of training), from one case of middle depth."""
    sample = _Sample(recipe, workspace, device)
    rates: dict[str, float] = {}
    for done, (name, step) in enumerate(recipe.steps.items()):
        yield Progress("estimate", done, len(recipe.steps), name)
        if isinstance(step, PrepareSlices):
            rates[name] = sample.seconds_to_prepare(step)
        elif isinstance(step, TrainClassifier | TrainSegmenter):
            rates[name] = sample.seconds_per_epoch(step)
        elif isinstance(step, ComputeMaps):
            rates[name] = sample.seconds_for_maps(step)
        elif isinstance(step, PredictMasks):
            rates[name] = sample.seconds_to_predict(step)
        elif step.gives == "mask":
            rates[name] = sample.seconds_live(name)
    return rates


class _Sample:
    """One case of middle depth, and the cohort's counts."""

    def __init__(self, recipe: Recipe, workspace: Workspace, device: str) -> None:
        self.recipe, self.workspace, self.device = recipe, workspace, device
        by_depth = sorted(workspace.cases.values(), key=lambda case: case.geometry.shape[0])
        self.case = by_depth[len(by_depth) // 2]
        self.depth = self.case.geometry.shape[0]
        prepare = next((step for step in recipe.steps.values() if isinstance(step, PrepareSlices)), PrepareSlices())
        self.size = prepare.size
        self.channels = len(self.case.channel_names)
        self.classes = len(workspace.labels.classes)
        self.training_slices = sum(workspace.cases[case_id].geometry.shape[0] for case_id in workspace.subset("train"))
        self.labelled = sum(
            int((workspace.labels.slice_labels(case_id) >= 0).any(axis=1).sum())
            for case_id in workspace.subset("train")
        )
        self.positive = sum(
            int((workspace.labels.slice_labels(case_id) == 1).any(axis=1).sum())
            for case_id in workspace.subset("train")
        )

    def seconds_to_prepare(self, step: PrepareSlices) -> float:
        """One case; several run side by side."""
        from os import cpu_count

        from napari_wsss.data.preprocess import prepare_slices

        return _seconds(lambda: prepare_slices(self.case.load(), step)) / (cpu_count() or 1)

    def seconds_per_epoch(self, step: TrainClassifier | TrainSegmenter) -> float:
        """A few training steps, times the steps of an epoch."""
        from napari_wsss.engine.fit import seconds_per_step

        if isinstance(step, TrainClassifier):
            examples, model, batch, loss = self._classifier(step)
        else:
            examples, model, batch, loss = self._segmenter(step)
        return seconds_per_step(model, batch, loss, step, device=self.device) * math.ceil(examples / step.batch_size)

    def _classifier(self, step: TrainClassifier) -> tuple[int, Any, Any, Any]:
        import torch

        from napari_wsss.losses.classification import classification_loss
        from napari_wsss.models.classifier import build_classifier

        net = step.replace(weights="random")
        model, _ = build_classifier(net, self.channels, self.classes)
        batch = {
            "image": torch.zeros(step.batch_size, self.channels, self.size, self.size),
            "label": torch.zeros(step.batch_size, self.classes),
        }
        return self.labelled, model, batch, lambda net, given: classification_loss(net(given["image"]), given["label"])

    def _segmenter(self, step: TrainSegmenter) -> tuple[int, Any, Any, Any]:
        import torch

        from napari_wsss.models.segmenter import build_segmenter

        masks = torch.zeros(step.batch_size, self.size, self.size, dtype=torch.int64)
        masks[:, : self.size // 4] = 1
        batch = {
            "image": torch.zeros(step.batch_size, self.channels, self.size, self.size),
            "seeds": masks,
            "targets": masks,
        }
        examples = min(round(self.positive * (1 + step.negatives)), self.training_slices)
        return examples, build_segmenter(step, self.channels, self.classes), batch, step.objective()

    def seconds_for_maps(self, step: ComputeMaps) -> float:
        """A few slices at all scales, times the slices of a case."""
        from napari_wsss.cam.maps import compute_maps
        from napari_wsss.models.classifier import build_classifier

        classifier = cast("TrainClassifier", self.recipe.step(step.classifier))
        model, _ = build_classifier(classifier.replace(weights="random"), self.channels, self.classes)
        few = np.zeros((4, self.channels, self.size, self.size), dtype=np.float32)
        grids = drain(compute_maps(model.eval(), few[:1], step, device=self.device)).grids
        work = lambda: drain(compute_maps(model, few, step, device=self.device, grids=grids))  # noqa: E731
        return _seconds(work) * self.depth / 4

    def seconds_to_predict(self, step: PredictMasks) -> float:
        """A few slices, times the slices of a case."""
        from napari_wsss.engine.predict import predict_probabilities
        from napari_wsss.models.segmenter import build_segmenter

        segmenter = cast("TrainSegmenter", self.recipe.step(step.segmenter))
        model = build_segmenter(segmenter, self.channels, self.classes).eval()
        few = np.zeros((4, self.channels, self.size, self.size), dtype=np.float32)
        work = lambda: drain(predict_probabilities(model, few, device=self.device, batch_size=4))  # noqa: E731
        return _seconds(work) * self.depth / 4

    def seconds_live(self, name: str) -> float:
        """A step and the live steps before it on one slice, times the slices that may hold a lesion."""
        from os import cpu_count

        rng = np.random.default_rng(0)
        _, height, width = self.case.geometry.shape
        image: FloatArray = rng.random((self.channels, 1, height, width), dtype=np.float32)
        scan = Scan(image, self.case.geometry.spacing, np.ones((1, self.classes), dtype=np.int8))
        roots = {root: self._maps(step) for root, step in self.recipe.steps.items() if isinstance(step, ComputeMaps)}
        keys = Keys(self.recipe, self.workspace, pinned_models(self.recipe, self.workspace))
        graph = Graph(self.recipe, keys, self.case.id, scan, roots, ArrayCache())
        graph.value(name)
        share = self.positive / max(self.training_slices, 1)
        return graph.seconds[name] * self.depth * share / (cpu_count() or 1)

    def _maps(self, step: ComputeMaps) -> dict[str, Any]:
        cells = max(self.size // 16, 2)
        maps = {f"scale-{scale:g}": np.ones((self.classes, 1, cells, cells), dtype=np.float16) for scale in step.scales}
        for array in maps.values():
            array[..., : cells // 2] = 0
        grids = {f"grid-{scale:g}": np.array([[0, 1 / cells]] * 2) for scale in step.scales}
        return maps | grids | {"logits": np.ones((1, self.classes), dtype=np.float32), "size": np.asarray(self.size)}


def _seconds(do: Any) -> float:  # noqa: ANN401
    """Time the second of two calls; the first pays for compilation and warming up."""
    do()
    start = perf_counter()
    do()
    return perf_counter() - start
