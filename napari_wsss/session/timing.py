"""How long a stage will take: a small piece of it, measured on this machine."""

from __future__ import annotations

import math
from time import perf_counter
from typing import Any, cast

import numpy as np

from napari_wsss.cam.cost import cost_in_passes
from napari_wsss.cam.stack import LayerMaps, MapStack
from napari_wsss.models.layers import feature_layers
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
from napari_wsss.pipeline.steps.live import LiveStep
from napari_wsss.pipeline.workspace import Workspace
from napari_wsss.progress import Progress, Work, drain
from napari_wsss.types import Array, BoolArray, FloatArray


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
        elif isinstance(step, LiveStep) and step.gives == "mask" and step.passes is None:
            rates[name] = sample.seconds_live(name)
    return rates


class _Sample:
    """One case of middle depth, and the cohort's counts."""

    def __init__(self, recipe: Recipe, workspace: Workspace, device: str) -> None:
        self.recipe, self.workspace, self.device = recipe, workspace, device
        self._results = ArrayCache()
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
        """Seconds of a pass, from a few slices at scale 1, times the passes that the setting costs a case."""
        import torch

        from napari_wsss.cam.ask import Asker
        from napari_wsss.cam.capture import borrowed
        from napari_wsss.cam.maps import place_of
        from napari_wsss.models.classifier import build_classifier
        from napari_wsss.progress import drain

        classifier = cast("TrainClassifier", self.recipe.step(step.classifier))
        model, _ = build_classifier(classifier.replace(weights="random"), self.channels, self.classes)
        offered = feature_layers(classifier.backbone, classifier.stride)
        little = step.replace(scales=(1.0,), channels=min(step.channels or 16, 16), samples=min(step.samples, 2))
        many = 1 if step.method == "score-cam" else 4
        place = place_of(self.device)
        few = torch.rand(many, self.channels, self.size, self.size, device=place)

        def ask() -> None:
            _, scores = drain(asker.ask(few, range(many), step.batch_size))
            scores.cpu()  # a GPU has done its work when the clock stops

        with borrowed(model, place):
            asker = Asker(model, little, few[:1], often=True)
            seconds = _seconds(ask)
        passes = many * cost_in_passes(little, offered, self.classes)
        return seconds / passes * cost_in_passes(step, offered, self.classes) * self.depth

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
        """A step, and what it needs that no step before needed, on one slice, times the slices with a lesion."""
        from os import cpu_count

        self._graph(ArrayCache()).value(name)  # pays for compilation
        graph = self._graph(self._results)
        graph.value(name)
        share = self.positive / max(self.training_slices, 1)
        return sum(graph.seconds.values()) * self.depth * share / (cpu_count() or 1)

    def _graph(self, results: ArrayCache) -> Graph:
        rng = np.random.default_rng(0)
        _, height, width = self.case.geometry.shape
        image: FloatArray = rng.random((self.channels, 1, height, width), dtype=np.float32)
        scan = Scan(image, self.case.geometry.spacing, np.ones((1, self.classes), dtype=np.int8))
        roots: dict[str, Any] = dict.fromkeys(self.recipe.giving("classifier"), self._ask)
        roots |= {root: self._maps(step) for root, step in self.recipe.steps.items() if isinstance(step, ComputeMaps)}
        keys = Keys(self.recipe, self.workspace, pinned_models(self.recipe, self.workspace))
        return Graph(self.recipe, keys, self.case.id, scan, roots, results)

    def _ask(self, _: BoolArray, slices: Array) -> FloatArray:
        """Stand for the classifier of differential prediction; its own time is not counted."""
        return np.zeros((len(slices), self.classes), dtype=np.float32)

    def _maps(self, step: ComputeMaps) -> dict[str, Any]:
        cells = max(self.size // 16, 2)
        half = np.ones((self.classes, 1, cells, cells), dtype=np.float16)
        half[..., : cells // 2] = 0
        grid = np.array([[0, 1 / cells]] * 2)
        layer = LayerMaps(dict.fromkeys(step.scales, half), dict.fromkeys(step.scales, grid))
        stack = MapStack([layer] * max(len(step.layers), 1), np.ones((1, self.classes), dtype=np.float32))
        return stack.arrays() | {"size": np.asarray(self.size)}


def _seconds(do: Any) -> float:  # noqa: ANN401
    """Time the second of two calls; the first pays for compilation and warming up."""
    do()
    start = perf_counter()
    do()
    return perf_counter() - start
