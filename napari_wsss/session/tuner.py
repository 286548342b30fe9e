"""Tuner: the live path of one case — move a knob, ask for a slice or the volume, get the mask. No torch."""

from __future__ import annotations

from collections.abc import Mapping
from copy import deepcopy
from dataclasses import replace
from typing import Any

from napari_wsss.pipeline.cache import ArrayCache
from napari_wsss.pipeline.graph import Graph
from napari_wsss.pipeline.job import Job
from napari_wsss.pipeline.keys import Keys
from napari_wsss.pipeline.recipe import Recipe
from napari_wsss.pipeline.runner import pinned_models
from napari_wsss.pipeline.scan import load_scan
from napari_wsss.pipeline.steps.live import LiveStep
from napari_wsss.pipeline.workspace import ArrayShelf, Workspace
from napari_wsss.types import FloatArray, LabelMap


class Tuner:
    """Proposals of one case while its knobs move.

    Not for use by two threads at once; results are kept by key, so going back to a value costs nothing.

    Args:
        recipe: the recipe in use, with the project's settings.
        workspace: the project's cases, labels and folders.
        case_id: the case.
        cache: where results are kept.

    Attributes:
        recipe: the recipe with the knobs as they are now.
        stale: the maps were made by another model or other settings than those in use now.
    """

    def __init__(self, recipe: Recipe, workspace: Workspace, case_id: str, cache: ArrayCache | None = None) -> None:
        self.recipe = recipe
        # Labels may change while the tuner lives; its scan and its keys must speak of the same ones.
        self._workspace = workspace = replace(workspace, labels=deepcopy(workspace.labels))
        self._case_id = case_id
        self._cache = cache if cache is not None else ArrayCache()
        upstream = [recipe.step(name) for name in recipe.upstream(recipe.proposal)]
        names = [name for name in recipe.upstream(recipe.proposal) if recipe.step(name).gives == "maps"]
        shelves = {name: ArrayShelf(workspace.cache, name, case_id) for name in names}
        self.has_maps = all(shelf.key is not None for shelf in shelves.values()) and bool(upstream)
        self._roots = {name: shelf.read() for name, shelf in shelves.items()} if self.has_maps else {}
        self._keys_of_roots = {name: str(shelf.key) for name, shelf in shelves.items()}
        wanted = Keys(recipe, workspace, pinned_models(recipe, workspace))
        self.stale = self.has_maps and any(
            wanted.key(name, case_id) != key for name, key in self._keys_of_roots.items()
        )
        self._scan = load_scan(recipe, workspace, case_id)
        self._graph = self._make_graph()

    @property
    def steps(self) -> dict[str, LiveStep]:
        """The live steps that the proposal depends on, in running order, with their knobs as they are now."""
        chain = {name: self.recipe.step(name) for name in self.recipe.upstream(self.recipe.proposal)}
        return {name: step for name, step in chain.items() if isinstance(step, LiveStep)}

    @property
    def slicewise(self) -> bool:
        """Whether one slice can be computed without the rest of the volume."""
        return self._graph.slicewise(self.recipe.proposal)

    @property
    def timings(self) -> Mapping[str, float]:
        """Seconds that the last run of each step took."""
        return dict(self._graph.seconds)

    def key(self) -> str:
        """Give a text that changes with every knob; a result is current while it is the same."""
        return self._graph.keys.key(self.recipe.proposal, self._case_id)

    def set(self, step: str, **knobs: Any) -> None:  # noqa: ANN401
        """Move knobs of one live step. Raises RecipeError for an unknown name or a value out of bounds."""
        self.recipe = self.recipe.with_knobs(step, **knobs)
        self._graph = self._make_graph()

    def evidence(self, z: int | None = None) -> FloatArray:
        """Give the soft map behind the proposal: (C, Z, Y, X), or (C, Y, X) of slice ``z``; values in [0, 1]."""
        name = [name for name, step in self.steps.items() if step.gives == "evidence"][-1]
        value: FloatArray = self._graph.value(name, z)
        return value if z is None else value[:, 0]

    def mask(self, z: int | None = None) -> LabelMap:
        """Give the proposal: label map (Z, Y, X), or (Y, X) of slice ``z``."""
        value: LabelMap = self._graph.value(self.recipe.proposal, z)
        return value if z is None else value[0]

    def provenance(self) -> dict[str, Any]:
        """Say how the proposal was made: recipe, key, knobs of every step."""
        keys = Keys(self.recipe, self._workspace, pinned_models(self.recipe, self._workspace))
        job = Job(self.recipe.proposal, self.recipe, self._workspace, keys)
        return job.provenance(self._case_id) | {"key": self.key()}

    def _make_graph(self) -> Graph:
        keys = Keys(self.recipe, self._workspace, self._keys_of_roots)
        graph = Graph(self.recipe, keys, self._case_id, self._scan, self._roots, self._cache)
        graph.seconds.update(self._graph.seconds if hasattr(self, "_graph") else {})
        return graph
