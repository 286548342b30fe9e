import numpy as np
import pytest

from napari_wsss.errors import RecipeError
from napari_wsss.refine.ensemble import Ensemble, combine_masks, mean_maps


def volume(*slices):
    """A label map (Z, 1, X) from one text a slice."""
    return np.array([[[int(letter) for letter in row]] for row in slices], dtype=np.uint8)


A, B, C = volume("1100", "1110"), volume("0110", "1000"), volume("0111", "0000")


@pytest.mark.parametrize(
    ("rule", "scope", "expected"),
    [
        ("or", "slice", volume("1111", "1110")),
        ("and", "slice", volume("0100", "0000")),
        ("<", "slice", volume("1100", "0000")),  # 2, 2, 3 voxels: the first of equals; then 3, 1, 0
        (">", "slice", volume("0111", "1110")),
        ("<", "volume", B),  # 5, 3, 3 voxels
        (">", "volume", A),
    ],
)
def test_three_masks(rule, scope, expected):
    combined = combine_masks([A, B, C], Ensemble(rule=rule, scope=scope))
    assert combined.tolist() == expected.tolist()
    assert combined.dtype == np.uint8


@pytest.mark.parametrize(("rule", "expected"), [("or", "01110"), ("and", "00010"), ("<", "00110"), (">", "01010")])
def test_truth_table_of_two_masks(rule, expected):
    # Every pair of answers, and more voxels of the second mask in a place of their own: 3 against 2 for < and >.
    first, second = volume("001100"), volume("010101")
    last = {"or": "1", "and": "0", "<": "0", ">": "1"}[rule]
    assert combine_masks([first, second], Ensemble(rule=rule)).tolist() == volume(expected + last).tolist()


def test_or_is_settled_by_votes_then_by_the_lower_class():
    masks = [volume("1212"), volume("2210"), volume("2100")]
    assert combine_masks(masks, Ensemble(rule="or")).tolist() == volume("2212").tolist()


def test_and_wants_the_same_class():
    assert combine_masks([volume("1212"), volume("1120")], Ensemble(rule="and")).tolist() == volume("1000").tolist()


def test_smallest_of_each_class():
    masks = [volume("111022"), volume("011222")]  # class 1: 3, 2 voxels; class 2: 2, 3
    assert combine_masks(masks, Ensemble(rule="<")).tolist() == volume("011022").tolist()


def test_largest_of_each_class_settles_overlap_by_votes():
    masks = [volume("111000"), volume("002222")]
    assert combine_masks(masks, Ensemble(rule=">")).tolist() == volume("111222").tolist()


@pytest.mark.parametrize("rule", ["or", "and", "<", ">"])
def test_the_same_mask_twice_is_that_mask(rule):
    labels = np.random.default_rng(0).integers(0, 3, (3, 4, 5)).astype(np.uint8)
    assert (combine_masks([labels, labels], Ensemble(rule=rule)) == labels).all()


@pytest.mark.parametrize("masks", [[A], [A, A[:1]]])
def test_masks_that_cannot_be_combined(masks):
    with pytest.raises(RecipeError, match="give two or more, all alike"):
        combine_masks(masks, Ensemble())


def test_mean():
    maps = [np.array([[0.0, 0.5, 1.0]], np.float32), np.array([[1.0, 0.5, 1.0]], np.float32)]
    assert mean_maps(maps).tolist() == [[0.5, 0.5, 1.0]]
    assert mean_maps(maps, (3.0, 1.0)).tolist() == [[0.25, 0.5, 1.0]]
    assert mean_maps(maps, (0.0, 1.0)).tolist() == [[1.0, 0.5, 1.0]]
    assert mean_maps(maps).dtype == np.float32


@pytest.mark.parametrize("weights", [(1.0,), (0.0, 0.0), (-1.0, 2.0)])
def test_weights_that_do_not_fit(weights):
    with pytest.raises(RecipeError, match="give one a map"):
        mean_maps([np.zeros((1, 2), np.float32)] * 2, weights)


def test_one_map_is_no_ensemble():
    with pytest.raises(RecipeError, match="two or more"):
        mean_maps([np.zeros((1, 2), np.float32)])
