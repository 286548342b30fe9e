import pytest

from napari_wsss.recipes import RECIPES, recipe_named
from napari_wsss.session.measuring import classifiers_behind_maps


def test_every_classifier_is_judged_once_under_its_own_name():
    behind = {name: classifiers_behind_maps(recipe) for name, recipe in RECIPES.items()}
    assert behind["mixed-unet"] == {"classifier": "maps"}
    assert behind["grad-cam-ensemble"] == {"classifier-a": "maps-a", "classifier-b": "maps-b"}
    assert behind["attentional-cam"] == {"classifier": "maps"}, "those of the affinity step hold the same scores"
    assert behind["resnet-lstm"] == {"resnet-lstm": "maps"}, "not the first phase, from which it was trained further"
    assert list(behind["tied-deconvolution"]) == ["baseline", "stage-1", "stage-2", "stage-3"]


@pytest.mark.parametrize("variant", ["without-lstm", "without-both"])
def test_the_classifier_judged_is_the_one_the_maps_come_from(variant):
    recipe = recipe_named("resnet-lstm")
    assert classifiers_behind_maps(recipe.with_overrides(recipe.ablations[variant])) == {"resnet": "maps"}
