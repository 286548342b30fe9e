"""One case on the bench: its scan, maps and truth in memory, and how well a setting's mask agrees with the truth."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np

from napari_wsss.errors import ProjectError
from napari_wsss.metrics.overlap import confusion
from napari_wsss.pipeline.cache import ArrayCache
from napari_wsss.pipeline.graph import Graph
from napari_wsss.pipeline.job import Job
from napari_wsss.pipeline.keys import Keys
from napari_wsss.pipeline.overrides import without
from napari_wsss.pipeline.recipe import Recipe
from napari_wsss.pipeline.runner import pinned_models
from napari_wsss.pipeline.scan import load_scan
from napari_wsss.pipeline.setting import Setting, with_setting
from napari_wsss.pipeline.step import ASKED
from napari_wsss.pipeline.truths import Truth
from napari_wsss.pipeline.workspace import ArrayShelf, Workspace
from napari_wsss.types import Array, BoolArray, FloatArray, LabelMap


class BenchCase:
    """A case whose settings are judged. Settings of the case alone hold, but for the knobs that are judged.

    Args:
        recipe: the recipe with the settings that stay.
        workspace: the project's cases, labels and folders.
        at: mask step that is judged.
        truth: the mask it is judged against, and on which slices.
        most_slices: slices judged at most, where the steps work slice by slice; all when None.
        cache: where the results of the steps are kept.

    Attributes:
        stale: its maps were made with other labels or settings than now.

    Raises:
        ProjectError: it has no maps.
    """

    def __init__(  # noqa: PLR0917 (all six are needed, none has a default)
        self, recipe: Recipe, workspace: Workspace, at: str, truth: Truth, most_slices: int | None, cache: ArrayCache
    ) -> None:
        self._recipe, self._workspace, self._at, self._cache = recipe, workspace, at, cache
        self._case_id = truth.case_id
        self._classes = len(workspace.labels.classes)
        names = [name for name in recipe.upstream(at) if recipe.step(name).gives == "maps"]
        shelves = {name: ArrayShelf(workspace.cache, name, truth.case_id) for name in names}
        self._roots: dict[str, Any] = {name: _read(shelf, truth.case_id) for name, shelf in shelves.items()}
        made = {name: str(shelf.key) for name, shelf in shelves.items()}
        models = pinned_models(recipe, workspace)
        now = Keys(recipe, workspace, models)
        self.stale = any(now.key(name, truth.case_id) != key for name, key in made.items())
        self._pinned = models | made
        asked = recipe.giving(*ASKED)  # all: a setting that is judged may be the first to ask one
        self._roots |= {name: _asking(Job(name, recipe, workspace, now), truth.case_id) for name in asked}
        self._scan = load_scan(recipe, workspace, truth.case_id)
        self._truth = truth.read()
        self._slices = np.flatnonzero(truth.slices)
        self._few = self._pick(most_slices)

    @property
    def nbytes(self) -> int:
        """Bytes of scan and truth; the maps are read from their files as needed."""
        return int(self._scan.image.nbytes + self._truth.nbytes)

    @property
    def counted(self) -> Array:
        """(n,) numbers of the slices that count."""
        return self._slices

    @property
    def truth(self) -> LabelMap:
        """(n, Y, X), the truth on the slices that count."""
        return self._truth[self._slices]

    def value(self, step: str, setting: Setting) -> Array:
        """Give a live step's result under a setting, (n, Y, X) or (C, n, Y, X), on the slices that count."""
        whole = self._graph(setting).value(step)
        return np.asarray(whole[:, self._slices] if whole.ndim == 4 else whole[self._slices])

    def matrix(self, setting: Setting) -> Array:
        """Give the confusion matrix (C + 1, C + 1) of the mask under a setting; row = truth, column = mask."""
        graph = self._graph(setting)
        if graph.slicewise(self._at):
            planes = [graph.value(self._at, int(z))[0] for z in self._few]
        else:
            planes = list(graph.value(self._at)[self._few])
        pairs = zip(planes, self._truth[self._few], strict=True)
        return np.asarray(np.sum([confusion(plane, truth, self._classes) for plane, truth in pairs], axis=0))

    def _graph(self, setting: Setting) -> Graph:
        recipe, workspace = with_setting(self._recipe, setting), self._workspace
        if own := workspace.overrides.get(self._case_id):
            workspace = replace(workspace, overrides={self._case_id: without(own, setting)})
        keys = Keys(recipe, workspace, self._pinned)
        return Graph(recipe, keys, self._case_id, self._scan, self._roots, self._cache)

    def _pick(self, most: int | None) -> Array:
        """Give the slices judged where steps work slice by slice: evenly spaced among those where something shows."""
        if most is None or len(self._slices) <= most:
            return self._slices
        names = [name for name in self._recipe.upstream(self._at) if self._recipe.step(name).gives == "evidence"]
        graph = self._graph({})
        lit = [
            z for z in self._slices if self._truth[z].any() or any(graph.value(name, int(z)).any() for name in names)
        ]
        shown = np.asarray(lit or self._slices)
        return np.asarray(shown[np.unique(np.linspace(0, len(shown) - 1, most).round().astype(int))])


def _read(shelf: ArrayShelf, case_id: str) -> dict[str, Array]:
    if shelf.key is None:
        raise ProjectError(f"{case_id}: no activation maps yet; run `napari-wsss maps PROJECT` first.")
    return shelf.read()


def _asking(job: Job, case_id: str) -> Callable[..., FloatArray]:
    """Give the function that asks the classifier of ``job`` about a case; torch is loaded when it is first asked."""

    def ask(regions: BoolArray, slices: Array) -> FloatArray:
        from napari_wsss.pipeline.classify import ask_model

        scores: FloatArray = ask_model(job, job.name, case_id)(regions, slices)
        return scores

    return ask
