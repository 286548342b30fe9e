"""Knobs about what is learnt from: keys of before, links, fine-tuning's settings."""

import numpy as np
import pytest

from napari_wsss.errors import RecipeError
from napari_wsss.files import digest
from napari_wsss.pipeline.keys import Keys
from napari_wsss.pipeline.learning import Learning, epochs_going_on
from napari_wsss.recipes import RECIPES, recipe_named

LATER = {*Learning.knobs(), "depth"}


@pytest.mark.parametrize("name", RECIPES)
def test_knobs_that_came_later_leave_the_keys_as_they_were(name):
    for step in recipe_named(name).steps.values():
        if isinstance(step, Learning):
            text = step.replace(pseudo_weight=1.0).canonical()
            assert not any(f'"{knob}"' in text for knob in LATER)


def test_the_published_settings_have_the_key_they_had_at_first():
    """Digest of what was hashed before there were such knobs."""
    step = recipe_named("mixed-unet").step("segmenter").replace(pseudo_weight=1.0)
    assert digest(step.canonical())[:12] == "543e456d875a"


def test_the_weight_of_proposals_counts_where_there_are_accepted_masks_beside_them(workspace):
    def key(**knobs):
        return Keys(recipe_named("mixed-unet").with_knobs("segmenter", **knobs), workspace).key("segmenter")

    assert key(pseudo_weight=0.5) == key(pseudo_weight=1.0)
    workspace.accepted.kept["a"] = (np.ones((4, 32, 40), np.uint8), np.ones(4, bool))
    assert key(pseudo_weight=0.5) != key(pseudo_weight=1.0)
    assert key(pseudo_weight=0.5, learn_from="accepted") == key(pseudo_weight=1.0, learn_from="accepted")


def test_from_accepted_masks_alone_nothing_upstream_is_needed_but_the_inputs():
    step = recipe_named("mixed-unet").step("segmenter")
    assert list(step.links()) == ["slices", "seeds", "targets"], "keys count them in this order"
    assert set(step.replace(learn_from="accepted").links()) == {"slices"}
    volumes = recipe_named("resnet-lstm").step("segmenter")
    assert list(volumes.links()) == ["volumes", "targets"]
    assert set(volumes.replace(learn_from="accepted").links()) == {"volumes"}


def test_from_accepted_masks_alone_only_cases_with_one_count_for_the_key(workspace):
    workspace.accepted.kept["a"] = (np.ones((4, 32, 40), np.uint8), np.ones(4, bool))
    recipe = recipe_named("mixed-unet").with_knobs("segmenter", learn_from="accepted")
    before = Keys(recipe, workspace).key("segmenter")
    workspace.labels.set("b", "lesion", 1, [0])
    assert Keys(recipe.with_knobs("refined", value=0.6), workspace).key("segmenter") == before
    workspace.accepted.kept["b"] = (np.ones((4, 32, 40), np.uint8), np.ones(4, bool))
    assert Keys(recipe, workspace).key("segmenter") != before


def test_the_model_a_training_goes_on_from_is_part_of_its_key_by_its_weights(workspace):
    recipe = recipe_named("mixed-unet").with_knobs("segmenter", start="segmenter-1")
    folder = workspace.models / "segmenter-1"
    folder.mkdir(parents=True)
    keys = {Keys(recipe, workspace).key("segmenter")}
    for weights in ("aa", "bb"):
        (folder / "model.yaml").write_text(f"weights_sha256: {weights}\n")
        keys.add(Keys(recipe, workspace).key("segmenter"))
    assert len(keys) == 3


@pytest.mark.parametrize("start", ["../other", "a/b", "/other"])
def test_a_start_is_the_name_of_one_folder(start):
    with pytest.raises(RecipeError, match="must be the name of one of the project's models"):
        recipe_named("mixed-unet").with_knobs("segmenter", start=start)


def test_going_on_takes_a_quarter_of_the_epochs_and_one_at_least():
    assert [epochs_going_on(epochs) for epochs in (100, 8, 2, 1)] == [25, 2, 1, 1]
