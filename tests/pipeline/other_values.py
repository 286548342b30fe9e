"""Another valid value for any knob, whatever its type."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from napari_wsss.errors import RecipeError
from napari_wsss.params import Knob
from napari_wsss.pipeline.recipe import Recipe

BOX = (0, 2, 2, 3, 20, 20)
OTHER_BOX = (0, 3, 3, 2, 18, 18)
HOLDS = {"scope_of_range": "slice"}
"""Knobs that can hold others of their step at one value, and where they let go: lesion-free is known at scale 1."""


def another(recipe: Recipe, step: str, knob: str) -> Recipe:
    """Give the recipe with the knob at another valid value.

    Raises:
        AssertionError: no such value was found.
    """
    before = recipe.step(step)
    for released in ({}, {name: value for name, value in HOLDS.items() if name in before.knobs() and name != knob}):
        for value in _candidates(before.knobs()[knob], getattr(before, knob)):
            try:
                moved = recipe.with_knobs(step, **{knob: value}, **released)
            except RecipeError:
                continue
            if moved.step(step).canonical() != before.canonical():
                return moved
    raise AssertionError(f"{step}.{knob}: no other value found")


def _candidates(knob: Knob, value: Any) -> Iterator[Any]:
    yield from (choice for choice in knob.choices if choice != value)
    if isinstance(value, bool):
        yield not value
    elif isinstance(value, tuple):
        yield from ((*value, 1.25), (1.25,), (*value, "x"), value[:1], (BOX,), (OTHER_BOX,), (0.25, 0.5), (40, 48, 56))
    elif isinstance(value, str):
        yield value + "x"
    elif value is None:
        yield from (1, 1.0, (BOX,), "x")
    else:
        step = 32 if knob.name == "size" and isinstance(value, int) else knob.step or 1
        yield from (value + step, value - step, value + 2 * step, 2 * value)
