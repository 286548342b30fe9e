"""Epochs that fit a budget."""

from napari_wsss.pipeline.plan import PlannedStep
from napari_wsss.recipes import recipe_named
from napari_wsss.session.benchmark.budget import epochs_of, epochs_within, with_epochs

PLANNED = [
    PlannedStep("train-classifier", "classifier", "missing", 10),
    PlannedStep("maps", "maps", "missing", 5),
    PlannedStep("propose", "crf", "valid", 0),
    PlannedStep("train-segmenter", "segmenter", "missing", 20),
]
RATES = {"classifier": 30.0, "maps": 8.0, "crf": 4.0, "segmenter": 15.0}
OWN = {"classifier": 10, "segmenter": 20}
"""Ten minutes of training and one of all the rest, for five cases."""
CASES = 5


def within(minutes, most=OWN):
    return epochs_within(minutes, OWN, most, PLANNED, RATES, CASES)


def test_one_factor_for_all_trainings():
    assert within(11) == OWN
    assert within(6) == {"classifier": 5, "segmenter": 10}
    assert within(3.5) == {"classifier": 2, "segmenter": 5}


def test_at_least_one_epoch_each():
    assert within(0.5) == {"classifier": 1, "segmenter": 1}


def test_longer_only_up_to_what_is_published():
    assert within(1000) == OWN
    assert within(21, {"classifier": 15, "segmenter": 100}) == {"classifier": 15, "segmenter": 40}
    assert within(1000, {"classifier": 5}) == OWN, "the person asked for more than is published"


def test_without_any_rate_the_epochs_stay():
    assert epochs_within(1, OWN, OWN, PLANNED, {}, CASES) == OWN


def test_epochs_of_a_recipe():
    recipe = recipe_named("mixed-unet")
    assert epochs_of(recipe) == {"classifier": 30, "segmenter": 100}
    assert epochs_of(with_epochs(recipe, {"classifier": 3, "segmenter": 7})) == {"classifier": 3, "segmenter": 7}
