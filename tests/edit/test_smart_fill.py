"""Smart fill grows as far as scan and map look alike, and no farther."""

from dataclasses import replace

import numpy as np
import pytest

from napari_wsss.edit.scene import Scene
from napari_wsss.edit.smart_fill import SmartFill
from napari_wsss.errors import InputError


@pytest.fixture
def scene():
    """Two bright blocks of 100 on 0, one of them through slices 1 to 3, with a darker rim of 80."""
    scan = np.zeros((1, 5, 20, 30), np.float32)
    scan[0, 1:4, 4:12, 4:12] = 80
    scan[0, 1:4, 5:11, 5:11] = 100
    scan[0, 2, 4:12, 18:26] = 100
    evidence = np.ones((1, 5, 20, 30), np.float32)
    evidence[0, :, :8] = 0.2
    return Scene(scan, (2.0, 1.0, 1.0), 2, seed=(2, 7, 7), evidence=evidence, windows=((0.0, 100.0),))


def filled(scene, **knobs):
    return SmartFill(**knobs).apply(np.zeros(scene.scan.shape[1:], np.uint8), scene)


def test_the_block_clicked_is_filled_and_the_other_is_not(scene):
    result = filled(scene)
    assert np.count_nonzero(result) == 36
    assert (result[2, 5:11, 5:11] == 1).all()


def test_a_wider_tolerance_takes_the_rim(scene):
    assert np.count_nonzero(filled(scene, tolerance=20.0)) == 64


def test_the_window_on_the_screen_says_what_looks_alike(scene):
    narrow = replace(scene, windows=((0.0, 1000.0),))
    assert np.count_nonzero(filled(narrow, tolerance=2.0)) == 64


def test_in_3d_it_goes_through_slices_as_far_as_the_radius(scene):
    assert np.count_nonzero(filled(scene, mode="3d")) == 3 * 36
    near = filled(scene, mode="3d", radius=1.0)
    assert np.count_nonzero(near) == 5, "the slices before and after are 2 mm away"


def test_the_map_is_a_limit(scene):
    assert np.count_nonzero(filled(scene, evidence=0.5)[2, :8]) == 1, "the place clicked alone"
    lower = replace(scene, seed=(2, 9, 7))
    assert np.count_nonzero(filled(lower, evidence=0.5)) == 3 * 6


def test_a_noisy_voxel_does_not_decide(scene):
    scene.scan[0, 2, 7, 7] = 0
    assert np.count_nonzero(filled(scene)) == 36


def test_pinholes_are_closed_and_larger_holes_are_not(scene):
    scene.scan[0, 2, 9, 9] = 0
    assert filled(scene)[2, 9, 9] == 1
    assert filled(scene, holes=False)[2, 9, 9] == 0
    scene.scan[0, 2, 7:10, 8:10] = 0
    assert filled(scene)[2, 8, 9] == 0


def test_it_can_take_away_and_leaves_other_classes(scene):
    mask = np.ones(scene.scan.shape[1:], np.uint8)
    mask[2, 5, 5] = 2
    result = SmartFill(what="remove").apply(mask, scene)
    assert result[2, 5, 5] == 2
    assert np.count_nonzero(result == 0) == 35


def test_all_channels_shown_must_look_alike(scene):
    second = np.zeros_like(scene.scan)
    second[0, :, :, :8] = 50
    both = replace(scene, scan=np.concatenate([scene.scan, second]), channels=(0, 1), windows=((0, 100), (0, 100)))
    assert np.count_nonzero(filled(both)) == 6 * 3


def test_a_place_outside_is_refused(scene):
    with pytest.raises(InputError, match="outside the scan"):
        filled(replace(scene, seed=(2, 40, 0)))
    with pytest.raises(InputError, match="click into the scan"):
        filled(replace(scene, seed=None))
