"""Knobs: declared once, validated, rounded before they are hashed."""

import json
from typing import Literal

import pytest

from napari_wsss.errors import RecipeError
from napari_wsss.params import Params, knob, nearest


class Cut(Params):
    """Parameters of a test step."""

    value: float = knob(0.35, "Where to cut.", ge=0, le=1, step=0.01)
    width: float = knob(2.5, "How wide.", ge=0, unit="mm", advanced=True)
    mode: Literal["2d", "3d"] = knob("2d", "Slice by slice, or whole.")
    scales: tuple[float, ...] = knob((0.5, 1.0), "Scales.", step=0.25)
    start: str = "maps"


def test_knobs_carry_what_a_form_needs():
    knobs = Cut.knobs()
    assert list(knobs) == ["value", "width", "mode", "scales"]
    assert (knobs["value"].lower, knobs["value"].upper, knobs["value"].step) == (0, 1, 0.01)
    assert (knobs["width"].unit, knobs["width"].upper, knobs["width"].advanced) == ("mm", None, True)
    assert knobs["mode"].choices == ("2d", "3d")
    assert knobs["value"].choices == ()
    assert knobs["value"].help == "Where to cut."
    assert knobs["mode"].default == "2d"


def test_frozen():
    with pytest.raises(ValueError, match="frozen"):
        Cut().value = 0.5


def test_replace_validates():
    assert Cut().replace(value=0.5) == Cut(value=0.5)
    with pytest.raises(RecipeError, match=r"Cut\.value: .*less than or equal to 1; got 1\.5"):
        Cut().replace(value=1.5)


def test_unknown_key_names_the_nearest():
    with pytest.raises(RecipeError, match=r"^refined: unknown key 'valeu'\. Did you mean 'value'\?$"):
        Cut.parse({"valeu": 0.3}, where="refined")


def test_every_fault_has_its_line():
    with pytest.raises(RecipeError) as caught:
        Cut.parse({"value": "high", "mode": "4d", "zzz": 1})
    assert len(str(caught.value).splitlines()) == 3


def test_nearest_lists_the_names_when_none_is_close():
    assert nearest("xyz", ("value", "mode")) == "Valid names: value, mode."


def test_canonical_rounds_to_the_step_and_sorts():
    text = Cut(value=0.354, scales=(0.5, 1.01)).canonical()
    assert text == Cut(value=0.3500001, scales=(0.51, 1.0)).canonical()
    assert json.loads(text) == {"value": 0.35, "width": 2.5, "mode": "2d", "scales": [0.5, 1.0], "start": "maps"}
    assert list(json.loads(text)) == sorted(json.loads(text))
    assert Cut(value=0.36).canonical() != text


def test_yaml_round_trip_of_values():
    changed = Cut(value=0.5, mode="3d")
    assert Cut.parse(changed.model_dump(mode="json")) == changed
