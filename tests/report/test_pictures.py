from __future__ import annotations

import io

import numpy as np
import pytest
from matplotlib.colors import to_rgb
from PIL import Image

from napari_wsss.errors import InputError
from napari_wsss.report.pictures import MASK_COLOURS, REFERENCE_COLOUR, WIDTH, best_slice, compact, picture_case


def pixels(png):
    return np.asarray(Image.open(io.BytesIO(png)).convert("RGB")).astype(float) / 255.0


def share_of(picture, colour):
    return (np.abs(picture - to_rgb(colour)).max(axis=-1) < 0.15).mean()


def test_panels_in_order_with_the_shape_of_the_scan(pictures):
    assert list(pictures.panels) == ["Scan", "Evidence", "CRF mask"]
    assert {pixels(png).shape for png in pictures.panels.values()} == {(WIDTH * 4 // 3, WIDTH, 3)}
    assert pictures.reference


def test_scan_is_grey_and_masks_are_outlined_in_their_colours(pictures):
    panels = {name: pixels(png) for name, png in pictures.panels.items()}
    assert np.ptp(panels["Scan"], axis=-1).max() == 0.0
    assert np.ptp(panels["Evidence"], axis=-1).max() > 0.3
    assert share_of(panels["CRF mask"], MASK_COLOURS[0]) > 0.001
    assert share_of(panels["CRF mask"], REFERENCE_COLOUR) > 0.001
    assert share_of(panels["Scan"], REFERENCE_COLOUR) == 0.0


def test_outline_lies_on_the_border_of_the_mask():
    mask = np.zeros((36, 36), dtype=np.uint8)
    mask[12:24, 12:24] = 1
    panel = pixels(picture_case("x", np.zeros((36, 36)), masks={"m": mask}).panels["m"])
    rows = np.flatnonzero((np.abs(panel - to_rgb(MASK_COLOURS[0])).max(axis=-1) < 0.15).any(axis=1))
    assert rows.min() == pytest.approx(120, abs=2)  # ten pixels of picture to one of the scan
    assert rows.max() == pytest.approx(240, abs=2)


def test_pixels_that_are_not_square_keep_their_proportion():
    picture = picture_case("x", np.zeros((20, 40)), pixel=(2.0, 1.0))
    assert pixels(picture.panels["Scan"]).shape == (WIDTH, WIDTH, 3)


def test_second_class_has_a_colour_of_its_own(slice_of_case):
    mask = slice_of_case["masks"]["CRF mask"] * np.uint8(2)
    panel = pixels(picture_case("x", slice_of_case["scan"], masks={"m": mask}).panels["m"])
    assert share_of(panel, MASK_COLOURS[1]) > 0.001
    assert share_of(panel, MASK_COLOURS[0]) == 0.0


@pytest.mark.parametrize(("kind", "value"), [(np.uint8, 200), (np.uint16, 200 * 257), (np.float32, 200 / 255)])
def test_colour_scans_keep_their_colours(kind, value):
    scan = np.zeros((8, 8, 3), dtype=kind)
    scan[..., 0] = value
    panel = pixels(picture_case("x", scan).panels["Scan"])
    assert panel[5, 5] == pytest.approx([200 / 255, 0.0, 0.0], abs=0.01)


def test_reference_alone_and_flat_empty_slices_are_drawn():
    empty = np.zeros((9, 9), dtype=np.uint8)
    assert list(picture_case("x", empty, reference=empty).panels) == ["Scan", "Reference"]


def test_another_shape_is_refused(slice_of_case):
    with pytest.raises(InputError, match=r"refined: shape \(3, 3\)"):
        picture_case("x", slice_of_case["scan"], masks={"refined": np.zeros((3, 3), dtype=np.uint8)})


def test_best_slice_has_most_mask_else_most_evidence_else_the_middle():
    mask, evidence = np.zeros((5, 2, 2), dtype=np.uint8), np.zeros((5, 2, 2), dtype=np.float32)
    assert best_slice(mask, evidence) == 2
    evidence[1] = 0.3
    assert best_slice(mask, evidence) == 1
    mask[4, 0] = 2
    mask[3, 0, 0] = 1
    assert best_slice(mask, evidence) == 4


def test_compact_pictures_look_the_same_and_are_smaller(pictures):
    small = compact(pictures)
    assert list(small.panels) == list(pictures.panels)
    for name, content in small.panels.items():
        assert len(content) < len(pictures.panels[name])
        assert np.abs(pixels(content) - pixels(pictures.panels[name])).mean() < 0.02


def test_panels_side_by_side_and_apart_again(pictures):
    from napari_wsss.report.pictures import side_by_side, taken_apart

    joined = side_by_side(pictures)
    panels = taken_apart(joined, tuple(pictures.panels))
    for name, content in pictures.panels.items():
        np.testing.assert_array_equal(_pixels(panels[name]), _pixels(content))


def _pixels(content):
    return np.asarray(Image.open(io.BytesIO(content)).convert("RGB"))
