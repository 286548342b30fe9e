"""What all operations keep: slices outside the scope, other classes, the mask handed in."""

import json
from dataclasses import replace

import numpy as np
import pytest

from napari_wsss.edit.catalogue import OPERATIONS, operation
from napari_wsss.errors import InputError, RecipeError

SETTINGS = {
    "fill-between-slices": {"painted": "corrected"},
    "islands": {"keep": "largest", "smallest": 0.0},
    "smoothing": {"size": 4.0},
    "margin": {"distance": 3.0, "mode": "3d"},
    "holes": {"mode": "2d"},
    "logical-operators": {"how": "xor"},
    "copy-slice": {},
    "restore": {"every_class": False},
    "smart-fill": {"mode": "3d", "radius": 5.0, "tolerance": 60.0},
}
SCOPED = [(name, scope) for name, kind in OPERATIONS.items() for scope in kind.scopes]


@pytest.mark.parametrize(("name", "scope"), SCOPED)
def test_slices_outside_the_scope_and_other_classes_stay(mask, scene, name, scope):
    made = operation(name, {**SETTINGS[name], "scope": scope})
    before = mask.copy()
    result = made.apply(mask, scene)
    np.testing.assert_array_equal(mask, before)
    np.testing.assert_array_equal(result == 2, mask == 2)
    outside = {"slice": [0, 1, 3, 4, 5], "range": [0, 4, 5], "volume": []}[scope]
    np.testing.assert_array_equal(result[outside], mask[outside])
    assert result.dtype == np.uint8


@pytest.mark.parametrize("name", OPERATIONS)
def test_every_operation_is_shown_in_words_and_kept_as_json(scene, name):
    made = operation(name, SETTINGS[name])
    assert made.title
    assert made.about.endswith(".")
    assert all(knob.help for knob in made.knobs().values())
    assert json.loads(json.dumps(made.details(scene)))
    assert ("slices" in made.details(scene)) == (made.scopes != () and made.scope != "volume")


def test_the_volume_is_the_same_as_a_range_of_all_slices(mask, scene):
    for name in ("islands", "smoothing", "margin", "holes", "logical-operators"):
        whole = operation(name, {**SETTINGS[name], "scope": "volume"}).apply(mask, scene)
        ranged = operation(name, {**SETTINGS[name], "scope": "range"}).apply(mask, replace(scene, span=(5, 0)))
        np.testing.assert_array_equal(whole, ranged)


def test_an_unknown_name_and_an_unknown_setting_are_refused():
    with pytest.raises(RecipeError, match="Did you mean 'islands'"):
        operation("island", {})
    with pytest.raises(RecipeError, match="distance"):
        operation("margin", {"distanc": 2})


def test_slices_that_are_not_there_are_refused(mask, scene):
    with pytest.raises(InputError, match="0 to 5"):
        operation("islands", {}).apply(mask, replace(scene, z=6))
    with pytest.raises(InputError, match="first and the last"):
        operation("islands", {"scope": "range"}).apply(mask, replace(scene, span=None))


def test_the_chosen_class_is_worked_on(mask, scene):
    result = operation("logical-operators", {"how": "clear", "scope": "volume"}).apply(mask, replace(scene, label=2))
    assert not (result == 2).any()
    np.testing.assert_array_equal(result == 1, mask == 1)


def test_islands_by_hand(mask, scene):
    result = operation("islands", {"keep": "all", "smallest": 11.0, "scope": "volume"}).apply(mask, scene)
    assert (result[:, 10, 12] == 0).all(), "4 voxels of 2.5 mm³ are 10 mm³"
    assert (operation("islands", {"smallest": 10.0, "scope": "volume"}).apply(mask, scene) == mask).all()


def test_margin_by_hand(mask, scene):
    result = operation("margin", {"distance": 1.0}).apply(mask, scene)
    assert np.count_nonzero(result[2] == 1) == 25 + 20 + 5, "a 5×5 block, hole closed, a row each side; a lone voxel"


def test_holes_by_hand(mask, scene):
    result = operation("holes", {}).apply(mask, scene)
    assert result[2, 5, 5] == 1
    assert np.count_nonzero(result != mask) == 1


def test_opening_and_closing_by_hand(scene):
    mask = np.zeros(scene.scan.shape[1:], np.uint8)
    mask[2, 2:9, 1:6] = mask[2, 2:9, 9:14] = 1  # two blocks, three columns apart
    mask[2, 5, 6:9] = 1  # joined by a thread one voxel thick
    opened = operation("smoothing", {"method": "opening", "size": 2.0}).apply(mask, scene)
    assert opened[2, 5].tolist() == [0, 1, 1, 1, 1, 1, 1, 0, 1, 1, 1, 1, 1, 1], "a disc of 1 mm reaches 1 mm into it"
    mask[2, :, 6] = mask[2, :, 5]
    closed = operation("smoothing", {"method": "closing", "size": 2.0}).apply(mask, scene)
    assert closed[2, 4, 6:9].tolist() == [1, 1, 1]
    assert not (mask & ~closed).any()


@pytest.mark.parametrize(
    ("how", "expected"),
    [
        ("add", [1, 1, 1, 0]),
        ("subtract", [0, 1, 0, 0]),
        ("intersect", [1, 0, 0, 0]),
        ("xor", [0, 1, 1, 0]),
        ("copy", [1, 0, 1, 0]),
        ("invert", [0, 0, 1, 1]),
        ("clear", [0, 0, 0, 0]),
    ],
)
def test_logical_operators_by_hand(scene, how, expected):
    mask, other = np.zeros((6, 1, 4), np.uint8), np.zeros((6, 1, 4), np.uint8)
    mask[2, 0], other[2, 0] = [1, 1, 0, 0], [1, 0, 1, 0]
    here = replace(scene, others={"accepted": other})
    made = operation("logical-operators", {"how": how, "other": "accepted"})
    assert made.apply(mask, here)[2, 0].tolist() == expected


def test_a_mask_that_is_not_there_is_told(mask, scene):
    with pytest.raises(InputError, match="no mask 'segmenter' of this case; there are: proposal"):
        operation("logical-operators", {"other": "segmenter"}).apply(mask, scene)


@pytest.mark.parametrize(("side", "source"), [("previous", 0), ("next", 2)])
def test_copy_slice_by_hand(side, source, scene):
    mask = np.zeros((3, 2, 3), np.uint8)
    mask[:, 0] = [[1, 1, 0], [0, 0, 2], [0, 1, 1]]
    here = replace(scene, z=1)
    copied = operation("copy-slice", {"side": side}).apply(mask, here)
    expected = np.where(mask[1, 0] == 2, 2, mask[source, 0] == 1)
    np.testing.assert_array_equal(copied[1, 0], expected)
    mask[1, 1, 0] = 1
    assert operation("copy-slice", {"side": side, "how": "add"}).apply(mask, here)[1, 1, 0] == 1
    assert operation("copy-slice", {"side": side}).apply(mask, here)[1, 1, 0] == 0


def test_there_is_nothing_before_the_first_slice(mask, scene):
    with pytest.raises(InputError, match="Slice 0 is the first; there is no previous slice"):
        operation("copy-slice", {}).apply(mask, replace(scene, z=0))


def test_restore_brings_back_a_slice_or_a_ball(mask, scene):
    proposal = scene.others["proposal"]
    whole = operation("restore", {}).apply(mask, scene)
    np.testing.assert_array_equal(whole[2], proposal[2])
    near = operation("restore", {"around": 2.0, "scope": "volume"}).apply(mask, scene)
    z, y, x = np.indices(mask.shape)
    inside = (2.5 * (z - 2)) ** 2 + (y - 4) ** 2 + (x - 4) ** 2 <= 4
    np.testing.assert_array_equal(near, np.where(inside, proposal, mask))
    assert np.count_nonzero(inside) == 13
