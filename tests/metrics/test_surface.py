from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.ndimage import binary_erosion, distance_transform_edt

from napari_wsss.errors import InputError
from napari_wsss.metrics.surface import hausdorff, surface_dice


def hausdorff95(mask, reference, spacing):
    return hausdorff(mask, reference, spacing, percentile=95.0)


def box(shape, *ranges):
    mask = np.zeros(shape, dtype=bool)
    mask[tuple(slice(low, high) for low, high in ranges)] = True
    return mask


def test_hausdorff_of_two_voxels_is_their_distance_in_mm():
    one = box((9, 9, 9), (1, 2), (1, 2), (1, 2))
    other = box((9, 9, 9), (4, 5), (3, 4), (1, 2))
    assert hausdorff95(one, other, (2.0, 4.0, 1.0)) == pytest.approx(math.hypot(3 * 2.0, 2 * 4.0))


def test_hausdorff_in_a_single_slice_is_measured_in_its_plane():
    one = box((1, 9, 9), (0, 1), (1, 2), (1, 2))
    other = box((1, 9, 9), (0, 1), (4, 5), (5, 6))
    assert hausdorff95(one, other, (5.0, 1, 1)) == pytest.approx(5.0)


def test_hausdorff_is_the_larger_directed_percentile():
    shape, spacing = (8, 20, 22), (3.0, 1.0, 0.5)
    mask = box(shape, (1, 6), (3, 12), (4, 15))
    reference = box(shape, (2, 7), (5, 16), (4, 19))
    edges = [array & ~binary_erosion(array) for array in (mask, reference)]
    near = [distance_transform_edt(~edge, sampling=spacing) for edge in edges]
    expected = max(np.percentile(near[1][edges[0]], 95), np.percentile(near[0][edges[1]], 95))
    assert hausdorff95(mask, reference, spacing) == pytest.approx(expected, abs=1e-4)
    assert hausdorff95(reference, mask, spacing) == pytest.approx(expected, abs=1e-4)
    largest = max(near[1][edges[0]].max(), near[0][edges[1]].max())
    assert hausdorff(mask, reference, spacing) == pytest.approx(largest, abs=1e-4)
    assert largest > expected


def test_lesion_at_the_border_of_the_scan_is_measured_like_any_other():
    inner = hausdorff95(box((9, 9, 9), (2, 5), (2, 5), (2, 5)), box((9, 9, 9), (2, 5), (2, 5), (3, 6)), (1, 1, 1))
    border = hausdorff95(box((3, 3, 4), (0, 3), (0, 3), (0, 3)), box((3, 3, 4), (0, 3), (0, 3), (1, 4)), (1, 1, 1))
    assert border == inner == pytest.approx(1.0)


def test_surface_dice_of_a_plate_shifted_by_one_mm():
    # Plates of 20 × 20 mm, 2 mm thick, shifted by 1 mm: their surfaces are never more than 1 mm apart.
    one, other = box((8, 24, 24), (2, 4), (2, 22), (2, 22)), box((8, 24, 24), (3, 5), (2, 22), (2, 22))
    assert surface_dice(one, other, (1.0, 1.0, 1.0), tolerance=1.0) == 1.0
    assert surface_dice(one, other, (1.0, 1.0, 1.0), tolerance=0.4) < 0.25
    assert surface_dice(one, other, (3.0, 1.0, 1.0), tolerance=1.0) < 0.4  # 3 mm slices: sides only


def test_surface_dice_bounds():
    one, far = box((3, 9, 40), (1, 2), (2, 6), (2, 6)), box((3, 9, 40), (1, 2), (2, 6), (30, 34))
    assert surface_dice(one, one, (2.0, 1.0, 1.0), tolerance=0.0) == 1.0
    assert surface_dice(one, far, (2.0, 1.0, 1.0)) == 0.0


def test_surface_dice_is_symmetric_and_works_in_a_single_slice():
    one, other = box((1, 20, 20), (0, 1), (3, 12), (4, 15)), box((1, 20, 20), (0, 1), (5, 12), (4, 17))
    forth, back = (surface_dice(a, b, (9.0, 1.0, 1.0), tolerance=1.0) for a, b in ((one, other), (other, one)))
    assert forth == pytest.approx(back)
    assert 0.0 < forth < 1.0


@pytest.mark.parametrize("measure", [hausdorff, surface_dice])
@pytest.mark.parametrize(("first", "second"), [(False, False), (True, False), (False, True)])
def test_undefined_where_either_is_empty(measure, first, second):
    masks = [np.full((2, 3, 3), value) for value in (first, second)]
    assert math.isnan(measure(*masks, (1.0, 1.0, 1.0)))


@pytest.mark.parametrize("measure", [hausdorff, surface_dice])
def test_other_shape_is_refused(measure):
    with pytest.raises(InputError, match="must be the same"):
        measure(np.ones((1, 2, 2), dtype=bool), np.ones((1, 2, 3), dtype=bool), (1.0, 1.0, 1.0))
