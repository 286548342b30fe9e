from typing import Literal

import pytest

from napari_wsss.params import Params, knob
from napari_wsss.widgets._params import ParamsForm, title_of, tooltip_of


class Everything(Params):
    """One knob of every kind."""

    kind: Literal["x"] = "x"
    threshold: float = knob(0.35, "Where to cut.", ge=0.0, le=1.0, step=0.01)
    epochs: int = knob(30, "How long.", ge=1, le=10_000, unit="epochs")
    batch: int = knob(4, "How many at once.", ge=1, le=16)
    rate: float = knob(1e-3, "How fast.", ge=1e-8, le=10.0, step=1e-8)
    width: float = knob(60.0, "How wide.", ge=0.5, step=0.5, unit="mm")
    scales: tuple[float, ...] = knob((0.5, 1.0, 1.5), "Which scales.")
    mode: Literal["2d", "3d"] = knob("2d", "Flat or not.")
    on: bool = knob(True, "Whether.")
    layer: str = knob("", "Which layer.")
    limit: float | None = knob(None, "Limit, if any.")
    seed: int = knob(0, "Randomness.", ge=0, le=2**32 - 1, advanced=True)


OTHER = Everything(
    threshold=0.7,
    epochs=99,
    batch=7,
    rate=2e-5,
    width=12.5,
    scales=(1.0, 2.0),
    mode="3d",
    on=False,
    layer="layer4",
    limit=2.5,
    seed=5,
)


@pytest.fixture
def form(qtbot):
    made = ParamsForm(Everything(), resettable=True)
    qtbot.addWidget(made)
    return made


def test_what_is_set_is_read_back(form):
    assert form.value() == Everything()
    form.setValue(OTHER)
    assert form.value() == OTHER
    edited = {name: form.editor(name).get() for name in Everything.knobs()}
    assert edited == {name: getattr(OTHER, name) for name in Everything.knobs()}


def test_the_control_fits_the_knob(form):
    kinds = {name: type(form.editor(name).widget).__name__ for name in Everything.knobs()}
    assert kinds == {
        "threshold": "FloatSlider",
        "epochs": "SpinBox",
        "batch": "Slider",
        "rate": "LineEdit",
        "width": "FloatSpinBox",
        "scales": "LineEdit",
        "mode": "ComboBox",
        "on": "CheckBox",
        "layer": "LineEdit",
        "limit": "LineEdit",
        "seed": "LineEdit",
    }
    slider = form.editor("threshold").widget
    assert (slider.min, slider.max, slider.step) == (0.0, 1.0, 0.01)


@pytest.mark.parametrize(
    ("name", "content", "expected"),
    [
        ("threshold", 0.5, 0.5),
        ("rate", "2e-4", 2e-4),
        ("scales", "1, 2.5", (1.0, 2.5)),
        ("mode", "3d", "3d"),
        ("on", False, False),
        ("limit", "3", 3.0),
    ],
)
def test_an_edit_is_told_once(form, qtbot, name, content, expected):
    with qtbot.waitSignal(form.valueChanged) as told:
        form.editor(name).widget.value = content
    assert getattr(told.args[0], name) == expected
    assert form.value() == Everything(**{name: expected})


def test_setting_a_value_is_not_an_edit(form, qtbot):
    with qtbot.assertNotEmitted(form.valueChanged):
        form.setValue(OTHER)


@pytest.mark.parametrize(("name", "content"), [("scales", "1, two"), ("rate", "fast"), ("rate", "99")])
def test_what_cannot_be_taken_is_said_and_not_told(form, qtbot, name, content):
    with qtbot.assertNotEmitted(form.valueChanged):
        form.editor(name).widget.value = content
    assert form.value() == Everything()
    assert name in form._fault.text()
    form.editor(name).set(getattr(OTHER, name))
    assert form._fault.isHidden()


def test_reset_takes_one_knob_back(form, qtbot):
    form.setValue(OTHER)
    assert form._resets["threshold"].isEnabled()
    with qtbot.waitSignal(form.valueChanged):
        form._resets["threshold"].click()
    assert form.value() == OTHER.replace(threshold=0.35)
    assert not form._resets["threshold"].isEnabled()
    with qtbot.waitSignal(form.valueChanged):
        form.reset_all()
    assert form.value() == Everything()


def test_advanced_knobs_are_folded_away(form):
    form.show()
    assert form.editor("threshold").widget.native.isVisible()
    assert not form.editor("seed").widget.native.isVisible()


def test_words_come_from_the_knob(form):
    knobs = Everything.knobs()
    assert title_of(knobs["epochs"]) == "epochs"
    assert title_of(knobs["width"]) == "width [mm]"
    assert tooltip_of(knobs["threshold"]) == "<qt>Where to cut. From 0 to 1. Usually 0.35.</qt>"
    for name in knobs:
        assert form.editor(name).widget.native.toolTip()
