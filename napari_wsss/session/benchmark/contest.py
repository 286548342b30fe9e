"""What a benchmark is to do: which recipes, on which patients, with which budget."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from napari_wsss.errors import InputError, RecipeError
from napari_wsss.params import nearest
from napari_wsss.pipeline.recipe import Recipe


@dataclass(frozen=True)
class Contest:
    """What a benchmark is to do.

    Attributes:
        recipes: with their settings; the first is the one that the others are held against.
        published: name → the recipe without settings: a budget does not ask for more epochs than it has.
        folds: patients are drawn into so many; None for the project's own split.
        ceilings: names of the recipes whose segmenter is also taught by reference masks.
        accepted: numbers of patients whose mask a simulated person accepts, for the first recipe.
        minutes: for a run of a recipe; None for its own epochs.
        device: "auto", "cpu", "cuda" or "mps".
    """

    recipes: tuple[Recipe, ...]
    published: Mapping[str, Recipe]
    folds: int | None = None
    ceilings: tuple[str, ...] = ()
    accepted: tuple[int, ...] = ()
    minutes: float | None = None
    device: str = "auto"

    def check(self) -> None:
        """Refuse what does not fit together.

        Raises:
            InputError: accepted masks together with folds.
            RecipeError: no recipe, two of one name, or a ceiling of a recipe that takes no part.
        """
        names = [recipe.name for recipe in self.recipes]
        check_names(names)
        for name in self.ceilings:
            if name not in names:
                raise RecipeError(f"ceilings: '{name}' is none of the recipes. {nearest(name, tuple(names))}")
        if self.folds and self.accepted:
            raise InputError(
                "accepted masks are simulated on the project's own split; with folds it is not clear whose they are. "
                "Give one of the two."
            )


def check_names(names: Sequence[str]) -> None:
    """Refuse recipes of which there are none, or two under one name. Raises RecipeError."""
    if not names or len(set(names)) < len(names):
        told = ", ".join(names) or "none"
        raise RecipeError(f"recipes: {told}; a benchmark needs at least one, and each under a name of its own.")
