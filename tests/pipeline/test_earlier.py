"""What earlier versions wrote is still understood."""

import pytest

from napari_wsss.errors import RecipeError
from napari_wsss.pipeline.earlier import present_recipe, present_setting
from napari_wsss.pipeline.recipe import Recipe
from napari_wsss.recipes import recipe_named

EARLIER = """
name: mine
title: Mine
proposal: crf
rows: [crf]
steps:
  slices: {kind: prepare-slices, size: 64}
  classifier: {kind: train-classifier, slices: slices}
  maps: {kind: activation-maps, classifier: classifier, slices: slices, method: grad-cam, layer: trunk.layer3}
  soft: {kind: fuse-maps, maps: maps}
  mask: {kind: threshold, evidence: soft}
  crf: {kind: dense-crf, start: mask, sxy: 12, srgb: 20, compat: 4, mode: 3d}
"""


def test_a_recipe_file_of_an_earlier_version_is_read(tmp_path):
    (tmp_path / "mine.yaml").write_text(EARLIER, encoding="utf-8")
    recipe = Recipe.read(tmp_path / "mine.yaml")
    assert recipe.step("maps").layers == ("trunk.layer3",)
    crf = recipe.step("crf")
    kernel = recipe.step(crf.kernel)
    assert (crf.compat, kernel.sxy, kernel.srgb, kernel.mode) == (4.0, 12.0, (20.0,), "3d")
    assert list(recipe.upstream("crf")) == list(recipe.steps)
    (tmp_path / "again.yaml").write_text(recipe.to_yaml(), encoding="utf-8")
    assert Recipe.read(tmp_path / "again.yaml") == recipe


def test_a_present_recipe_is_left_as_it_is():
    data = recipe_named("mixed-unet").model_dump(mode="json")
    assert present_recipe(data) == data


@pytest.mark.parametrize("text", ["[]", "3", "steps: 3", "steps: {a: 3}"])
def test_what_is_no_recipe_is_refused_as_before(tmp_path, text):
    (tmp_path / "no.yaml").write_text(text, encoding="utf-8")
    with pytest.raises(RecipeError, match=r"no\.yaml"):
        Recipe.read(tmp_path / "no.yaml")


def test_settings_get_their_present_names():
    steps = recipe_named("mixed-unet").steps
    assert present_setting(steps, "maps", "layer", "a.b") == ("maps", "layers", '["a.b"]')
    assert present_setting(steps, "crf", "mode", "3d") == ("kernel", "mode", "3d")
    for kept in (("crf", "compat", "3"), ("maps", "layers", "[a]"), ("crf", "layer", "a"), ("gone", "layer", "a")):
        assert present_setting(steps, *kept) == kept
