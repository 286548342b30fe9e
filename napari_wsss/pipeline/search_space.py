"""Search space: which knobs calibration moves, and the values it tries for each, coarse to fine."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

from napari_wsss.errors import RecipeError
from napari_wsss.params import Knob, nearest
from napari_wsss.pipeline.recipe import Recipe
from napari_wsss.pipeline.scale import Scale
from napari_wsss.pipeline.step import Step
from napari_wsss.pipeline.steps.live import LiveStep
from napari_wsss.refine.crf_settings import MOST_SRGB

KINDS = ("mask", "kernel", "region")
"""Artefacts of the steps whose knobs are moved by default; how maps are fused stays as the recipe says."""

CHOICES = ("rule", "choose", "keep")
"""Choices moved by default: how masks are combined, which tissue, which island. Others, such as 2d or 3d, and whether
a filter is used at all, are the person's."""

LEFT_ALONE = ("iterations", "channel", "sz", "sxy_smooth", "compat_smooth")
"""Numbers not moved by default: they cost time and change the mask little, or depend on the scan alone."""

PER_CHANNEL = {"srgb": (1.0, MOST_SRGB)}
"""Knobs that hold one number for each channel, or one for all, and the bounds of the numbers."""

WAY_BACK = (0.75, 0.5, 0.25)
"""Parts of the way back to where a knob started at which it is tried."""


@dataclass(frozen=True)
class Dimension:
    """One knob that is moved.

    Attributes:
        name: ``step.knob``.
        knob: its declaration.
    """

    name: str
    knob: Knob

    def candidates(self, held: Any, round_number: int) -> list[Any]:  # noqa: ANN401 (a knob's value)
        """Give the values to try in a round (0 … :data:`ROUNDS` - 1) beside the one held, within bounds."""
        if self._chosen:
            return [choice for choice in self._chosen if choice != held] if round_number < 2 else []
        if isinstance(held, tuple):  # one number a channel: all by the same factor
            numbers = self._scale().candidates(held[0], round_number)
            return [tuple(self._scale().rounded(one * number / held[0]) for one in held) for number in numbers]
        return list(self._scale().candidates(held, round_number))

    def at_an_end(self, value: Any) -> bool:  # noqa: ANN401 (a knob's value)
        """Whether a number, or one of several, is the lowest or highest allowed; a choice has no ends."""
        if self._chosen:
            return False
        numbers = value if isinstance(value, tuple) else (value,)
        return any(number in bounds(self.knob) for number in numbers)

    def way_back(self, held: Any, start: Any) -> list[Any]:  # noqa: ANN401 (a knob's values)
        """Give values from ``start`` to just before ``held``, both numbers or as many numbers."""
        scale = self._scale()
        between = [
            tuple(scale.between(one, other, share) for one, other in zip(held, start, strict=True))
            if isinstance(held, tuple)
            else scale.between(held, start, share)
            for share in WAY_BACK
        ]
        return [value for value in dict.fromkeys([start, *between]) if value != held]

    @property
    def _chosen(self) -> tuple[Any, ...]:
        """The values of a knob that is a choice; empty for numbers."""
        return (False, True) if self.knob.annotation is bool else self.knob.choices

    def _scale(self) -> Scale:
        low, high = bounds(self.knob)
        default = self.knob.default[0] if isinstance(self.knob.default, tuple) else self.knob.default
        whole = self.knob.annotation is int
        return Scale(low, high, self.knob.step or float(whole), default, whole=whole)


def dimensions(recipe: Recipe, at: str, names: Sequence[str] | None = None) -> list[Dimension]:
    """Give the knobs to move.

    Args:
        recipe: the recipe in use.
        at: the mask step they must lead to.
        names: ``step.knob`` of each; None takes the numbers with bounds and the :data:`CHOICES` of all steps after the
            soft maps that take part, but for :data:`LEFT_ALONE` and what a form folds away.

    Raises:
        RecipeError: a name leads to no such knob, or there is none to move.
    """
    chain = [name for name in recipe.upstream(at) if isinstance(recipe.step(name), LiveStep)]
    every = [dimension for name in chain for dimension in _of_step(recipe, name)]
    if names is None:
        active = recipe.active(at)
        used = [dimension for dimension in every if dimension.name.partition(".")[0] in active]
        found = [dimension for dimension in used if _by_default(dimension, recipe)]
        if not found:
            raise RecipeError(f"no step with a knob to calibrate leads to '{at}'.")
        # Moves that need no new kernel of a CRF come first: they are quick, and a short search should have made them.
        return sorted(found, key=lambda dimension: recipe.step(dimension.name.partition(".")[0]).gives == "kernel")
    by_name = {dimension.name: dimension for dimension in every}
    for name in names:
        if name not in by_name:
            raise RecipeError(f"'{name}' is no knob that leads to '{at}'. {nearest(name, tuple(by_name))}")
    return [by_name[name] for name in dict.fromkeys(names)]


def _of_step(recipe: Recipe, name: str) -> list[Dimension]:
    step = recipe.step(name)
    return [Dimension(f"{name}.{knob.name}", _usable(step, knob)) for knob in step.knobs().values() if _movable(knob)]


def _usable(step: Step, knob: Knob) -> Knob:
    """Leave out the choices that the step refuses, such as to ask a classifier where none is linked."""
    values = step.accepted(knob.name)
    return replace(knob, annotation=Literal.__getitem__(values)) if values != knob.choices else knob


def bounds(knob: Knob) -> tuple[float, float]:
    """Give the lowest and the highest value of a knob that takes numbers. Raises ValueError if they are not known."""
    low, high = PER_CHANNEL.get(knob.name, (knob.lower, knob.upper))
    if low is None or high is None:
        raise ValueError(f"knob '{knob.name}' has no bounds.")
    return float(low), float(high)


def _movable(knob: Knob) -> bool:
    bounded = knob.lower is not None and knob.upper is not None
    return bool(knob.choices) or knob.annotation is bool or (_is_number(knob) and (bounded or knob.name in PER_CHANNEL))


def _is_number(knob: Knob) -> bool:
    return knob.annotation in (int, float) or knob.name in PER_CHANNEL


def _by_default(dimension: Dimension, recipe: Recipe) -> bool:
    step, _, name = dimension.name.partition(".")
    if recipe.step(step).gives not in KINDS or dimension.knob.advanced:
        return False
    return name not in LEFT_ALONE if _is_number(dimension.knob) else name in CHOICES
