"""Settings given to a whole benchmark: each recipe takes those whose step and knob it has."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from napari_wsss.errors import RecipeError
from napari_wsss.pipeline.overrides import merged
from napari_wsss.pipeline.recipe import Recipe, parse_override
from napari_wsss.session.benchmark.contest import check_names
from napari_wsss.session.recipe_choice import smaller_settings


def with_settings(base: Recipe, overrides: Sequence[str], small: bool) -> Recipe:
    """Give a recipe with the settings that name a step and a knob of it, over its smaller ones where ``small``.

    Raises:
        RecipeError: a value is out of bounds.
    """
    taken = [text for text in overrides if _has(base, text)]
    smaller = smaller_settings(base, taken) if small else []
    return base.with_overrides(merged(smaller, taken))


def check_settings(bases: Iterable[Recipe], overrides: Sequence[str]) -> None:
    """Refuse a setting that none of the recipes can take.

    Raises:
        RecipeError: it has another form, no recipe has such a step and knob, or as
            :func:`~napari_wsss.session.benchmark.contest.check_names`.
    """
    bases = list(bases)
    names = [base.name for base in bases]
    check_names(names)
    for text in overrides:
        if not any(_has(base, text) for base in bases):
            raise RecipeError(
                f"--set {text}: none of {', '.join(names)} has this step and knob; see `recipes --show NAME`."
            )


def _has(recipe: Recipe, text: str) -> bool:
    step, knob, _ = parse_override(text)
    return step in recipe.steps and knob in (*recipe.steps[step].knobs(), *recipe.steps[step].link_kinds())
