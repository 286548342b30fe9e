import numpy as np
import pytest

from napari_wsss.refine.midline import Midline, drop_midline

MASK = np.full((2, 3, 8), 2, np.uint8)


def dropped(mask):
    """Columns and rows without any voxel."""
    gone = mask == 0
    return np.flatnonzero(gone.all(axis=(0, 1))).tolist(), np.flatnonzero(gone.all(axis=(0, 2))).tolist()


@pytest.mark.parametrize(
    ("line", "width", "spacing", "columns", "rows"),
    [
        ("vertical", 1.0, (1, 1, 1), [3, 4], []),  # the middle of 8 columns lies between 3 and 4, half a mm from both
        ("vertical", 3.0, (1, 1, 1), [2, 3, 4, 5], []),
        ("vertical", 3.0, (9, 9, 2), [3, 4], []),
        ("horizontal", 1.0, (1, 1, 1), [], [1]),
        ("horizontal", 1.5, (9, 0.8, 9), [], [1]),
    ],
)
def test_band_of_the_image(line, width, spacing, columns, rows):
    kept = drop_midline(MASK, spacing, Midline(line=line, width=width))
    assert dropped(kept) == (columns, rows)
    assert set(np.unique(kept)) == {0, 2}


def test_the_border_of_the_band_belongs_to_it():
    assert not drop_midline(MASK, (9, 0.75, 9), Midline(line="horizontal", width=1.5)).any()


def test_a_spacing_as_a_file_holds_it_drops_the_same():
    held = float(np.float32(0.75001))  # a little more: 1.5 mm must still be two voxels
    assert not drop_midline(MASK, (9, held, 9), Midline(line="horizontal", width=1.5)).any()


def test_band_of_the_organ():
    organ = np.zeros((4, 3, 8), dtype=bool)
    organ[:, :, 4:7] = True
    params = Midline(width=1.0, centre="organ")
    assert dropped(drop_midline(MASK, (1, 1, 1), params, organ)) == ([5], [])
    assert dropped(drop_midline(MASK, (1, 1, 1), params, np.zeros_like(organ))) == ([3, 4], [])
    organ[:] = False
    organ[0, 2], organ[0, 0, 0] = True, True  # eight voxels of row 2, one of row 0: mean 16 / 9
    params = Midline(line="horizontal", width=0.5, centre="organ")
    assert dropped(drop_midline(MASK, (1, 1, 1), params, organ)) == ([], [2])


def test_the_given_mask_stays_as_it_is():
    mask = MASK.copy()
    drop_midline(mask, (1, 1, 1), Midline())
    assert mask.all()
