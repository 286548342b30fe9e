"""Settings for a whole benchmark."""

import pytest

from napari_wsss.errors import RecipeError, WsssError
from napari_wsss.recipes import recipe_named
from napari_wsss.session.benchmark.contest import Contest
from napari_wsss.session.benchmark.settings import check_settings, with_settings

MIXED, ENSEMBLE = recipe_named("mixed-unet"), recipe_named("grad-cam-ensemble")


def test_each_recipe_takes_the_settings_that_it_has():
    settings = ["classifier.epochs=2", "segmenter.epochs=3"]
    check_settings([MIXED, ENSEMBLE], settings)
    first, second = (with_settings(base, settings, small=False) for base in (MIXED, ENSEMBLE))
    assert (first.step("classifier").epochs, first.step("segmenter").epochs) == (2, 3)
    assert second == ENSEMBLE.with_overrides(["segmenter.epochs=3"])


def test_smaller_settings_lie_below_those_given():
    recipe = with_settings(MIXED, ["slices.size=64"], small=True)
    assert (recipe.step("slices").size, recipe.step("segmenter").width) == (64, 16)


def test_a_setting_that_fits_none_is_refused():
    with pytest.raises(RecipeError, match=r"--set classifierr.epochs=2: none of mixed-unet, grad-cam-ensemble"):
        check_settings([MIXED, ENSEMBLE], ["classifierr.epochs=2"])
    with pytest.raises(RecipeError, match="is no setting"):
        check_settings([MIXED], ["epochs"])


def test_that_there_is_no_recipe_is_said_first():
    with pytest.raises(RecipeError, match="recipes: none; a benchmark needs at least one"):
        check_settings([], ["a.b=1"])


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"recipes": ()}, "needs at least one"),
        ({"recipes": (MIXED, MIXED)}, "under a name of its own"),
        ({"ceilings": ("mixed-unit",)}, r"Did you mean 'mixed-unet'\?"),
        ({"folds": 3, "accepted": (3,)}, "Give one of the two"),
    ],
)
def test_what_does_not_fit_together(changes, words):
    with pytest.raises(WsssError, match=words):
        Contest(**{"recipes": (MIXED,), "published": {}, **changes}).check()
