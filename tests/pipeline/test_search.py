"""The table of the search is what cutting, combining and scoring one by one gives."""

from itertools import product

import numpy as np
import pytest
from planted import make_workspace, one_threshold, plant, recipe_of, two_thresholds

from napari_wsss.errors import InputError, ProjectError, RecipeError
from napari_wsss.metrics.overlap import class_counts, confusion, dice, mean_iou
from napari_wsss.pipeline.scan import load_scan
from napari_wsss.pipeline.search import meeting_point, search_thresholds, thresholds_of
from napari_wsss.progress import Progress, drain
from napari_wsss.recipes import recipe_named

TENTHS = [0.0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0]


@pytest.fixture
def workspace(tmp_path):
    """Three cases; a whole and two slices of b are accepted."""
    made = make_workspace(tmp_path, {"a": "train", "b": "val", "c": "test"})
    plant(made, "a", 0.52)
    plant(made, "b", 0.66, slices=[0, 2], channel=1)
    plant(made, "c", 0.1)
    return made


def by_hand(workspace, cut):
    """Score ``cut(scan image) -> mask`` as the search should."""
    matrices = []
    for case_id in "ab":
        mask, slices = workspace.accepted.kept[case_id]
        image = load_scan(one_threshold(), workspace, case_id).image
        matrices.append(confusion(cut(image)[slices], mask[slices], 1))
    scores = [dice(class_counts(matrix, 0)) for matrix in matrices]
    return np.mean(scores), mean_iou(np.sum(matrices, axis=0))


def at(channel, value):
    return lambda image: ((image[channel] >= np.float32(value)) & (image[channel] > 0)).astype(np.uint8)


def test_one_threshold(workspace):
    table = drain(search_thresholds(one_threshold(), workspace))
    assert table["axes"] == [{"step": "cut", "knob": "value", "values": TENTHS, "now": 0.35}]
    expected = [by_hand(workspace, at(0, value)) for value in TENTHS]
    np.testing.assert_allclose(table["dice"], [score[0] for score in expected], rtol=1e-12)
    np.testing.assert_allclose(table["miou"], [score[1] for score in expected], rtol=1e-12)
    best = int(np.argmax(table["dice"]))
    assert table["best"] == {
        "index": [best],
        "settings": {"cut.value": TENTHS[best]},
        "dice": table["dice"][best],
        "miou": table["miou"][best],
    }
    assert table["best_miou"]["index"] == [int(np.argmax(table["miou"]))]
    assert table["now"]["settings"] == {"cut.value": 0.35}
    assert (table["now"]["dice"], table["now"]["miou"]) == pytest.approx(by_hand(workspace, at(0, 0.35)))
    assert (table["fixed"]["dice"], table["fixed"]["miou"]) == pytest.approx(by_hand(workspace, at(0, 0.7)))
    assert table["text"] == "searched with 2 accepted masks of 2 patients"
    assert (table["at"], table["n"], table["slices"], table["cases"]) == ("cut", 2, 6, ["a", "b"])


@pytest.mark.parametrize(("rule", "combine"), [("and", np.minimum), ("or", np.maximum)])
def test_two_thresholds_at_their_ensemble(workspace, rule, combine):
    table = drain(search_thresholds(two_thresholds(rule), workspace, step=0.25))
    assert table["at"] == "both"
    assert [axis["step"] for axis in table["axes"]] == ["cut-a", "cut-b"]
    values = [0.0, 0.25, 0.5, 0.75, 1.0]
    for (i, first), (j, second) in product(enumerate(values), enumerate(values)):
        score = by_hand(workspace, lambda image: combine(at(0, first)(image), at(1, second)(image)))  # noqa: B023
        assert (table["dice"][i][j], table["miou"][i][j]) == pytest.approx(score)
    i, j = table["best"]["index"]
    assert table["best"]["settings"] == {"cut-a.value": values[i], "cut-b.value": values[j]}
    assert table["best"]["dice"] == np.max(table["dice"])
    assert table["fixed"]["settings"] == {"cut-a.value": 0.7, "cut-b.value": 0.7}


def test_a_later_step_is_scored_where_asked_for(workspace):
    table = drain(search_thresholds(one_threshold(filter_on=True).with_knobs("keep", rows=12), workspace, at="keep"))

    def cut(image):
        mask = at(0, 0.6)(image)
        mask[:, 12:] = 0
        return mask

    assert table["at"] == "keep"
    assert (table["dice"][6], table["miou"][6]) == pytest.approx(by_hand(workspace, cut))


def test_of_equal_cells_the_nearest_to_the_present_setting_is_best(workspace):
    workspace.accepted.kept = {"a": (np.zeros((4, 24, 24), np.uint8), np.ones(4, dtype=bool))}
    recipe = one_threshold(filter_on=True, value=0.62).with_knobs("keep", rows=0)  # empty whatever the threshold
    table = drain(search_thresholds(recipe, workspace, at="keep"))
    assert table["dice"] == [1.0] * 11
    assert table["best"]["settings"] == {"cut.value": 0.6}


def test_a_cases_own_threshold_gives_way_and_its_other_settings_hold(workspace):
    recipe = one_threshold(filter_on=True)
    plain = drain(search_thresholds(recipe, workspace, at="keep"))["dice"]
    workspace.overrides["a"] = ["cut.value=0.9"]
    assert drain(search_thresholds(recipe, workspace, at="keep"))["dice"] == plain
    workspace.overrides["a"] = ["cut.value=0.9", "keep.rows=0"]
    emptied = drain(search_thresholds(recipe, workspace, at="keep"))["dice"]
    alone = drain(search_thresholds(recipe.with_knobs("keep", rows=0), workspace, at="keep"))["dice"]
    assert alone < emptied < plain


def test_progress_ends_at_the_total(workspace):
    for recipe in (one_threshold(), two_thresholds()):
        events = []
        drain(search_thresholds(recipe, workspace, step=0.5), events.append)
        assert all(isinstance(event, Progress) for event in events)
        assert events[-1].done == events[-1].total


def test_steps_that_are_no_thresholds_are_refused(workspace):
    with pytest.raises(RecipeError, match="'map' gives no mask"):
        drain(search_thresholds(one_threshold(), workspace, at="map"))
    bare = recipe_of({"map": one_threshold().step("map")}, "map")
    with pytest.raises(RecipeError, match="gives no mask"):
        thresholds_of(bare)


@pytest.mark.parametrize("step", [0.0, -0.1, 1.5, 0.0001, float("nan")])
def test_a_distance_that_makes_no_grid_is_refused(workspace, step):
    with pytest.raises(InputError, match=r"give a number from 0\.01 to 1"):
        drain(search_thresholds(one_threshold(), workspace, step=step))


def test_the_published_recipe_has_one_threshold():
    recipe = recipe_named("mixed-unet")
    assert thresholds_of(recipe) == ["refined.value"]
    assert meeting_point(recipe, ["refined.value"]) == "refined"


def test_without_masks_or_maps_it_says_so(workspace):
    with pytest.raises(ProjectError, match="a: no activation maps yet; run `napari-wsss maps PROJECT` first"):
        drain(search_thresholds(recipe_named("mixed-unet"), workspace))
    workspace.accepted.kept.clear()
    with pytest.raises(InputError, match="no accepted mask"):
        drain(search_thresholds(one_threshold(), workspace))
