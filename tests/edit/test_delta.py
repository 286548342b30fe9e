"""Delta: what changed, there and back, in memory and as bytes."""

import numpy as np
import pytest

from napari_wsss.edit.delta import Delta
from napari_wsss.errors import InputError


@pytest.fixture
def pair():
    rng = np.random.default_rng(0)
    before = rng.integers(0, 3, (4, 6, 5)).astype(np.uint8)
    after = before.copy()
    after[1:3, 2:5, 1:4] = rng.integers(0, 3, (2, 3, 3))
    return before, after


def test_a_change_by_hand():
    before, after = np.zeros((2, 2, 3), np.uint8), np.zeros((2, 2, 3), np.uint8)
    after[0, 1, 2], after[1, 0, 0] = 1, 2
    delta = Delta.between(before, after)
    assert delta.where.tolist() == [5, 6]
    assert delta.before.tolist() == [0, 0]
    assert delta.after.tolist() == [1, 2]
    assert delta.slices(before.shape) == [0, 1]
    assert delta.nbytes == 12


def test_apply_and_revert(pair):
    before, after = pair
    delta, mask = Delta.between(before, after), before.copy()
    delta.apply(mask)
    np.testing.assert_array_equal(mask, after)
    delta.revert(mask)
    np.testing.assert_array_equal(mask, before)


def test_looking_in_a_box_finds_the_same(pair):
    whole, part = Delta.between(*pair), Delta.between(*pair, (slice(1, 3), slice(1, None), slice(0, 4)))
    np.testing.assert_array_equal(whole.where, part.where)
    np.testing.assert_array_equal(whole.after, part.after)


def test_bytes_and_back(pair):
    delta = Delta.between(*pair)
    again = Delta.from_bytes(delta.to_bytes())
    for name in ("where", "before", "after"):
        np.testing.assert_array_equal(getattr(again, name), getattr(delta, name))
        assert getattr(again, name).dtype == getattr(delta, name).dtype


def test_damaged_bytes_are_refused(pair):
    content = Delta.between(*pair).to_bytes()
    with pytest.raises(InputError, match="damaged"):
        Delta.from_bytes(content[:-5])


def test_masks_of_two_shapes_are_refused():
    with pytest.raises(InputError, match="shape"):
        Delta.between(np.zeros((1, 2, 3), np.uint8), np.zeros((1, 3, 2), np.uint8))


def test_a_change_of_more_voxels_than_are_worked_on_at_a_time():
    rng = np.random.default_rng(0)
    before = rng.integers(0, 3, (5, 150, 151)).astype(np.uint8)
    after = before.copy()
    after[[0, 1, 4]] = rng.integers(0, 3, (3, 150, 151))
    delta, mask = Delta.between(before, after), before.copy()
    np.testing.assert_array_equal(delta.where, np.flatnonzero(before.ravel() != after.ravel()))
    assert delta.slices(before.shape) == [0, 1, 4]
    delta.apply(mask)
    np.testing.assert_array_equal(mask, after)
    turned = np.asfortranarray(mask)
    delta.revert(turned)
    np.testing.assert_array_equal(turned, before)


def test_bytes_of_a_change_in_many_parts():
    rng = np.random.default_rng(1)
    before = np.zeros((4, 200, 200), np.uint8)
    after = rng.integers(0, 2, before.shape).astype(np.uint8)
    delta = Delta.between(before, after)
    again = Delta.from_bytes(delta.to_bytes())
    for name in ("where", "before", "after"):
        np.testing.assert_array_equal(getattr(again, name), getattr(delta, name))
    assert len(Delta.from_bytes(Delta.between(before, before).to_bytes())) == 0
