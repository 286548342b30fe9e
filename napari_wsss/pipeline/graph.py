"""Graph: the live steps of one case. Moving a knob runs that step and its descendants, nothing else."""

from __future__ import annotations

from collections.abc import Mapping
from time import perf_counter
from typing import Any

from napari_wsss.files import digest
from napari_wsss.pipeline.cache import ArrayCache
from napari_wsss.pipeline.keys import Keys
from napari_wsss.pipeline.recipe import Recipe
from napari_wsss.pipeline.scan import Scan
from napari_wsss.pipeline.steps.live import LiveStep
from napari_wsss.types import Array


class Graph:
    """Evaluates live steps of one case and remembers their results by key.

    Args:
        recipe: the steps.
        keys: keys of the recipe; must be those of ``recipe``.
        case_id: the case.
        scan: the case in memory.
        roots: values of the upstream steps that are not live, by step name: arrays by name (raw maps), or a
            function that asks a trained model.
        cache: where results are kept; may be shared by several graphs.

    Attributes:
        seconds: step → time its last run took. A step answered from the cache keeps its last figure.
        runs: steps that really ran since the graph was made, in order.
    """

    def __init__(  # noqa: PLR0917 (all six are needed, none has a default)
        self, recipe: Recipe, keys: Keys, case_id: str, scan: Scan, roots: Mapping[str, Any], cache: ArrayCache
    ) -> None:
        self.recipe, self.keys, self.case_id = recipe, keys, case_id
        self.scan, self.roots, self.cache = scan, roots, cache
        self.seconds: dict[str, float] = {}
        self.runs: list[str] = []

    def value(self, name: str, z: int | None = None) -> Any:  # noqa: ANN401 (array of the step's artefact, or a kernel)
        """Give the result of a live step.

        Args:
            name: the step.
            z: one slice (the result's Z axis then has length 1), or None for the whole volume.
        """
        step = self.recipe.step(name)
        if not isinstance(step, LiveStep):
            raise TypeError(f"step '{name}' is a job, not a live step")
        if step.passes is not None:
            return self.value(step.passes, z)
        if step.whole:
            z = None
        elif z is not None and not self.slicewise(name):
            return _cut(self.value(name), slice(z, z + 1))
        key = digest(self.keys.key(name, self.case_id), str(z))
        kept = self.cache.get(key)
        if kept is None:
            kept = self._run(name, step, z)
            self.cache.put(key, kept)
        return kept

    def slicewise(self, name: str) -> bool:
        """Whether ``name`` and all live steps before it can be computed slice by slice."""
        step = self.recipe.step(name)
        if not isinstance(step, LiveStep):
            return True
        if step.passes is not None:
            return self.slicewise(step.passes)
        return step.whole or (step.slicewise and all(self.slicewise(upstream) for upstream in step.links().values()))

    def _run(self, name: str, step: LiveStep, z: int | None) -> Any:  # noqa: ANN401
        region = slice(None) if z is None else slice(z, z + 1)
        inputs = {field: self._input(upstream, region, z) for field, upstream in step.links().items()}
        start = perf_counter()
        result = step.compute(inputs, self.scan.cut(region))
        self.seconds[name] = perf_counter() - start
        self.runs.append(name)
        return result

    def _input(self, upstream: str, region: slice, z: int | None) -> Any:  # noqa: ANN401
        if upstream not in self.roots:
            return self.value(upstream, z)
        root = self.roots[upstream]
        return root if callable(root) else {name: cut_root(name, array, region) for name, array in root.items()}


def cut_root(name: str, array: Array, region: slice) -> Array:
    """Cut an array of raw maps to some slices: ``scale-…`` is (C, Z, …), ``logits`` (Z, C), all others stay whole."""
    if name.startswith("scale-"):
        return array[:, region]
    return array[region] if name == "logits" else array


def _cut(array: Array, region: slice) -> Array:
    """Cut a soft map (C, Z, Y, X) or a label map (Z, Y, X) to some slices."""
    return array[:, region] if array.ndim == 4 else array[region]
