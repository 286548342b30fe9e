"""Training a segmenter: from accepted masks alone, going on from a trained one, over stacks of slices."""

import numpy as np
import pytest
from safetensors.torch import load_file

from napari_wsss.errors import InputError, ModelError
from napari_wsss.models.card import read_card, weights_digest
from napari_wsss.pipeline.plan import plan
from napari_wsss.pipeline.runner import run
from napari_wsss.pipeline.workspace import ModelShelf
from napari_wsss.progress import Note, Progress, drain
from napari_wsss.recipes import recipe_named

RECIPE = recipe_named("mixed-unet").with_overrides(
    [
        "slices.size=32",
        "segmenter.network=unet",
        "segmenter.width=4",
        "segmenter.epochs=2",
        "segmenter.batch_size=4",
        "segmenter.precision=32",
        "segmenter.learn_from=accepted",
    ]
)


@pytest.fixture
def accepted(workspace):
    """All three cases accepted; there is no classifier, no map and no proposal."""
    mask = np.zeros((4, 32, 40), np.uint8)
    mask[1:3, 8:16, 10:20] = 1
    for case_id in workspace.cases:
        workspace.accepted.kept[case_id] = (mask, np.ones(4, bool))
    return workspace


def train(recipe, workspace, stages=("train-segmenter",)):
    events = []
    done = drain(run(recipe, workspace, stages, device="cpu"), events.append)
    return workspace.models / done["segmenter"]["model"], events


def notes(events):
    return [event.text for event in events if isinstance(event, Note)]


def test_scans_and_accepted_masks_are_enough(accepted):
    folder, events = train(RECIPE, accepted, ("train-segmenter", "predict"))
    assert accepted.masks.read("prediction", "c").shape == (4, 32, 40)
    assert {step.step: step.state for step in plan(RECIPE, accepted, ["train-segmenter"])} == {"segmenter": "valid"}
    card = read_card(folder)
    assert (card["accepted"], card["validated_on"], card["validated_by"]) == (["a", "b"], ["c"], "accepted masks")
    assert "To learn from: 4 slices with a lesion and 4 without, of 2 scans." in notes(events)
    assert card["validation"] in notes(events)
    row = [event.values for event in events if isinstance(event, Progress) and "val_loss" in event.values][-1]
    assert 0 <= row["dice_to_targets"] <= 1
    assert row["val_loss"] > 0


def test_without_any_accepted_mask_it_says_what_to_do(workspace):
    with pytest.raises(InputError, match="no mask of a training patient is accepted yet: accept a few"):
        train(RECIPE, workspace)


def test_a_training_goes_on_from_a_trained_model(accepted):
    first, _ = train(RECIPE, accepted)
    recipe = RECIPE.with_knobs("segmenter", start=first.name, epochs=1, learning_rate=1e-6)
    second, events = train(recipe, accepted)
    assert second != first
    assert f"The training goes on from the model '{first.name}'." in notes(events)
    assert read_card(second)["started_from"] == {first.name: weights_digest(first)}
    before, after = (load_file(folder / "weights.safetensors") for folder in (first, second))
    away = max(float((after[name] - value).abs().max()) for name, value in before.items() if name.endswith(".weight"))
    assert 0 < away < 1e-4, "two steps of 1e-6 each"


@pytest.mark.parametrize(
    ("knobs", "words"),
    [
        ({"start": "segmenter-gone"}, "there is no model 'segmenter-gone' to go on from. Models there: segmenter-"),
        ({"width": 8}, "its network, width, channels or classes differ"),
    ],
)
def test_what_cannot_be_gone_on_from_is_refused(accepted, knobs, words):
    first, _ = train(RECIPE, accepted)
    recipe = RECIPE.with_knobs("segmenter", **{"start": first.name, **knobs})
    with pytest.raises(ModelError, match=words):
        train(recipe, accepted)
    assert ModelShelf(accepted.models).current("segmenter") is not None


def test_the_3d_network_learns_from_stacks_and_predicts_in_the_same_step(accepted):
    recipe = RECIPE.with_overrides(["segmenter.network=unet-3d", "segmenter.depth=2", "segmenter.epochs=1"])
    folder, events = train(recipe, accepted, ("train-segmenter", "predict"))
    assert read_card(folder)["patch"] == [2, 32, 32]
    assert accepted.masks.read("prediction", "c").shape == (4, 32, 40)
    assert "To learn from: 6 stacks of slices with a lesion and 0 without, of 2 scans." in notes(events)


def test_masks_that_the_network_cannot_see_validate_nothing_and_that_is_said(accepted):
    """The crop keeps the middle 16 × 16 pixels; the validation patient's mask lies in a corner."""
    corner = np.zeros((4, 32, 40), np.uint8)
    corner[1, :4, :4] = 1
    accepted.accepted.kept["c"] = (corner, np.ones(4, bool))
    folder, events = train(RECIPE.with_knobs("slices", crop=16), accepted)
    card = read_card(folder)
    assert (card["validated_on"], card["validated_by"], card["monitor"]) == ([], "nothing", "loss")
    assert any("lie outside what the network sees" in text for text in notes(events))
