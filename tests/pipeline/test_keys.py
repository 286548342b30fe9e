"""A key changes exactly when something the result depends on does."""

import typing

import numpy as np
import pytest
from other_values import another

from napari_wsss.pipeline.keys import Keys
from napari_wsss.pipeline.scan import normalisation
from napari_wsss.recipes import RECIPES, recipe_named

KNOBS = [
    pytest.param(name, step, knob, id=f"{name}-{step}-{knob}")
    for name, recipe in RECIPES.items()
    for step, model in recipe.steps.items()
    for knob in type(model).knobs()
]


def all_keys(recipe, workspace):
    keys = Keys(recipe, workspace)
    return {(name, case_id): keys.key(name, case_id) for name in recipe.steps for case_id in workspace.cases}


def changed(before, after):
    return {name for (name, case_id), key in after.items() if before[name, case_id] != key}


@pytest.mark.parametrize(("name", "step", "knob"), KNOBS)
def test_a_knob_changes_its_step_and_all_descendants_and_nothing_else(workspace, name, step, knob):
    recipe = recipe_named(name)
    if "features" in recipe.steps and knob in {"network", "width"}:
        recipe = recipe.with_overrides(["features.weights=random"])  # photographs' weights fit one network alone
    other = another(recipe, step, knob)
    if knob == "pseudo_weight":  # beside accepted masks alone it has an effect
        workspace.accepted.kept["a"] = (np.ones((4, 32, 40), np.uint8), np.ones(4, bool))
    takes_part = {candidate for candidate in recipe.steps if step in recipe.active(candidate) | other.active(candidate)}
    if normalisation(other) != normalisation(recipe):  # they see the scan, which comes by no link
        seers = {candidate for candidate in recipe.steps if recipe.step(candidate).live}
        takes_part |= {candidate for candidate in recipe.steps if seers & recipe.active(candidate)}
    assert changed(all_keys(recipe, workspace), all_keys(other, workspace)) == takes_part


def test_a_value_within_the_same_step_of_the_knob_is_the_same_value(workspace):
    recipe = recipe_named("mixed-unet")
    nearly = recipe.with_knobs("refined", value=recipe.step("refined").value + 1e-9)
    assert all_keys(recipe, workspace) == all_keys(nearly, workspace)


def test_a_label_counts_where_labels_take_part(workspace):
    recipe = recipe_named("mixed-unet")
    before = all_keys(recipe, workspace)
    workspace.labels.set("a", "lesion", 1, [0])
    labelled = {name for name, step in recipe.steps.items() if step.uses_labels}
    assert changed(before, all_keys(recipe, workspace)) == {
        name for name in recipe.steps if labelled & recipe.active(name)
    }


def test_a_label_of_a_case_outside_training_changes_that_case_alone(workspace):
    recipe = recipe_named("mixed-unet")
    workspace.cases["c"] = workspace.cases["c"].replace(subset="test")
    before = all_keys(recipe, workspace)
    workspace.labels.set("c", "lesion", 1, [0])
    after = all_keys(recipe, workspace)
    assert {place for place in after if before[place] != after[place]} == {
        (name, "c") for name in recipe.steps if {"origin-map", "refined-map"} & recipe.active(name)
    } - {(name, "c") for name in ("segmenter", "prediction")}


def test_an_accepted_mask_counts_for_the_segmenter_and_its_predictions(workspace):
    recipe = recipe_named("mixed-unet")
    before = all_keys(recipe, workspace)
    workspace.accepted.kept["a"] = (np.ones((4, 32, 40), np.uint8), np.ones(4, bool))
    assert changed(before, all_keys(recipe, workspace)) == {"segmenter", "prediction"}


def test_a_pinned_model_stands_for_its_settings(workspace):
    recipe = recipe_named("mixed-unet")
    key = Keys(recipe, workspace).key("classifier")
    other = recipe.with_knobs("classifier", epochs=3)
    pinned = Keys(other, workspace, {"classifier": key})
    assert pinned.key("crf", "a") == Keys(recipe, workspace).key("crf", "a")
    assert pinned.fresh("classifier") != key


def test_knobs_are_typed():
    for recipe in RECIPES.values():
        for step in recipe.steps.values():
            assert set(typing.get_type_hints(type(step))) >= set(step.knobs())
