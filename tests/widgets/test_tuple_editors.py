"""Editors for knobs with several values, and what the project offers for them."""

from types import SimpleNamespace

import pytest

from napari_wsss.params import Params, knob
from napari_wsss.pipeline.steps import ClusterFilter, ComputeMaps, FuseMaps, TrainClassifier
from napari_wsss.refine.crf_settings import KernelWidths
from napari_wsss.widgets._choices import PerChannel, Pick, choices_for
from napari_wsss.widgets._params import ParamsForm

pytestmark = pytest.mark.gui


class Several(Params):
    """Two knobs that hold several values."""

    scales: tuple[float, ...] = knob((1.0, 2.0), "Sizes.")
    layers: tuple[str, ...] = knob((), "Layers.")


SCALES = Pick(tuple((scale, f"×{scale:g}", "") for scale in (0.5, 1.0, 2.0)), least=1)
LAYERS = Pick((("a.b", "1/8", ""), ("a", "last", "")))


@pytest.fixture
def form(qtbot):
    made = ParamsForm(Several(), resettable=True, choices={"scales": SCALES, "layers": LAYERS})
    qtbot.addWidget(made)
    return made


def test_chips_show_and_set_a_tuple_in_the_order_offered(form, qtbot):
    chips = form.editor("scales").widget.chips
    assert [chip.text() for chip in chips.values()] == ["×0.5", "✓ ×1", "✓ ×2"]
    with qtbot.waitSignal(form.valueChanged):
        chips[0.5].click()
    assert form.value().scales == (0.5, 1.0, 2.0)
    with qtbot.waitSignal(form.valueChanged):
        form.editor("layers").widget.chips["a.b"].click()
    assert form.value().layers == ("a.b",)


def test_the_last_scale_cannot_be_given_up_but_the_last_layer_can(form, qtbot):
    form.setValue(Several(scales=(1.0,), layers=("a",)))
    with qtbot.assertNotEmitted(form.valueChanged):
        form.editor("scales").widget.chips[1.0].click()
    assert form.editor("scales").widget.chips[1.0].text() == "✓ ×1"
    with qtbot.waitSignal(form.valueChanged):
        form.editor("layers").widget.chips["a"].click()
    assert form.value() == Several(scales=(1.0,), layers=())


def test_what_is_not_offered_is_kept(form, qtbot):
    form.setValue(Several(scales=(1.0, 1.25)))
    with qtbot.waitSignal(form.valueChanged):
        form.editor("scales").widget.chips[0.5].click()
    assert form.value().scales == (0.5, 1.0, 1.25)


def test_reset_brings_a_tuple_back(form, qtbot):
    with qtbot.waitSignal(form.valueChanged):
        form.editor("scales").widget.chips[0.5].click()
    with qtbot.waitSignal(form.valueChanged):
        form._resets["scales"].click()
    assert form.value() == Several()


def test_one_number_for_all_channels_or_one_for_each(qtbot):
    form = ParamsForm(KernelWidths(), choices={"srgb": PerChannel(("t1c", "flair"), 1.0, 128.0)})
    qtbot.addWidget(form)
    editor = form.editor("srgb").widget
    assert editor.alike.isChecked()
    with qtbot.waitSignal(form.valueChanged):
        editor.sliders[0].value = 20.0
    assert form.value().srgb == (20.0,)
    with qtbot.waitSignal(form.valueChanged):
        editor.alike.click()
    assert form.value().srgb == (20.0, 10.0)
    form.setValue(KernelWidths(srgb=(30.0, 200.0)))
    assert form.editor("srgb").get() == (30.0, 200.0)
    form.setValue(KernelWidths(srgb=(5.0,)))
    assert editor.alike.isChecked()


def desk(**steps):
    recipe = SimpleNamespace(steps=steps, step=steps.__getitem__)
    volume = SimpleNamespace(channels=("t1c", "flair"))
    return SimpleNamespace(session=SimpleNamespace(recipe=recipe), loaded=SimpleNamespace(volume=volume))


def test_what_the_project_offers():
    maps = ComputeMaps(classifier="net", slices="slices", scales=(0.6, 1.0))
    net = TrainClassifier(slices="slices", backbone="resnet50", stride=16)
    offered = choices_for(desk(net=net, maps=maps), maps)
    assert [item[0] for item in offered["scales"].items] == [0.5, 0.6, 0.75, 1.0, 1.5, 2.0, 3.0]
    titles = {item[0]: item[1] for item in offered["layers"].items}
    assert titles["trunk"] == "last"
    assert titles["trunk.layer1"] == "1/4"
    assert titles["trunk.layer3"] == "1/16 layer3"
    fuse = FuseMaps(maps="maps", scales=(1.0,))
    assert [item[0] for item in choices_for(desk(net=net, maps=maps), fuse)["scales"].items] == [0.6, 1.0]
    assert choices_for(desk(), net) == {}


def test_what_a_step_refuses_is_not_offered(qtbot):
    asks, cannot = (ClusterFilter(mask="hot", classifier=name) for name in ("classifier", ""))
    assert "differential" in choices_for(desk(), asks)["choose"].values
    form = ParamsForm(cannot, choices=choices_for(desk(), cannot))
    qtbot.addWidget(form)
    assert form.editor("choose").widget.choices == ("brightest", "darkest")
