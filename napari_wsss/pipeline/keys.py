"""Keys: a hash of all that a step's result depends on. Equal keys mean that nothing needs to run again."""

from __future__ import annotations

import json
from collections.abc import Mapping

from napari_wsss.data.preprocess import Intensity
from napari_wsss.errors import ModelError
from napari_wsss.files import digest
from napari_wsss.models.card import weights_digest
from napari_wsss.pipeline.learning import Learning
from napari_wsss.pipeline.recipe import Recipe
from napari_wsss.pipeline.scan import normalisation
from napari_wsss.pipeline.step import Step
from napari_wsss.pipeline.workspace import Workspace


class Keys:
    """Keys of one recipe over one workspace. A case's own settings, as the workspace has them, count for that case.

    Args:
        recipe: the steps.
        workspace: cases, labels and accepted masks that take part.
        pinned: step → key of a trained model to be taken as it is, whatever its settings say now.
            So maps can be made with a classifier whose labels have changed since.
    """

    def __init__(self, recipe: Recipe, workspace: Workspace, pinned: Mapping[str, str] | None = None) -> None:
        self.recipe = recipe
        self.workspace = workspace
        self.pinned = dict(pinned or {})
        # A live step sees the scan without a link to it. Added only where it is not the usual one.
        seen = normalisation(recipe)
        self._seen = "" if seen == Intensity() else seen.canonical()
        self._known: dict[tuple[str, str], str] = {}
        self._recipes: dict[str, Recipe] = {}

    def pin(self, step: str, key: str) -> None:
        """Take the model of ``step`` under ``key`` from now on."""
        self.pinned[step] = key
        self._known.clear()

    def fresh(self, name: str) -> str:
        """Give the key a cohort step would have if it ran now, whatever is pinned."""
        return self._cohort(name, self.recipe.step(name))

    def key(self, name: str, case_id: str = "") -> str:
        """Give the key of a step; ``case_id`` says for which case, and is ignored by cohort steps."""
        if name in self.pinned:
            return self.pinned[name]
        step = self.recipe_of(case_id).step(name)
        if step.passes is not None:
            return self.key(step.passes, case_id)
        place = (name, case_id if step.works_on == "case" else "")
        if place not in self._known:
            self._known[place] = self._case(step, case_id) if step.works_on == "case" else self._cohort(name, step)
        return self._known[place]

    def recipe_of(self, case_id: str) -> Recipe:
        """Give the recipe with the case's own settings."""
        if case_id not in self._recipes:
            self._recipes[case_id] = self.workspace.recipe_for(self.recipe, case_id)
        return self._recipes[case_id]

    def _case(self, step: Step, case_id: str) -> str:
        upstream = [self.key(name, case_id) for name in step.links().values()]
        settings = _settings(step) + (self._seen if step.live else "")
        return digest(settings, self.workspace.cases[case_id].digest, *self._people(step, case_id), *upstream)

    def _cohort(self, name: str, step: Step) -> str:
        parts = [_settings(self._as_it_counts(step)), name, *self._begins_with(step)]
        for case_id in self._learnt_from(step):
            case = self.workspace.cases[case_id]
            parts += [case_id, str(case.subset), *self._people(step, case_id)]
            parts += [self.key(upstream, case_id) for upstream in step.links().values()]
        return digest(*parts)

    def _as_it_counts(self, step: Step) -> Step:
        """Give the step without the weight of proposals where it has no effect: nothing, or only that, is accepted."""
        if not isinstance(step, Learning):
            return step
        both = step.learn_from == "all" and any(map(self.workspace.accepted.digest, self.workspace.training_cases()))
        return step if both else step.model_copy(update={"pseudo_weight": 1.0})

    def _learnt_from(self, step: Step) -> list[str]:
        cases = self.workspace.training_cases()
        if not isinstance(step, Learning) or step.learn_from == "all":
            return cases
        return [case_id for case_id in cases if self.workspace.accepted.digest(case_id)]

    def _begins_with(self, step: Step) -> list[str]:
        """Give the digest of the weights that a training goes on from; empty where it starts with random ones."""
        if not isinstance(step, Learning) or not step.start:
            return []
        try:
            return [weights_digest(self.workspace.models / step.start)]
        except ModelError:  # the training itself will say so
            return ["missing"]

    def _people(self, step: Step, case_id: str) -> list[str]:
        """Give what people said about a case, as far as it takes part in the step."""
        labels = self.workspace.labels.digest([case_id]) if step.uses_labels else ""
        if not step.uses_accepted:
            return [labels, ""]
        rejected = "rejected" if case_id in self.workspace.rejected else ""
        return [labels, self.workspace.accepted.digest(case_id) + rejected]


def _settings(step: Step) -> str:
    """Give the step's own part of the key: kind, version and knobs. Links count through what they lead to."""
    data = json.loads(step.canonical())
    knobs = {name: value for name, value in data.items() if name not in step.link_kinds()}
    return f"{type(step).__name__}/{step.version}/{json.dumps(knobs, sort_keys=True)}"
