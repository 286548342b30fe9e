"""Recipe: a published system, or a user's own, as data — named steps over shared parts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, Literal, Self

import yaml
from pydantic import Field, model_validator

from napari_wsss.errors import RecipeError
from napari_wsss.files import read_yaml
from napari_wsss.params import Params, nearest
from napari_wsss.pipeline.earlier import present_recipe
from napari_wsss.pipeline.recipe_names import check_names
from napari_wsss.pipeline.recipe_sizes import check_sizes
from napari_wsss.pipeline.step import Step
from napari_wsss.pipeline.steps import AnyStep

OwnMetric = Literal["", "dice", "iou", "mean_iou", "printed_dsc"]
"""Figures of :mod:`napari_wsss.metrics` that publications print: per patient (dice, iou), or all voxels pooled."""


class Recipe(Params):
    """Steps in the order in which they run.

    Attributes:
        name: as used on the command line.
        title: one line for a menu.
        source: the publication it follows, and what was left open there and chosen here.
        steps: step name → step; a link names an earlier step.
        proposal: the mask step whose result the clinician reviews.
        rows: mask and prediction steps that the evaluation table lists, in that order.
        small: ``step.knob=value`` settings used without a GPU, unless the person sets those knobs.
        ablations: name of a variant → settings that take one part of the system away, ``step.knob=value`` or
            ``step.link=step``.
        own_metric: the figure that its authors print, as the tables call it; "" where no publication prints one.
    """

    name: str = Field(pattern=r"^[a-z0-9][a-z0-9-]*$")
    title: str
    source: str = ""
    steps: Mapping[str, Annotated[AnyStep, Field(discriminator="kind")]]
    proposal: str
    rows: tuple[str, ...] = ()
    small: tuple[str, ...] = ()
    ablations: Mapping[str, tuple[str, ...]] = Field(default_factory=dict)
    own_metric: OwnMetric = ""

    @model_validator(mode="after")
    def _links_hold(self) -> Self:
        _check_links(self)
        check_sizes(self.steps)
        return self

    @model_validator(mode="after")
    def _settings_fit(self) -> Self:
        for settings in (self.small, *self.ablations.values()):
            try:
                self.with_overrides(settings)
            except RecipeError as error:
                raise ValueError(str(error)) from error
        return self

    @classmethod
    def parse(cls, data: Any, where: str = "") -> Self:  # noqa: ANN401 (anything read from YAML)
        """Validate ``data``.

        Raises:
            RecipeError: one line per fault, with the nearest valid name for an unknown key or kind of step.
        """
        check_names(data, where or cls.__name__)
        return super().parse(data, where)

    @classmethod
    def read(cls, path: Path) -> Self:
        """Read a recipe from YAML (safely: no code, unknown keys refused with the nearest valid name).

        A file written by an earlier version is taken in its present form.

        Raises:
            RecipeError: a key is unknown, a value out of bounds, a link broken.
        """
        return cls.parse(present_recipe(read_yaml(path)), where=str(path))

    def to_yaml(self) -> str:
        """Give YAML text that :meth:`read` turns into an equal recipe."""
        return yaml.safe_dump(self.model_dump(mode="json"), sort_keys=False, allow_unicode=True)

    def step(self, name: str) -> Step:
        """Give the step called ``name``. Raises RecipeError with the nearest name if there is none."""
        if name not in self.steps:
            raise RecipeError(f"recipe '{self.name}' has no step '{name}'. {nearest(name, tuple(self.steps))}")
        return self.steps[name]

    def with_knobs(self, step: str, **knobs: Any) -> Self:  # noqa: ANN401
        """Give a copy with knobs or links of one step changed, validated.

        Raises:
            RecipeError: unknown step or knob, a value out of bounds, or a link to what is no earlier step of its kind.
        """
        old = self.step(step)
        valid, links = tuple(old.knobs()), old.link_kinds()
        for name in knobs:
            if name not in valid and name not in links:
                raise RecipeError(f"step '{step}' has no knob '{name}'. {nearest(name, (*valid, *links))}")
        try:
            new = old.replace(**knobs)
        except RecipeError as error:
            raise RecipeError(str(error).replace(type(old).__name__, step)) from error
        changed = self.model_copy(update={"steps": {**self.steps, step: new}})
        try:
            if links.keys() & knobs.keys():
                _check_links(changed)
            check_sizes(changed.steps)
        except ValueError as error:
            raise RecipeError(f"recipe '{self.name}': {error}") from error
        return changed

    def with_overrides(self, overrides: Sequence[str]) -> Self:
        """Apply settings of the form ``step.knob=value``; values are read as YAML.

        Raises:
            RecipeError: a setting of another form, an unknown name or a value out of bounds.
        """
        recipe = self
        for text in overrides:
            step, name, value = parse_override(text)
            recipe = recipe.with_knobs(step, **{name: _typed(recipe.step(step), name, value)})
        return recipe

    def upstream(self, name: str) -> Iterator[str]:
        """Give the names of all steps that ``name`` depends on, and its own, in running order."""
        wanted = {name}
        for candidate in reversed(list(self.steps)):
            if candidate in wanted:
                wanted.update(self.steps[candidate].links().values())
        yield from (candidate for candidate in self.steps if candidate in wanted)

    def effective(self, name: str) -> str:
        """Give the step whose result ``name`` hands on: itself, unless it is a filter that is switched off."""
        passed = self.step(name).passes
        return name if passed is None else self.effective(passed)

    def active(self, name: str) -> set[str]:
        """Give the steps that take part in the result of ``name``; none of them is switched off."""
        name = self.effective(name)
        return {name}.union(*(self.active(upstream) for upstream in self.step(name).links().values()))

    def giving(self, *artefacts: str) -> list[str]:
        """Give the names of the steps that give one of ``artefacts``."""
        return [name for name, step in self.steps.items() if step.gives in artefacts]


def parse_override(text: str) -> tuple[str, str, str]:
    """Split ``step.knob=value``; the value stays text.

    Raises:
        RecipeError: the text has another form.
    """
    address, equals, value = text.partition("=")
    step, dot, knob = address.strip().partition(".")
    if not (equals and dot and step and knob):
        raise RecipeError(f"'{text}' is no setting: expected step.knob=value, such as refined.value=0.35.")
    return step, knob, value.strip()


def _typed(step: Step, name: str, text: str) -> Any:  # noqa: ANN401
    """Read a value as YAML, or as text where the knob takes text (a precision of "32"); a link as names."""
    knob = step.knobs().get(name)
    if knob is None:
        names = tuple(part.strip(" \"'") for part in text.strip("[] ").split(","))
        return names if isinstance(getattr(step, name, None), tuple) else names[0]
    takes_text = knob.annotation is str or any(isinstance(choice, str) for choice in knob.choices)
    try:
        value = yaml.safe_load(text)
    except yaml.YAMLError:
        value = text
    return value if isinstance(value, str) or not takes_text else text


def _check_links(recipe: Recipe) -> None:
    """Refuse links to what is no earlier step of the right kind. Raises ValueError."""
    seen: dict[str, Step] = {}
    for name, step in recipe.steps.items():
        kinds = step.link_kinds()
        for place, target in step.links().items():
            _check_link(f"{name}.{place}", target, kinds[place.partition(".")[0]], seen)
        seen[name] = step
    _check_link("proposal", recipe.proposal, ("mask",), seen)
    for row in recipe.rows:
        _check_link("rows", row, ("mask", "prediction"), seen)


def _check_link(where: str, target: str, accepted: Sequence[str], seen: Mapping[str, Step]) -> None:
    if target not in seen:
        fitting = tuple(name for name, step in seen.items() if step.gives in accepted)
        raise ValueError(f"{where} names '{target}', which is no earlier step. {nearest(target, fitting)}")
    if seen[target].gives not in accepted:
        raise ValueError(
            f"{where} needs a step that gives {' or '.join(accepted)}; '{target}' gives {seen[target].gives}."
        )
