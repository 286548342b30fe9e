"""Figures of slices, by hand."""

import numpy as np
import pytest

from napari_wsss.session.slice_figures import slice_dice, slice_rows


def test_rows_by_hand():
    mask = np.zeros((3, 4, 4), np.uint8)
    mask[0, :2, :2], mask[1, 0, :3] = 1, 2
    reference = np.zeros_like(mask)
    reference[0, :2, 1:3] = 1
    labels = np.array([[1, 0], [-1, 1], [-1, -1]], np.int8)
    accepted = np.array([True, False, False])
    rows = slice_rows(mask, accepted, labels, ("bleed", "oedema"), (5.0, 2.0, 0.5), reference)
    assert [row.z for row in rows] == [0, 1, 2]
    assert [row.labels for row in rows] == ["bleed, no oedema", "oedema", ""]
    assert [row.state for row in rows] == ["accepted", "marked", "empty"]
    assert [row.area_mm2 for row in rows] == [4.0, 3.0, 0.0]
    assert [row.volume_ml for row in rows] == pytest.approx([0.02, 0.015, 0.0])
    assert [row.dice for row in rows] == [pytest.approx(2 * 2 / 8), 0.0, None]


def test_how_unsure_the_segmenter_is_of_each_slice():
    mask, labels, accepted = np.zeros((2, 3, 3), np.uint8), np.full((2, 1), -1, np.int8), np.zeros(2, bool)
    rows = slice_rows(mask, accepted, labels, ("a",), (1, 1, 1), unsure=[0.25, 0.5])
    assert [row.unsure for row in rows] == [0.25, 0.5]
    other = slice_rows(mask, accepted, labels, ("a",), (1, 1, 1), unsure=[0.25])
    assert [row.unsure for row in other] == [None, None], "of a mask of another depth"


def test_dice_is_the_mean_over_the_classes_that_are_there():
    mask = np.array([[[1, 1, 2, 0]]], np.uint8)
    reference = np.array([[[1, 0, 2, 2]]], np.uint8)
    assert slice_dice(mask, reference, 3) == pytest.approx([(2 / 3 + 2 / 3) / 2])
    assert slice_rows(mask, np.array([False]), np.array([[-1]], np.int8), ("a",), (1, 1, 1))[0].dice is None
