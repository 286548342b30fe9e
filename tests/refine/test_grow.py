"""A mask grows into what is like it."""

from types import SimpleNamespace

import numpy as np
import pytest

from napari_wsss.errors import RecipeError
from napari_wsss.pipeline.steps import GrowFilter
from napari_wsss.refine.grow import Grow, grow

SPACING = (5.0, 1.0, 1.0)
GREY = np.array([[[9.0, 8.0, 5.0, 8.0, 1.0, 9.0, 2.0]], [[9.0, 9.0, 9.0, 9.0, 9.0, 9.0, 9.0]]], dtype=np.float32)
"""Two slices of one row."""
SEED = np.array([[[1, 0, 0, 0, 0, 0, 0]], [[0, 0, 0, 0, 0, 0, 0]]], np.uint8)


def grown(distance, mask=SEED, grey=GREY, **more):
    return grow(mask, grey[None], SPACING, Grow(distance=distance, **{"alike": 1.0} | more))[0, 0].tolist()


@pytest.mark.parametrize(
    ("distance", "expected"),
    [
        (1, [1, 0, 0, 0, 0, 0, 0]),  # 9 inside, 8 around: the limit is 8.5
        (2, [1, 1, 0, 0, 0, 0, 0]),  # 8 and 5 around: 7.75
        (3, [1, 0, 0, 0, 0, 0, 0]),  # 8, 5, 8: 8.0, and 8 is not above it
        (6, [1, 1, 0, 0, 0, 0, 0]),  # 8, 5, 8, 1, 9, 2: 7.25; the 5 keeps the others apart
    ],
)
def test_it_grows_to_half_way_between_the_means(distance, expected):
    assert grown(distance) == expected


def test_dark_lesions_grow_too_and_the_limit_is_no_absolute_value():
    for distance in (1, 2, 3, 6):
        assert grown(distance, grey=-GREY) == grown(distance)
        assert grown(distance, grey=7 * GREY + 100) == grown(distance)


def test_what_is_near_enough_and_joined_is_taken_in():
    grey = np.where(GREY == 5, 8, GREY)
    assert grown(6, grey=grey) == [1, 1, 1, 1, 0, 0, 0]
    assert grown(2.5, grey=np.where(grey == 8, 9, grey)) == [1, 0, 0, 0, 0, 0, 0], "all of it is alike"


@pytest.mark.parametrize(
    ("alike", "result"), [(0.4, [1, 1, 0, 0, 0, 0]), (0.39, [1, 0, 0, 0, 0, 0]), (0, [1, 0, 0, 0, 0, 0])]
)
@pytest.mark.parametrize("sign", [1, -1])
def test_it_stays_where_much_around_it_is_like_it_joined_or_not(alike, result, sign):
    grey = np.array([[[9, 8, 1, 7, 1, 1]]], np.float32)  # 3.6 around: the limit is 6.3, above it two of five
    mask = np.zeros((1, 1, 6), np.uint8)
    mask[..., 0] = 1
    assert grown(5, mask, sign * grey, alike=alike) == result


def test_what_may_not_be_taken_in_still_tells_how_much_is_alike():
    grey = np.array([[[9, 8, 1, 7, 1, 1]]], np.float32)
    mask = np.zeros((1, 1, 6), np.uint8)
    mask[..., 0] = 1
    barred = np.zeros(mask.shape, bool)
    barred[..., 3] = True
    for alike, taken in ((0.4, 2), (0.39, 1)):
        assert grow(mask, grey[None], SPACING, Grow(distance=5, alike=alike), barred).sum() == taken


def test_other_slices_are_not_entered_and_nothing_is_lost():
    mask = SEED.copy()
    mask[0, 0, 4] = 1  # darker than its surroundings
    result = grow(mask, GREY[None], SPACING, Grow(distance=50, alike=1.0))
    assert not result[1].any()
    assert (result[mask > 0] == 1).all()


@pytest.mark.parametrize(("step", "distance", "taken"), [(1.0, 5.0, 4), (0.5, 2.5, 4), (1.0, 2.5, 0)])
def test_distances_are_in_mm(step, distance, taken):
    grey = np.array([[[[9, 8, 8, 8, 8, 0, 0, 0, 0]]]], np.float32)  # five around: the limit is 7.7; two: 8.5
    mask = np.zeros((1, 1, 9), np.uint8)
    mask[..., 0] = 1
    assert grow(mask, grey, (1.0, 1.0, step), Grow(distance=distance, alike=1.0)).sum() == 1 + taken


def test_each_class_by_itself_and_none_takes_from_another():
    grey = np.array([[[[9, 9, 1, 5, 5, 1, 1, 1]]]], np.float32)
    mask = np.array([[[1, 0, 0, 2, 0, 0, 0, 0]]], np.uint8)
    assert grow(mask, grey, SPACING, Grow(distance=5, alike=1.0))[0, 0].tolist() == [1, 1, 0, 2, 2, 0, 0, 0]


def test_the_whole_image_and_nothing_at_all_stay_as_they_are():
    assert grow(SEED * 0, GREY[None], SPACING, Grow()).any() is np.False_
    everything = np.ones_like(SEED)
    assert (grow(everything, GREY[None], SPACING, Grow()) == 1).all()


def test_the_channel_looked_at():
    two = np.stack([GREY * 0, GREY])
    assert grow(SEED, two, SPACING, Grow(distance=2, channel=2, alike=1.0))[0, 0].tolist() == [1, 1, 0, 0, 0, 0, 0]
    with pytest.raises(RecipeError, match="channel 3 of a scan with 2"):
        grow(SEED, two, SPACING, Grow(channel=3))


def test_what_was_taken_away_before_is_not_taken_back_nor_passed():
    grey = np.array([[[[9, 8, 8, 8, 0, 0, 0, 0, 0]]]], np.float32)  # eight around, of mean 3: the limit is 6
    mask = np.zeros((1, 1, 9), np.uint8)
    mask[..., 0] = 1
    assert grow(mask, grey, SPACING, Grow(distance=8, alike=1.0))[0, 0].tolist() == [1, 1, 1, 1, 0, 0, 0, 0, 0]
    barred = np.zeros(mask.shape, bool)
    barred[..., 2] = True
    assert grow(mask, grey, SPACING, Grow(distance=8, alike=1.0), barred)[0, 0].tolist() == [1, 1, 0, 0, 0, 0, 0, 0, 0]
    before = np.where(barred, np.uint8(1), mask)
    step, scan = (
        GrowFilter(mask="islands", before="clusters", on=True, distance=8, alike=1.0),
        SimpleNamespace(image=grey, spacing=SPACING),
    )
    assert step.compute({"mask": mask, "before": before}, scan)[0, 0].tolist() == [1, 1, 0, 0, 0, 0, 0, 0, 0]
