"""Params: a frozen, validated set of knobs, declared once.

A knob's default, bounds, step, unit and plain-word description are declared beside its algorithm with
:func:`knob`; sliders, ``--set`` flags, recipe keys and tooltips all derive from that one declaration.
"""

from __future__ import annotations

import difflib
import json
from dataclasses import dataclass
from typing import Any, ClassVar, Literal, Self, cast, get_args, get_origin

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from pydantic.fields import FieldInfo

from napari_wsss.errors import RecipeError


def knob(
    default: Any,  # noqa: ANN401
    help: str,
    *,
    ge: float | None = None,
    le: float | None = None,
    step: float | None = None,
    unit: str = "",
    title: str = "",
    advanced: bool = False,
    validate_default: bool = False,
    before: Any = ...,  # noqa: ANN401
) -> Any:  # noqa: ANN401 (a pydantic field stands in for any type)
    """Declare a knob.

    Args:
        default: its value unless set.
        help: what it does, in words a clinician reads.
        ge: lowest value allowed.
        le: highest value allowed.
        step: resolution; values are rounded to it before they are compared or hashed.
        unit: unit shown beside it ("mm", "epochs").
        title: what forms call it; its name unless given.
        advanced: folded away in forms.
        validate_default: check the default against the bounds too.
        before: for a knob that came later, the value under which all is as it was without it. A result made with it
            keeps the key it had: :meth:`Params.canonical` leaves the knob out.
    """
    extra: dict[str, Any] = {"knob": True, "step": step, "unit": unit, "title": title, "advanced": advanced}
    if before is not ...:
        extra["before"] = before
    return Field(
        default, description=help, ge=ge, le=le, json_schema_extra=cast("Any", extra), validate_default=validate_default
    )


@dataclass(frozen=True)
class Knob:
    """A knob as a form or a command line needs it."""

    name: str
    annotation: Any
    default: Any
    help: str
    lower: float | None
    upper: float | None
    step: float | None
    unit: str
    title: str
    advanced: bool

    @property
    def choices(self) -> tuple[Any, ...]:
        """The values a Literal allows; empty for any other type."""
        return get_args(self.annotation) if get_origin(self.annotation) is Literal else ()


class Params(BaseModel):
    """Base of all parameter sets: frozen, unknown keys refused with the nearest valid name."""

    model_config: ClassVar[ConfigDict] = ConfigDict(frozen=True, extra="forbid")

    @classmethod
    def knobs(cls) -> dict[str, Knob]:
        """Give the knobs in the order declared."""
        return {name: _as_knob(name, info) for name, info in cls.model_fields.items() if _extra(info).get("knob")}

    @classmethod
    def parse(cls, data: Any, where: str = "") -> Self:  # noqa: ANN401 (anything read from YAML)
        """Validate ``data``.

        Raises:
            RecipeError: one line per fault, with the nearest valid name for an unknown key.
        """
        try:
            return cls.model_validate(data)
        except ValidationError as error:
            raise RecipeError(explain(error, where or cls.__name__, tuple(cls.model_fields))) from error

    def replace(self, **changes: Any) -> Self:  # noqa: ANN401
        """Give a copy with ``changes``, validated.

        Raises:
            RecipeError: an unknown name or a value out of bounds.
        """
        return type(self).parse({**dict(self), **changes})

    def accepted(self, name: str) -> tuple[Any, ...]:
        """Give the choices of a knob that are valid beside the other values; empty for a knob without choices."""
        return tuple(value for value in self.knobs()[name].choices if self._takes(name, value))

    def _takes(self, name: str, value: Any) -> bool:  # noqa: ANN401
        try:
            self.replace(**{name: value})
        except RecipeError:
            return False
        return True

    def canonical(self) -> str:
        """Give the JSON text that is hashed: keys sorted, numbers rounded to their knob's step.

        A knob that came later is left out while it has the value under which all is as it was before.
        """
        steps = {name: info.step for name, info in self.knobs().items()}
        before = {name: _extra(info).get("before", ...) for name, info in type(self).model_fields.items()}
        data = self.model_dump(mode="json")
        rounded = {name: _round(value, steps.get(name)) for name, value in data.items()}
        return json.dumps({name: value for name, value in rounded.items() if value != before[name]}, sort_keys=True)


def nearest(name: str, valid: tuple[str, ...]) -> str:
    """Give " Did you mean …?" for the closest valid name, else the list of valid names."""
    close = difflib.get_close_matches(name, valid, n=1, cutoff=0.5)
    return f"Did you mean '{close[0]}'?" if close else f"Valid names: {', '.join(valid)}."


def explain(error: ValidationError, where: str, valid: tuple[str, ...] = ()) -> str:
    """Turn a pydantic error into one plain line per fault."""
    lines = []
    for fault in error.errors():
        place = ".".join(str(part) for part in fault["loc"])
        if fault["type"] == "extra_forbidden":
            lines.append(f"{where}: unknown key '{place}'. {nearest(str(fault['loc'][-1]), valid)}")
        else:
            # A fault of several knobs together names them; all knobs of the step would say nothing more.
            got = "" if isinstance(fault["input"], dict) else f"; got {fault['input']!r}"
            words = fault["msg"].removeprefix("Value error, ").removesuffix(".") + got
            lines.append(f"{f'{where}.{place}' if place else where}: {words}{'' if words.endswith('?') else '.'}")
    return "\n".join(lines)


def _extra(info: FieldInfo) -> dict[str, Any]:
    return info.json_schema_extra if isinstance(info.json_schema_extra, dict) else {}


def _as_knob(name: str, info: FieldInfo) -> Knob:
    bounds = {key: getattr(item, key) for item in info.metadata for key in ("ge", "le") if hasattr(item, key)}
    extra = _extra(info)
    return Knob(
        name=name,
        annotation=info.annotation,
        default=info.default,
        help=info.description or "",
        lower=bounds.get("ge"),
        upper=bounds.get("le"),
        step=extra["step"],
        unit=extra["unit"],
        title=extra["title"] or name.replace("_", " "),
        advanced=extra["advanced"],
    )


def _round(value: Any, step: float | None) -> Any:  # noqa: ANN401
    if isinstance(value, list):
        return [_round(item, step) for item in value]
    if isinstance(value, float):
        return round(round(value / step) * step, 10) if step else round(value, 10)
    return value
