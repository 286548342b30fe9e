"""The session's knobs: the recipe in use, and what is kept of it for the project, for single cases and under a name."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from napari_wsss.models.settings import Network
from napari_wsss.pipeline.overrides import fitting
from napari_wsss.pipeline.recipe import Recipe
from napari_wsss.pipeline.step import Step
from napari_wsss.pipeline.workspace import ModelShelf
from napari_wsss.session import segmenter_choice
from napari_wsss.session.recipe_choice import RecipeChoice
from napari_wsss.session.segmenter_choice import Quality, SegmenterChoice
from napari_wsss.session.settings import Changes, Settings
from napari_wsss.store.project import Project


class Knobs:
    """The part of a :class:`~napari_wsss.session.Session` that reads and keeps knobs.

    Attributes:
        project: the folder: cases, labels, masks.
    """

    def __init__(self, project: Project) -> None:
        self.project = project
        self._settings = Settings(project)
        self._choice = RecipeChoice(project, self._settings)

    @property
    def recipe(self) -> Recipe:
        """The recipe in use, with this project's settings."""
        return self._choice.recipe

    @property
    def notes(self) -> list[str]:
        """What a person should know about the project as it was opened, one line each."""
        return list(self._choice.notes)

    def set(self, step: str, **knobs: Any) -> None:  # noqa: ANN401
        """Change knobs of one step for this project. Raises RecipeError for an unknown name or a bad value."""
        self.keep({step: knobs})

    def keep(self, changes: Changes) -> None:
        """Change knobs, step → knob → value, for this project; all or none. Raises as :meth:`set`."""
        self._choice.keep(changes)

    def set_case(self, case_id: str, step: str, **knobs: Any) -> None:  # noqa: ANN401
        """Change knobs of one live step for one case, whatever the project's are.

        Proposals of the case are made with them from then on, here and on the command line.

        Raises:
            InputError: no such case.
            RecipeError: a step that works for the whole project, an unknown knob or a bad value.
            ProjectError: the project cannot be written.
        """
        self.keep_case(case_id, {step: knobs})

    def keep_case(self, case_id: str, changes: Changes) -> None:
        """Change knobs, step → knob → value, for one case; all or none. Raises as :meth:`set_case`."""
        self._settings.keep_case(self.recipe, case_id, changes)

    def clear_case(self, case_id: str, step: str | None = None, knob: str | None = None) -> None:
        """Let the project's settings hold for a case again: all of them, of one step, or one knob."""
        self._settings.clear_case(case_id, step, knob)

    def case_overrides(self, case_id: str) -> list[str]:
        """Give the settings ``step.knob=value`` that hold for this case alone."""
        return self._settings.of_cases().get(self.project.case(case_id).id, [])

    def case_notes(self, case_id: str) -> list[str]:
        """Say which settings of the case do not fit the recipe in use and are left out, one line each."""
        return fitting(self.recipe, self.case_overrides(case_id))[1]

    def recipe_for(self, case_id: str) -> Recipe:
        """Give the recipe with the settings of the project and the case's own."""
        return fitting(self.recipe, self.case_overrides(case_id))[0]

    def save_preset(self, name: str, changes: Changes) -> None:
        """Keep knobs of live steps, step → knob → value, under a name. Raises as :meth:`set_case`."""
        self._settings.keep_preset(self.recipe, name, changes)

    def presets(self) -> dict[str, list[str]]:
        """Give name → settings ``step.knob=value`` kept under it."""
        return self._settings.presets()

    def preset(self, name: str) -> dict[str, dict[str, Any]]:
        """Give step → knob → value of a preset, as far as it fits the recipe. Raises RecipeError for an unknown one."""
        return self._settings.preset(self.recipe, name)

    def delete_preset(self, name: str) -> None:
        """Forget a preset. Raises RecipeError for an unknown one, ProjectError in a read-only project."""
        self._settings.delete_preset(name)

    def apply(self, setting: Mapping[str, Any]) -> None:
        """Change knobs (``step.knob`` → value) for this project, all or none, as a search or calibration gave them.

        Raises:
            RecipeError: an unknown name or a bad value.
        """
        changes: dict[str, dict[str, Any]] = {}
        for name, value in setting.items():
            step, _, knob = name.partition(".")
            changes.setdefault(step, {})[knob] = value
        self.keep(changes)

    def choice(self) -> SegmenterChoice:
        """Give the few choices about training the segmenter, as the settings in use have them.

        Raises:
            RecipeError: the recipe trains no segmenter.
        """
        return segmenter_choice.choice_of(self.recipe, self._standard())

    def choose(self, choice: SegmenterChoice) -> None:
        """Turn choices about training the segmenter into settings of the project; all or none.

        Raises:
            RecipeError: the recipe trains no segmenter, or not with this network; there is no model to improve, or it
                is another network.
            ProjectError: the project cannot be written.
        """
        shelf = ModelShelf(self.project.models_folder)
        settings = segmenter_choice.settings_of(choice, self.recipe, self._standard(), shelf)
        self.keep({segmenter_choice.segmenter_of(self.recipe): settings})

    def networks(self) -> tuple[Network, ...]:
        """Give the networks that the recipe's segmenter can be. Raises as :meth:`choice`."""
        return segmenter_choice.networks_of(self.recipe)

    def qualities(self) -> dict[Quality, str]:
        """Give quality → what it sets, in words. Raises as :meth:`choice`."""
        return segmenter_choice.qualities_of(self._standard(), self.choice().fine_tune)

    def _standard(self) -> Step:
        return segmenter_choice.standard_of(self._choice.base(), self.recipe)
