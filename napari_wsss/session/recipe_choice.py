"""Which recipe a project uses, and with which settings."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from napari_wsss.errors import RecipeError
from napari_wsss.files import write_text
from napari_wsss.pipeline.overrides import as_overrides, merged
from napari_wsss.pipeline.recipe import Recipe, parse_override
from napari_wsss.recipes import recipe_named
from napari_wsss.session.settings import Changes, Settings
from napari_wsss.store.project import Project

DEFAULT_RECIPE = "default"


class RecipeChoice:
    """The recipe in use with the project's settings.

    Args:
        project: the project.
        settings: its settings.

    Attributes:
        recipe: the recipe in use.
        notes: a line when stored settings no longer fit the recipe: they are left out.

    Raises:
        RecipeError: the project's recipe is unknown, or its file is damaged.
    """

    def __init__(self, project: Project, settings: Settings) -> None:
        self._project, self._settings = project, settings
        base = self.base()
        overrides, faults = settings.of_project(base)
        self.recipe = base.with_overrides(overrides)
        told = "Stored settings that no longer fit the recipe are left out."
        self.notes = [f"{told} {' '.join(faults)}"] if faults else []

    def base(self, recipe: str | Path | None = None) -> Recipe:
        """Give a recipe without the project's settings: the project's own, or one by name or from a YAML file."""
        name = self._own() if recipe is None else str(recipe)
        return Recipe.read(Path(name)) if _is_file(name) else recipe_named(name)

    def is_own(self, recipe: str | Path | None) -> bool:
        """Whether this is the project's own recipe (None is)."""
        return recipe is None or recipe == self._project.settings.get("recipe")

    def overrides(self, base: Recipe) -> list[str]:
        """Give the project's settings ``step.knob=value``, as far as they fit."""
        return self._settings.of_project(base)[0]

    def keep(self, changes: Changes) -> None:
        """Change knobs for the project; all or none. Raises RecipeError for an unknown name or a bad value."""
        new, base = as_overrides(self.recipe, changes), self.base()
        self.adopt(base, [*self.overrides(base), *new])

    def adopt(self, base: Recipe, overrides: Sequence[str], *, keep: bool = True) -> None:
        """Put a recipe and its settings to use, and store them unless told not to or the project is read-only.

        Raises:
            RecipeError: a setting does not fit.
            ProjectError: the project cannot be written; nothing changed.
        """
        overrides = merged((), overrides)
        recipe = base.with_overrides(overrides)
        if keep and not self._project.read_only:
            self._settings.store({"recipe": self._name_to_store(base), "overrides": overrides})
        self.recipe = recipe

    def _own(self) -> str:
        name = str(self._project.settings.get("recipe", DEFAULT_RECIPE))
        return str(self._project.folder / name) if _is_file(name) else name

    def _name_to_store(self, base: Recipe) -> str:
        """A published recipe is stored by name; a person's own is copied into the project."""
        try:
            if recipe_named(base.name) == base:
                return base.name
        except RecipeError:
            pass
        kept = self._project.folder / "recipes" / f"{base.name}.yaml"
        write_text(kept, base.to_yaml())
        return kept.relative_to(self._project.folder).as_posix()


def smaller_settings(base: Recipe, overrides: Sequence[str]) -> list[str]:
    """Give the recipe's settings for a machine without a GPU, but for the knobs that ``overrides`` sets."""
    theirs = {parse_override(text)[:2] for text in overrides}
    return [text for text in base.small if parse_override(text)[:2] not in theirs]


def _is_file(recipe: str) -> bool:
    return recipe.endswith((".yaml", ".yml"))
