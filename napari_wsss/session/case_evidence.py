"""The soft maps behind the proposals of cases, and the keys they are known by, without reading a scan."""

from __future__ import annotations

from dataclasses import replace

from napari_wsss import files
from napari_wsss.pipeline.cache import ArrayCache
from napari_wsss.pipeline.keys import Keys
from napari_wsss.pipeline.overrides import fitting
from napari_wsss.pipeline.recipe import Recipe
from napari_wsss.pipeline.runner import pinned_models
from napari_wsss.pipeline.workspace import ArrayShelf, Workspace
from napari_wsss.session.tuner import Tuner
from napari_wsss.types import FloatArray


class EvidenceSource:
    """Tells the evidence of any case, with recipe, models and settings as they were when it was made.

    Args:
        recipe: the recipe in use, with the project's settings.
        workspace: the project as the pipeline sees it.
    """

    def __init__(self, recipe: Recipe, workspace: Workspace) -> None:
        self.recipe, self.workspace = recipe, workspace
        self.pinned = pinned_models(recipe, workspace)

    def __call__(self, case_id: str) -> CaseEvidence:
        """Give the evidence of a case."""
        return CaseEvidence(self, case_id)


class CaseEvidence:
    """Evidence of one case: one soft map a model, read out of its activation maps."""

    def __init__(self, source: EvidenceSource, case_id: str) -> None:
        self._source, self._case_id = source, case_id
        recipe, workspace = source.recipe, source.workspace
        self._own = fitting(recipe, workspace.overrides.get(case_id, ()))[0]
        self._steps = _read_out(self._own)

    @property
    def key(self) -> str:
        """A text that changes with everything the maps depend on; empty where a model's maps are missing."""
        sources = [name for name in self._own.upstream(self._own.proposal) if self._own.step(name).gives == "maps"]
        workspace = self._source.workspace
        made = {name: ArrayShelf(workspace.cache, name, self._case_id).key for name in sources}
        if not self._steps or any(key is None for key in made.values()):
            return ""
        pinned = self._source.pinned | {name: str(key) for name, key in made.items()}
        keys = Keys(self._own, replace(workspace, overrides={}), pinned)
        return files.digest(*(keys.key(name, self._case_id) for name in self._steps))

    def maps(self) -> list[FloatArray]:
        """Compute them: (C, Z, Y, X) in [0, 1], one a model. Raises InputError when the scan cannot be read."""
        tuner = Tuner(self._source.recipe, self._source.workspace, self._case_id, ArrayCache())
        return [tuner.value(name) for name in self._steps]


def _read_out(recipe: Recipe) -> list[str]:
    """Give the steps that turn activation maps into soft maps, before anything is averaged."""
    chain = list(recipe.upstream(recipe.proposal))
    kinds = {name: {recipe.step(source).gives for source in recipe.step(name).links().values()} for name in chain}
    return [name for name in chain if recipe.step(name).gives == "evidence" and "maps" in kinds[name]]
