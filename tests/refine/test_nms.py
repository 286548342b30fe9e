import numpy as np

from napari_wsss.refine.nms import non_maximum_suppression


def masks(*rows):
    return np.packbits([[int(letter) for letter in row] for row in rows], axis=1)


A, B, C, D = "1111000000", "0111100000", "0000000111", "1111111000"
"""Overlaps: A and B 3/5, A and D 4/7, B and D 4/7; C shares nothing with A, B and D."""


def kept(rows, confidence, overlap):
    return non_maximum_suppression(masks(*rows), np.array(confidence), overlap)


def test_by_hand():
    """A goes first and drops what overlaps by more than the limit; C is far away and stays."""
    rows, confidence = (B, A, C, D), (0.6, 0.9, 0.2, 0.7)
    assert kept(rows, confidence, 0.5) == [1, 2]
    assert kept(rows, confidence, 4 / 7) == [1, 3, 2]  # at the limit D stays; then B overlaps A by 3/5
    assert kept(rows, confidence, 0.6) == [1, 3, 0, 2]
    assert kept(rows, confidence, 0.0) == [1, 2]


def test_a_dropped_mask_drops_nothing():
    """X–Y and Y–Z overlap by 2/4, X–Z not at all: with Y dropped, Z stays."""
    assert kept(("111000", "011100", "000111"), (0.9, 0.8, 0.1), 0.3) == [0, 2]
    assert kept(("111000", "011100", "000111"), (0.1, 0.8, 0.9), 0.0) == [2, 0]


def test_the_first_of_equals_goes_first_and_empty_masks_go():
    assert kept(("0000", "1100", "1100"), (1.0, 0.5, 0.5), 0.5) == [1]
    assert kept(("0000",), (1.0,), 0.5) == []
