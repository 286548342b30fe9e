"""Settings kept as text, ``step.knob=value``; those of one case move live knobs for it alone."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from napari_wsss.errors import RecipeError
from napari_wsss.pipeline.earlier import present_setting
from napari_wsss.pipeline.recipe import Recipe, parse_override


def fitting(recipe: Recipe, overrides: Sequence[str]) -> tuple[Recipe, list[str]]:
    """Apply the settings of one case that fit; the recipe may have changed since they were kept.

    Returns:
        The recipe with them, and one line for each that was left out: an unknown step or knob, a value out of bounds,
        or a step that is not computed live and so belongs to the whole project.
    """
    recipe, _, faults = sorted_out(recipe, overrides, live=True)
    return recipe, faults


def sorted_out(recipe: Recipe, overrides: Sequence[str], *, live: bool) -> tuple[Recipe, list[str], list[str]]:
    """Apply the settings that fit, under their present names.

    Args:
        recipe: the recipe they are meant for.
        overrides: settings as they were kept, perhaps for an earlier version of the recipe.
        live: whether those of steps that are not computed live are left out too.

    Returns:
        The recipe with them; these settings, under their present names; one line for each that was left out.
    """
    kept, faults = [], []
    for text in overrides:
        try:
            step, knob, value = present_setting(recipe.steps, *parse_override(text))
            if live:
                check_live(recipe, step)
            recipe = recipe.with_overrides([f"{step}.{knob}={value}"])
        except RecipeError as error:
            faults.append(" ".join(str(error).split()))
        else:
            kept.append(f"{step}.{knob}={value}")
    return recipe, kept, faults


def check_live(recipe: Recipe, step: str) -> None:
    """Refuse a step that cannot have settings of one case.

    Raises:
        RecipeError: there is no such step, or it is a job.
    """
    if not recipe.step(step).live:
        live = ", ".join(name for name, candidate in recipe.steps.items() if candidate.live)
        raise RecipeError(
            f"'{step}' works for the whole project and cannot be set for one case; steps that can are: {live}."
        )


def as_overrides(recipe: Recipe, changes: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """Write step → knob → value as settings.

    Raises:
        RecipeError: an unknown step or knob, or a value out of bounds.
    """
    texts = []
    for step, knobs in changes.items():
        values = recipe.with_knobs(step, **knobs).step(step).model_dump(mode="json")
        texts += [f"{step}.{knob}={json.dumps(values[knob])}" for knob in knobs]
    return texts


def without(overrides: Sequence[str], names: Collection[str]) -> list[str]:
    """Give the settings but for those of the knobs ``names`` (``step.knob``)."""
    return [text for text in overrides if ".".join(parse_override(text)[:2]) not in names]


def merged(earlier: Sequence[str], later: Sequence[str]) -> list[str]:
    """Give all settings, the later one of each knob."""
    return list({parse_override(text)[:2]: text for text in (*earlier, *later)}.values())
