"""Pieces of volumes: where the volume is too small, image and labels are filled up."""

import numpy as np

from napari_wsss.pipeline.pieces import Pieces

VOLUME = np.arange(2 * 2 * 3 * 4, dtype=np.float16).reshape(2, 2, 3, 4)
LABELS = np.arange(24, dtype=np.uint8).reshape(2, 3, 4)


def pieces_of(folder, place, sides):
    pieces = Pieces(folder, sides, 255)
    pieces.add(VOLUME, LABELS, [place])
    return pieces.images([0])[0], pieces.labels([0])[0]


def test_a_piece_inside_the_volume_is_as_it_is(tmp_path):
    place = (slice(0, 2), slice(1, 3), slice(1, 4))
    image, labels = pieces_of(tmp_path, place, (2, 2, 3))
    np.testing.assert_array_equal(image, VOLUME[:, :, 1:, 1:])
    np.testing.assert_array_equal(labels, LABELS[:, 1:, 1:])
    assert labels.dtype == np.uint8


def test_beyond_the_volume_the_image_repeats_its_border_and_labels_say_so(tmp_path):
    place = (slice(0, 2), slice(0, 3), slice(0, 4))
    image, labels = pieces_of(tmp_path, place, (3, 3, 6))
    np.testing.assert_array_equal(image[:, :2, :, :4], VOLUME)
    np.testing.assert_array_equal(image[:, 2], image[:, 1])
    np.testing.assert_array_equal(image[..., 5], image[..., 3])
    np.testing.assert_array_equal(labels[:2, :, :4], LABELS)
    assert (labels[2] == 255).all()
    assert (labels[..., 4:] == 255).all()


def test_pieces_come_in_the_order_asked_for(tmp_path):
    pieces = Pieces(tmp_path, (1, 3, 4), 255)
    pieces.add(VOLUME, LABELS, [(slice(z, z + 1), slice(0, 3), slice(0, 4)) for z in (0, 1)])
    assert len(pieces) == 2
    np.testing.assert_array_equal(pieces.images([1, 0])[:, 0, 0], VOLUME[0, ::-1])
    np.testing.assert_array_equal(pieces.labels([1, 0])[:, 0], LABELS[::-1])
