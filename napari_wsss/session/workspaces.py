"""A project as the pipeline sees it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from napari_wsss.files import file_digest
from napari_wsss.pipeline.recipe import Recipe
from napari_wsss.pipeline.workspace import Workspace
from napari_wsss.session.kept_predictions import keep_with_model
from napari_wsss.session.settings import Settings
from napari_wsss.store.project import Project
from napari_wsss.store.provenance import now, provenance, versions
from napari_wsss.types import BoolArray, LabelMap


class ProjectMasks:
    """Proposals and predictions of a project, by the step that makes them."""

    def __init__(self, project: Project, recipe: Recipe) -> None:
        self._project = project
        self._predictions = set(recipe.giving("prediction"))

    def write(self, kind: str, case_id: str, mask: LabelMap, made: Mapping[str, Any]) -> Path:
        """Keep a mask with its provenance."""
        facts = provenance(**made)
        if kind in self._predictions:
            path = self._project.write_prediction(kind, case_id, mask, facts)
            if "model" in made:
                keep_with_model(self._project, kind, case_id, str(made["model"]))
            return path
        return self._project.write_proposal(kind, case_id, mask, facts)

    def read(self, kind: str, case_id: str) -> LabelMap | None:
        """Give the mask kept, or None."""
        if kind in self._predictions:
            return self._project.prediction(kind, case_id)
        return self._project.proposal(kind, case_id)

    def key(self, kind: str, case_id: str) -> str | None:
        """Give the key the mask was made under, or None."""
        if kind in self._predictions:
            return self._project.prediction_key(kind, case_id)
        return self._project.proposal_key(kind, case_id)


class ProjectAccepted:
    """Accepted masks of a project."""

    def __init__(self, project: Project) -> None:
        self._project = project

    def mask(self, case_id: str) -> LabelMap | None:
        """Give the accepted mask, or None."""
        return self._project.accepted(case_id)

    def slices(self, case_id: str) -> BoolArray:
        """Give (Z,), True where accepted."""
        return np.asarray(self._project.accepted_slices(case_id), dtype=bool)

    def digest(self, case_id: str) -> str:
        """Give a text that changes whenever the accepted mask does; empty without one."""
        path = self._project.accepted_path(case_id)
        if not path.exists():
            return ""
        return file_digest(path) + "".join(str(int(chosen)) for chosen in self.slices(case_id))


def workspace_of(project: Project, recipe: Recipe) -> Workspace:
    """Give the workspace of a project."""
    rejected = project.rejected()
    return Workspace(
        cases=project.cases,
        labels=project.labels,
        masks=ProjectMasks(project, recipe),
        accepted=ProjectAccepted(project),
        cache=project.cache_folder,
        models=project.models_folder,
        rejected=[case_id for case_id in project.cases if case_id in rejected],
        stamp=lambda: {"versions": versions(), "time": now()},
        overrides=Settings(project).of_cases(),
    )
