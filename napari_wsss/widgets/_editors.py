"""The control that fits a knob: slider, number field, list, tick box or text."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, get_args, get_origin

import yaml
from magicgui.widgets import CheckBox, ComboBox, FloatSlider, FloatSpinBox, LineEdit, Slider, SpinBox

from napari_wsss.errors import RecipeError
from napari_wsss.params import Knob
from napari_wsss.widgets._choices import OneOf, PerChannel, Pick
from napari_wsss.widgets._tuple_editors import PerChannelEditor, PickEditor

SLIDER_STEPS = 1000
"""A slider finer than this cannot be aimed with a mouse; such a knob gets a field to type in."""
_INT_LIMIT = 2**31 - 1


@dataclass(frozen=True)
class Editor:
    """A magicgui widget, and how its content and a knob's value translate.

    Attributes:
        widget: the magicgui widget.
        read: content of the widget → value of the knob; raises RecipeError for text that is none.
        write: value of the knob → content of the widget.
    """

    widget: Any
    read: Callable[[Any], Any]
    write: Callable[[Any], Any]

    def get(self) -> Any:  # noqa: ANN401
        """Give the knob's value as edited. Raises RecipeError for text that cannot be read."""
        return self.read(self.widget.value)

    def set(self, value: Any) -> None:  # noqa: ANN401
        """Show ``value``."""
        self.widget.value = self.write(value)


def make_editor(knob: Knob, choice: Pick | PerChannel | OneOf | None = None) -> Editor:
    """Choose the control for a knob from its type, bounds and step, and from what the project offers for it."""
    if isinstance(choice, Pick | PerChannel):
        made = PickEditor(choice) if isinstance(choice, Pick) else PerChannelEditor(choice, float(knob.step or 0.5))
        return Editor(made, tuple, tuple)
    if values := knob.choices if choice is None else choice.values:
        return Editor(ComboBox(choices=list(values)), _same, _same)
    if knob.annotation is bool:
        return Editor(CheckBox(text=""), bool, bool)
    if knob.annotation is int and (knob.upper or 0) <= _INT_LIMIT:
        return _whole_number(knob)
    if knob.annotation is float and knob.step:
        return _number(knob)
    return _text(knob)


def _same(value: Any) -> Any:  # noqa: ANN401
    return value


def _slides(knob: Knob, step: float) -> bool:
    if knob.lower is None or knob.upper is None:
        return False
    return (knob.upper - knob.lower) / step <= SLIDER_STEPS


def _whole_number(knob: Knob) -> Editor:
    step = int(knob.step or 1)
    lower = int(knob.lower) if knob.lower is not None else -_INT_LIMIT
    upper = int(knob.upper) if knob.upper is not None else _INT_LIMIT
    kind = Slider if _slides(knob, step) and upper - lower <= 100 else SpinBox
    return Editor(kind(min=lower, max=upper, step=step, value=max(lower, min(upper, 0))), int, int)


def _number(knob: Knob) -> Editor:
    step = float(knob.step or 0.01)
    if _slides(knob, step):
        return Editor(FloatSlider(min=knob.lower, max=knob.upper, step=step, value=knob.lower), float, float)
    if step < 1e-4:  # a learning rate: orders of magnitude matter, arrows of a number field do not help
        return _text(knob)
    lower = knob.lower if knob.lower is not None else -1e9
    upper = knob.upper if knob.upper is not None else 1e9
    return Editor(FloatSpinBox(min=lower, max=upper, step=step, value=max(lower, min(upper, 0.0))), float, float)


def _text(knob: Knob) -> Editor:
    if get_origin(knob.annotation) is tuple:
        kind = get_args(knob.annotation)[0]
        return Editor(LineEdit(), lambda text: _items(knob, text, kind), lambda value: ", ".join(map(_plain, value)))
    if knob.annotation is str:
        return Editor(LineEdit(), str, str)
    return Editor(LineEdit(), lambda text: _yaml(knob, text), lambda value: "" if value is None else _plain(value))


def _plain(value: Any) -> str:  # noqa: ANN401
    return f"{value:g}" if isinstance(value, float) else str(value)


def _items(knob: Knob, text: str, kind: Any) -> tuple[Any, ...]:  # noqa: ANN401
    """Split "0.5, 1, 2"; items must be of the tuple's type."""
    parts = [part.strip() for part in text.split(",") if part.strip()]
    try:
        return tuple(kind(part) for part in parts)
    except (TypeError, ValueError) as error:
        raise RecipeError(f"{knob.name}: '{text}' is no list of numbers, such as 0.5, 1, 2.") from error


def _yaml(knob: Knob, text: str) -> Any:  # noqa: ANN401
    """Read a number or a simple value; 1e-3 counts as a number, which YAML 1.1 would take for text."""
    try:
        return float(text) if knob.annotation is float else yaml.safe_load(text)
    except (ValueError, yaml.YAMLError) as error:
        raise RecipeError(f"{knob.name}: '{text}' cannot be read; expected something like {knob.default}.") from error
