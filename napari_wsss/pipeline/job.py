"""Job: what a step is handed when it runs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from napari_wsss.models.card import weights_digest
from napari_wsss.pipeline.keys import Keys
from napari_wsss.pipeline.on_disk import OnDisk
from napari_wsss.pipeline.recipe import Recipe
from napari_wsss.pipeline.scan import Scan, load_scan
from napari_wsss.pipeline.step import Step
from napari_wsss.pipeline.workspace import ArrayShelf, ModelShelf, Workspace
from napari_wsss.types import Array


@dataclass(frozen=True)
class Job:
    """One step of a recipe over a workspace.

    Attributes:
        name: the step's name in the recipe.
        recipe: the recipe it belongs to.
        workspace: cases, labels, masks and folders.
        keys: keys of every step.
        device: "auto", "cpu", "cuda" or "mps".
    """

    name: str
    recipe: Recipe
    workspace: Workspace
    keys: Keys
    device: str = "auto"

    @property
    def step(self) -> Step:
        """The step itself."""
        return self.recipe.step(self.name)

    def of(self, name: str) -> Job:
        """Give the job of another step."""
        return Job(name, self.recipe, self.workspace, self.keys, self.device)

    def key(self, case_id: str = "") -> str:
        """Give the key of this step's result."""
        return self.keys.key(self.name, case_id)

    def arrays(self, step: str, case_id: str) -> dict[str, Array]:
        """Give the arrays another step left for a case. Raises ProjectError when there are none."""
        return ArrayShelf(self.workspace.cache, step, case_id).read()

    def on_disk(self, step: str, case_id: str) -> dict[str, OnDisk]:
        """Give the arrays another step left for a case, unread: for whoever goes through many cases again and again.

        Raises:
            ProjectError: there are none.
        """
        return ArrayShelf(self.workspace.cache, step, case_id).on_disk()

    def write_arrays(self, case_id: str, arrays: Mapping[str, Array]) -> None:
        """Leave this step's arrays for a case."""
        ArrayShelf(self.workspace.cache, self.name, case_id).write(self.key(case_id), arrays)

    def model_folder(self, step: str) -> Path:
        """Give the folder of the model that ``step`` trained."""
        return ModelShelf(self.workspace.models).place(step, self.keys.key(step))

    def write_mask(self, case_id: str, mask: Array, **facts: Any) -> None:  # noqa: ANN401
        """Keep this step's mask of a case, with the settings of all that led to it."""
        provenance = self.provenance(case_id) | facts
        self.workspace.masks.write(self.name, case_id, mask, provenance)

    def provenance(self, case_id: str = "") -> dict[str, Any]:
        """Say what a result is made from: recipe, key, and the knobs of every step upstream."""
        recipe = self.recipe_of(case_id)
        chain: Sequence[str] = list(recipe.upstream(self.name))
        trained = [name for name in chain if name in self.keys.pinned and name != self.name]
        folders = [ModelShelf(self.workspace.models).place(name, self.keys.pinned[name]) for name in trained]
        return {
            "weights": {folder.name: weights_digest(folder) for folder in folders} or None,
            "recipe": self.recipe.name,
            "step": self.name,
            "key": self.key(case_id),
            "params": {name: recipe.step(name).model_dump(mode="json") for name in chain},
        }

    def recipe_of(self, case_id: str) -> Recipe:
        """Give the recipe with the case's own settings."""
        return self.keys.recipe_of(case_id)

    def scan(self, case_id: str) -> Scan:
        """Load a case as the live steps need it."""
        return load_scan(self.recipe, self.workspace, case_id)
