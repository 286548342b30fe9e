"""Which knobs are moved, and the values tried."""

import pytest
from planted import one_threshold, two_thresholds

from napari_wsss.errors import RecipeError
from napari_wsss.pipeline.scale import ROUNDS
from napari_wsss.pipeline.search_space import dimensions
from napari_wsss.recipes import recipe_named


def test_by_default_the_masks_knobs_of_the_steps_in_use_are_moved():
    names = [dimension.name for dimension in dimensions(one_threshold(), "keep")]
    assert names == ["cut.value"], "the filter is off"
    names = [dimension.name for dimension in dimensions(one_threshold(filter_on=True), "keep")]
    assert names == ["cut.value", "keep.rows"], "not whether it is on"
    names = [dimension.name for dimension in dimensions(two_thresholds(), "keep")]
    assert names == ["cut-a.value", "cut-b.value", "both.rule"]


def test_the_published_recipe_moves_threshold_and_crf():
    recipe = recipe_named("mixed-unet")
    names = {dimension.name.partition(".")[2] for dimension in dimensions(recipe, recipe.proposal)}
    assert {"value", "sxy", "srgb", "compat", "gt_prob"} <= names
    assert not names & {"mode", "engine", "iterations", "on", "gate", "scales"}


def test_named_knobs_are_taken_in_their_order_and_others_are_refused():
    recipe = one_threshold()
    names = ["keep.on", "map.channel", "cut.value", "keep.on"]
    assert [dimension.name for dimension in dimensions(recipe, "keep", names)] == names[:3]
    with pytest.raises(RecipeError, match=r"'cut\.valve' is no knob that leads to 'keep'. Did you mean 'cut\.value'"):
        dimensions(recipe, "keep", ["cut.valve"])


def test_a_choice_that_the_step_refuses_is_not_tried():
    choose = {
        name: dimensions(recipe_named(name), "margin", ["clusters.choose"])[0].knob.choices
        for name in ("mixed-unet", "attentional-cam")
    }
    assert choose["mixed-unet"] == ("differential", "brightest", "darkest")
    assert choose["attentional-cam"] == ("brightest", "darkest", "most evidence"), "it has no classifier to ask"


def test_choices_are_tried_in_two_rounds():
    rule = dimensions(two_thresholds(), "keep", ["both.rule"])[0]
    assert [rule.candidates("and", number) for number in range(len(ROUNDS))] == [["or", "<", ">"]] * 2 + [[]] * 3
    on = dimensions(one_threshold(), "keep", ["keep.on"])[0]
    assert on.candidates(False, 0) == [True]


def test_numbers_of_several_channels_move_by_the_same_factor():
    recipe = recipe_named("mixed-unet")
    (width,) = dimensions(recipe, recipe.proposal, ["kernel.srgb"])
    alone = width.candidates((10.0,), 0)
    assert (1.0,) in alone
    assert (255.0,) in alone
    assert width.candidates((10.0, 20.0), 0) == [(one, min(2 * one, 255.0)) for (one,) in alone]


@pytest.mark.parametrize("number", range(len(ROUNDS)))
def test_every_candidate_of_the_published_recipe_is_valid(number):
    recipe = recipe_named("mixed-unet")
    for dimension in dimensions(recipe, recipe.proposal):
        step, _, name = dimension.name.partition(".")
        held = getattr(recipe.step(step), name)
        candidates = dimension.candidates(held, number)
        assert held not in candidates
        assert len(candidates) == len(set(candidates)) <= 12
        for value in candidates:
            assert getattr(recipe.with_knobs(step, **{name: value}).step(step), name) == value
