"""Settings: values of knobs by the name ``step.knob``, as search and calibration move them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from napari_wsss.pipeline.recipe import Recipe

Setting = Mapping[str, Any]
"""``step.knob`` → value."""


def with_setting(recipe: Recipe, setting: Setting) -> Recipe:
    """Give the recipe with these knobs changed. Raises RecipeError as :meth:`Recipe.with_knobs`."""
    for name, value in setting.items():
        step, _, knob = name.partition(".")
        recipe = recipe.with_knobs(step, **{knob: value})
    return recipe


def present(recipe: Recipe, name: str) -> Any:  # noqa: ANN401 (a knob's value)
    """Give the value of the knob ``step.knob`` as it is set now."""
    step, _, knob = name.partition(".")
    return getattr(recipe.step(step), knob)


def canonical(setting: Setting) -> str:
    """Give one text for equal settings, whatever their order."""
    return repr(sorted(setting.items()))
