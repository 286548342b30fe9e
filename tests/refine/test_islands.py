import numpy as np
import pytest

from napari_wsss.errors import RecipeError
from napari_wsss.refine.islands import Islands, keep_islands

UNIT = (1.0, 1.0, 1.0)


def volume(*slices):
    """A label map (Z, Y, X); rows of a slice are parted by spaces."""
    return np.array([[[int(letter) for letter in row] for row in rows.split()] for rows in slices], dtype=np.uint8)


MASK = volume("11100 00001", "00100 11000", "00000 00011")
"""Side by side: four voxels through two slices, a single one, and two pairs."""


def keep(mask=MASK, spacing=UNIT, evidence=None, **knobs):
    return keep_islands(mask, spacing, Islands(**{"smallest": 0.0} | knobs), evidence)


def test_largest_in_3d():
    assert keep(keep="largest").tolist() == volume("11100 00000", "00100 00000", "00000 00000").tolist()


def test_largest_of_each_slice():
    expected = volume("11100 00000", "00000 11000", "00000 00011")
    assert keep(keep="largest", mode="2d").tolist() == expected.tolist()


def test_corners():
    # Diagonally all hang together but the single voxel of the first slice.
    joined = keep(keep="largest", connectivity="corners")
    assert joined.tolist() == volume("11100 00000", "00100 11000", "00000 00011").tolist()


@pytest.mark.parametrize(
    ("smallest", "spacing", "expected"),
    [
        (2.0, UNIT, volume("11100 00000", "00100 11000", "00000 00011")),
        (2.1, UNIT, volume("11100 00000", "00100 00000", "00000 00000")),
        (2.1, (5.0, 0.5, 0.5), volume("11100 00000", "00100 11000", "00000 00011")),  # voxels of 1.25 mm³
        (5.0, (5.0, 0.5, 0.5), volume("11100 00000", "00100 00000", "00000 00000")),
        (99.0, UNIT, volume("00000 00000", "00000 00000", "00000 00000")),
    ],
)
def test_small_ones_are_removed(smallest, spacing, expected):
    assert keep(spacing=spacing, smallest=smallest).tolist() == expected.tolist()


def test_largest_counts_only_if_it_is_large_enough():
    assert not keep(keep="largest", smallest=4.5).any()


def test_most_evidence():
    evidence = np.zeros((1, *MASK.shape), np.float32)
    evidence[0, 0, 0, :3] = 0.3
    evidence[0, 2, 1, 3:] = 0.5
    expected = volume("00000 00000", "00000 00000", "00000 00011")
    assert keep(keep="most evidence", evidence=evidence).tolist() == expected.tolist()
    by_slice = keep(keep="most evidence", mode="2d", evidence=evidence)
    assert by_slice.tolist() == volume("11100 00000", "00100 00000", "00000 00011").tolist()


def test_each_class_has_its_own_islands_and_evidence():
    mask = volume("10220 10002")
    assert keep(mask, keep="largest").tolist() == volume("10220 10000").tolist()
    evidence = np.zeros((2, 1, 2, 5), np.float32)
    evidence[1, 0, 1, 4] = 1
    evidence[0, 0, 0, 2:4] = 1  # evidence of the other class does not count
    assert keep(mask, keep="most evidence", evidence=evidence).tolist() == volume("10000 10002").tolist()


def test_most_evidence_without_a_map():
    with pytest.raises(RecipeError, match="needs a soft map"):
        keep(keep="most evidence")


def test_parts_with_a_share_of_the_best_stay():
    mask = volume("11110 00000 11001")  # 4, 2 and 1 voxels
    assert keep(mask, keep="largest", share=0.6).tolist() == volume("11110 00000 00000").tolist()
    assert keep(mask, keep="largest", share=0.5).tolist() == volume("11110 00000 11000").tolist()
    assert keep(mask, keep="largest", share=0.25).tolist() == mask.tolist()
    evidence = np.where(mask, 0.2, 0).astype(np.float32)[None]
    evidence[0, 0, 2, 4] = 0.7  # the smallest part has most: 0.7 against 0.8 and 0.4
    assert (
        keep(mask, keep="most evidence", share=0.8, evidence=evidence).tolist() == volume("11110 00000 00001").tolist()
    )


def test_the_share_counts_for_each_slice_in_2d():
    mask = volume("11110 00000 11001", "00000 00000 00011")
    kept = keep(mask, keep="largest", share=0.5, mode="2d")
    assert kept.tolist() == volume("11110 00000 11000", "00000 00000 00011").tolist()


def test_the_first_of_equals():
    assert keep(volume("10101"), keep="largest").tolist() == volume("10000").tolist()


def test_two_dimensions():
    mask = np.array([[1, 1, 0], [0, 0, 1]], np.uint8)
    assert keep(mask, (1.0, 1.0), keep="largest").tolist() == [[1, 1, 0], [0, 0, 0]]


def test_slices_alone_equal_the_volume():
    mask = (np.random.default_rng(0).random((6, 20, 20)) < 0.5).astype(np.uint8)
    for choice in ("all", "largest"):
        whole = keep(mask, keep=choice, mode="2d", smallest=3.0)
        alone = [keep(mask[z : z + 1], keep=choice, mode="2d", smallest=3.0) for z in range(6)]
        assert np.concatenate(alone).tolist() == whole.tolist()


def test_an_empty_mask():
    assert not keep(np.zeros((2, 3, 4), np.uint8), keep="largest").any()
