"""The trainings of system 4 one after another: what each takes over, what it holds still, what is refused."""

from itertools import pairwise

import numpy as np
import pytest
import torch

from napari_wsss.errors import InputError, RecipeError
from napari_wsss.models.card import read_card
from napari_wsss.models.dense import DenseNetwork
from napari_wsss.models.tied_scores import AsClassifier
from napari_wsss.pipeline.classify import class_scores
from napari_wsss.pipeline.job import Job
from napari_wsss.pipeline.keys import Keys
from napari_wsss.pipeline.runner import pinned_models, run
from napari_wsss.pipeline.sample import Sample
from napari_wsss.pipeline.trained import load_asked, load_tied
from napari_wsss.pipeline.workspace import ArrayShelf
from napari_wsss.progress import drain
from napari_wsss.recipes import recipe_named

STEPS = ("features", "baseline", "stage-1", "stage-2", "stage-3")
QUICK = ("features.width=5", *(f"{step}.epochs=1" for step in STEPS), *(f"{step}.precision=32" for step in STEPS))
XRAY = recipe_named("tied-deconvolution").with_overrides(
    ["slices.size=36", *QUICK, *(f"{step}.crop=4" for step in STEPS)]
)


def jobs(recipe, workspace):
    keys = Keys(recipe, workspace, pinned_models(recipe, workspace))
    return {name: Job(name, recipe, workspace, keys, "cpu") for name in recipe.steps}


def models(recipe, workspace):
    return {name: load_tied(jobs(recipe, workspace)[name].model_folder(name)) for name in STEPS}


def same(one, two, prefix):
    """Say which of the tensors under ``prefix`` are equal in both networks."""
    two = two.state_dict()
    return {name: torch.equal(value, two[name]) for name, value in one.state_dict().items() if name.startswith(prefix)}


@pytest.fixture(scope="module")
def trained(new_workspace, tmp_path_factory):
    """A workspace with all networks and their maps; tests only look at it."""
    workspace = new_workspace(tmp_path_factory.mktemp("trained"))
    drain(run(XRAY, workspace, ["train-classifier", "maps"], device="cpu"))
    return workspace


def test_phases_hand_on_their_weights_and_the_last_stage_alone_changes(trained):
    found = models(XRAY, trained)
    assert isinstance(found["features"], DenseNetwork)
    assert found["features"].side == 32
    assert [len(found[name].stages) for name in STEPS[1:]] == [0, 1, 2, 3]
    assert not any(same(found["features"], found["baseline"], "trunk.features").values()), "all is trained"
    for number, (former, later) in enumerate(pairwise(STEPS[1:])):
        tied = f"trunk.features.{12 - 3 * number}."
        equal = same(found[former], found[later], "trunk.features")
        assert [name for name, is_equal in equal.items() if not is_equal] == [f"{tied}weight", f"{tied}bias"]
        assert all(same(found[former], found[later], "stages.").values())


def test_vgg16_settings_start_every_stage_from_the_same_convolutions(workspace):
    small = ["slices.size=36", *QUICK, *(f"{step}.crop=4" for step in STEPS[1:])]
    recipe = recipe_named("tied-deconvolution-vgg16").with_overrides(["features.weights=random", *small])
    done = drain(run(recipe, workspace, ["train-classifier"], device="cpu"))
    assert (done["features"]["epochs"], done["stage-3"]["epochs"]) == (0, 1)
    found = models(recipe, workspace)
    equal = {name: same(found["features"], found[name], "trunk.features") for name in STEPS[1:]}
    changed = {name: {key.split(".")[2] for key in keys if not keys[key]} for name, keys in equal.items()}
    conv5, conv4, conv3 = {"24", "26", "28"}, {"17", "19", "21"}, {"10", "12", "14"}
    assert changed == {
        "baseline": set(), "stage-1": conv5, "stage-2": conv5 | conv4, "stage-3": conv5 | conv4 | conv3,
    }  # fmt: skip


def test_published_settings():
    xray = recipe_named("tied-deconvolution")
    assert (xray.step("slices").size, xray.step("features").crop) == (340, 20)
    assert [xray.step(name).learning_rate for name in STEPS] == [0.01, 0.002, 0.001, 0.001, 0.001]
    assert [xray.step(name).epochs for name in STEPS] == [50, 50, 10, 10, 10]
    assert [xray.step(name).schedule for name in STEPS] == ["step", "step", "constant", "constant", "constant"]
    assert {(xray.step(name).optimizer, xray.step(name).momentum, xray.step(name).batch_size) for name in STEPS} == {
        ("sgd", 0.9, 16)
    }
    assert (xray.step("features").halve_every, xray.step("features").sharpness) == (20, 5.0)
    vgg16 = recipe_named("tied-deconvolution-vgg16")
    assert (vgg16.step("features").network, vgg16.step("features").weights) == ("vgg16", "imagenet")
    assert (vgg16.step("slices").size, vgg16.step("stage-1").crop) == (256, 32)
    assert {(vgg16.step(name).learning_rate, vgg16.step(name).epochs) for name in STEPS[1:]} == {(0.001, 10)}
    assert {vgg16.step(name).start for name in STEPS[1:]} == {"features"}


def test_maps_and_scores_of_a_trained_network(trained):
    found = jobs(XRAY, trained)
    arrays = ArrayShelf(trained.cache, "stage-3-maps", "c").read()
    assert arrays["scale-1"].shape == (1, 4, 16, 16), "36 pixels are filled up to 64"
    assert arrays["logits"].shape == (4, 1)
    slices = np.array([0, 2])
    regions = np.zeros((2, 32, 40), dtype=bool)
    asked = drain(class_scores(found["clusters"], "stage-3", "c", regions, slices))
    np.testing.assert_allclose(asked, arrays["logits"][slices], atol=2e-3)
    regions[:, 10:20, 8:16] = True
    blanked = drain(class_scores(found["clusters"], "stage-3", "c", regions, slices))
    assert (blanked != asked).all(), "differential prediction sees what was blanked"


def test_what_gives_scores_is_asked_as_a_classifier(trained):
    for name in STEPS:
        model = load_asked(jobs(XRAY, trained)[name].model_folder(name))
        assert isinstance(model, AsClassifier)
        assert model(torch.rand(3, 2, 36, 36)).shape == (3, 1)
    card = read_card(jobs(XRAY, trained)["stage-2"].model_folder("stage-2"))
    assert card["role"] == "tied-network"
    assert (card["network"]["stages"], card["network"]["width"], card["monitor"]) == (2, 5, "auc")


def test_fewer_stages_than_before_and_maps_without_a_head_are_refused(workspace):
    backwards = XRAY.with_overrides(["baseline.stages=2"])
    with pytest.raises(RecipeError, match="'stage-1' has 1 stages and starts from 'baseline', which has 2"):
        drain(run(backwards, workspace, ["train-classifier"], device="cpu"))
    headless = XRAY.with_overrides(["baseline-maps.network=features"])
    with pytest.raises(RecipeError, match="'features' has no class maps yet"):
        drain(run(headless, workspace, ["train-classifier", "maps"], device="cpu"))


@pytest.mark.parametrize("changes", [["features.crop=36"], ["features.dense=false", "baseline.crop=90"]])
def test_a_crop_as_large_as_the_slices_is_refused(workspace, changes):
    recipe = XRAY.with_overrides(changes)
    with pytest.raises(InputError, match="images of 36 leave nothing to learn from"):
        drain(run(recipe, workspace, ["train-classifier"], device="cpu"))


def test_softmax_maps_are_shares_and_their_scores_logits_of_probabilities(workspace):
    recipe = XRAY.with_overrides(["features.nonlinearity=softmax"])
    drain(run(recipe, workspace, ["train-classifier", "maps"], device="cpu"))
    arrays = ArrayShelf(workspace.cache, "stage-2-maps", "a").read()
    maps = arrays["scale-1"].astype(np.float64)
    assert maps.shape == (1, 4, 8, 8)
    assert 0 < maps.min() < maps.max() < 1
    pooled = np.log(np.exp(5 * maps[0]).mean(axis=(1, 2))) / 5
    np.testing.assert_allclose(1 / (1 + np.exp(-arrays["logits"][:, 0])), pooled, atol=2e-3)


@pytest.mark.parametrize("settings", [(), ("features.dense=false",)])
def test_every_step_says_how_long_it_takes(settings, workspace):
    recipe = XRAY.with_overrides(settings)
    sample = Sample(recipe, workspace, "cpu")
    found = {name: recipe.step(name).seconds(sample) for name in (*STEPS, "baseline-maps", "stage-3-maps")}
    assert (found.pop("features") == 0) is bool(settings)
    assert all(seconds > 0 for seconds in found.values())
