"""How long a stage will take: a small piece of it, measured on this machine."""

from __future__ import annotations

from os import cpu_count
from typing import Any

import numpy as np

from napari_wsss.cam.stack import LayerMaps, MapStack
from napari_wsss.pipeline.cache import ArrayCache
from napari_wsss.pipeline.graph import Graph
from napari_wsss.pipeline.keys import Keys
from napari_wsss.pipeline.recipe import Recipe
from napari_wsss.pipeline.runner import pinned_models
from napari_wsss.pipeline.sample import Sample
from napari_wsss.pipeline.scan import Scan
from napari_wsss.pipeline.step import ASKED
from napari_wsss.pipeline.steps.map_source import MapSource
from napari_wsss.pipeline.workspace import Workspace
from napari_wsss.progress import Progress, Work
from napari_wsss.refine.level import SHARES
from napari_wsss.types import Array, BoolArray, FloatArray

_CELLS = 16
"""Side of the raw maps that the live steps are tried on."""


def seconds_per_unit(recipe: Recipe, workspace: Workspace, device: str) -> Work[dict[str, float]]:
    """Give step → seconds per unit of the plan (a case, or an epoch of training), from one case of middle depth."""
    sample = Sample(recipe, workspace, device)
    live = _LiveSteps(sample)
    rates: dict[str, float] = {}
    for done, (name, step) in enumerate(recipe.steps.items()):
        yield Progress("estimate", done, len(recipe.steps), name)
        if not step.live:
            rate = step.seconds(sample)
        else:
            rate = live.seconds(name) if step.gives == "mask" and step.passes is None else None
        if rate is not None:
            rates[name] = rate
    return rates


class _LiveSteps:
    """The live steps of a recipe over one made-up slice."""

    def __init__(self, sample: Sample) -> None:
        self._sample = sample
        self._results = ArrayCache()

    def seconds(self, name: str) -> float:
        """A step, and what it needs that no step before needed, on one slice, times the slices with a lesion."""
        sample = self._sample
        self._graph(ArrayCache()).value(name)  # pays for compilation
        graph = self._graph(self._results)
        graph.value(name)
        share = sample.positive / max(sample.slices, 1)
        return sum(graph.seconds.values()) * sample.depth * share / (cpu_count() or 1)

    def _graph(self, results: ArrayCache) -> Graph:
        sample = self._sample
        recipe, case = sample.recipe, sample.case
        rng = np.random.default_rng(0)
        _, height, width = case.geometry.shape
        image: FloatArray = rng.random((sample.channels, 1, height, width), dtype=np.float32)
        scan = Scan(image, case.geometry.spacing, np.ones((1, sample.classes), dtype=np.int8))
        roots: dict[str, Any] = dict.fromkeys(recipe.giving(*ASKED), self._ask)
        roots |= {root: self._maps(step) for root, step in recipe.steps.items() if isinstance(step, MapSource)}
        keys = Keys(recipe, sample.workspace, pinned_models(recipe, sample.workspace))
        return Graph(recipe, keys, case.id, scan, roots, results)

    def _ask(self, _: BoolArray, slices: Array) -> FloatArray:
        """Stand for the classifier of differential prediction; its own time is not counted."""
        return np.zeros((len(slices), self._sample.classes), dtype=np.float32)

    def _maps(self, step: MapSource) -> dict[str, Any]:
        half = np.ones((self._sample.classes, 1, _CELLS, _CELLS), dtype=np.float16)
        half[..., : _CELLS // 2] = 0
        grid = np.array([[0, 1 / _CELLS]] * 2)
        layer = LayerMaps(dict.fromkeys(step.kept_scales, half), dict.fromkeys(step.kept_scales, grid))
        stack = MapStack([layer] * step.kept_layers, np.ones((1, self._sample.classes), dtype=np.float32))
        levels = np.tile(np.linspace(1.0, 0.0, len(SHARES), dtype=np.float32), (self._sample.classes, 1))
        return stack.arrays() | {"size": np.asarray(_CELLS * 16), "levels": levels}
