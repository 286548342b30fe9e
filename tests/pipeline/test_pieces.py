"""Pieces of volumes: where the volume is too small, image and labels are filled up."""

import numpy as np

from napari_wsss.pipeline.pieces import Piece

VOLUME = np.arange(2 * 2 * 3 * 4, dtype=np.float16).reshape(2, 2, 3, 4)
LABELS = np.arange(24, dtype=np.uint8).reshape(2, 3, 4)


def test_a_piece_inside_the_volume_is_as_it_is():
    place = (slice(0, 2), slice(1, 3), slice(1, 4))
    piece = Piece.of(VOLUME, LABELS, place, (2, 2, 3), 255)
    np.testing.assert_array_equal(piece.image, VOLUME[:, :, 1:, 1:])
    np.testing.assert_array_equal(piece.labels, LABELS[:, 1:, 1:])
    assert piece.labels.dtype == np.uint8


def test_beyond_the_volume_the_image_repeats_its_border_and_labels_say_so():
    place = (slice(0, 2), slice(0, 3), slice(0, 4))
    piece = Piece.of(VOLUME, LABELS, place, (3, 3, 6), 255)
    np.testing.assert_array_equal(piece.image[:, :2, :, :4], VOLUME)
    np.testing.assert_array_equal(piece.image[:, 2], piece.image[:, 1])
    np.testing.assert_array_equal(piece.image[..., 5], piece.image[..., 3])
    np.testing.assert_array_equal(piece.labels[:2, :, :4], LABELS)
    assert (piece.labels[2] == 255).all()
    assert (piece.labels[..., 4:] == 255).all()


def test_labels_take_little_room():
    labels = np.zeros((64, 64, 64), dtype=np.uint8)
    labels[20:30, 20:30, 20:30] = 1
    place = (slice(0, 64),) * 3
    assert len(Piece.of(labels[None], labels, place, labels.shape, 255).packed) < labels.size / 50
