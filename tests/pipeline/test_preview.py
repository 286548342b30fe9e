"""The picture of what a segmenter says about a slice."""

import numpy as np
import pytest
import torch
from torch import nn

from napari_wsss.pipeline.preview import choose, dice_of, preview
from napari_wsss.pipeline.preview_picture import (
    MISSED,
    MIXED_UP,
    RIGHT,
    TOO_MUCH,
    UNJUDGED,
    differences,
    draw_preview,
)

REFERENCE = np.array([[0, 1, 1, 2], [0, 0, 255, 255]], np.uint8)
PREDICTED = np.array([[1, 1, 0, 1], [0, 0, 1, 0]], np.uint8)


class Given:
    """Examples with lesions of so many pixels, in the second of two channels; of volumes in the second plane."""

    def __init__(self, sizes, *, volumes=False):
        self.images = np.zeros((len(sizes), 2, 16, 16), np.float32)
        self.targets = np.zeros((len(sizes), 16, 16), np.int64)
        for target, image, size in zip(self.targets, self.images, sizes, strict=True):
            target.flat[:size] = 1
            image[1] = target
        if volumes:
            self.images, self.targets = (
                np.stack([np.zeros_like(one), one, np.zeros_like(one)], axis=-3) for one in (self.images, self.targets)
            )

    def __len__(self):
        return len(self.images)

    def load(self, indices):
        return {"image": torch.from_numpy(self.images[indices]), "targets": torch.from_numpy(self.targets[indices])}


class SecondChannel(nn.Module):
    def __init__(self):
        super().__init__()
        self.sign = nn.Parameter(torch.ones(1))

    def forward(self, image):
        return self.sign * (image[:, 1:] - 0.5)


def test_each_place_is_right_missed_too_much_or_of_another_class():
    found = differences(REFERENCE, PREDICTED)
    assert {colour: np.argwhere(places).tolist() for colour, places in found.items()} == {
        RIGHT: [[0, 1]],
        MISSED: [[0, 2]],
        TOO_MUCH: [[0, 0]],
        MIXED_UP: [[0, 3]],
        UNJUDGED: [[1, 2], [1, 3]],
    }


def test_dice_leaves_out_what_is_unknown():
    assert dice_of(PREDICTED, REFERENCE) == pytest.approx(2 * 2 / (3 + 3))
    assert dice_of(np.zeros_like(PREDICTED), np.zeros_like(PREDICTED)) == 1.0


@pytest.mark.parametrize(
    ("sizes", "chosen"), [((0, 40, 10, 0, 20), 4), ((0, 0, 7), 2), ((*(0 for _ in range(25)), 3, *(0,) * 30), 25)]
)
def test_the_example_shown_has_a_lesion_of_middling_size(sizes, chosen):
    assert choose(Given(sizes)) == chosen


@pytest.mark.parametrize("volumes", [False, True])
def test_the_picture_follows_the_network(volumes):
    examples, model = Given((0, 64), volumes=volumes), SecondChannel()
    watch = preview(examples, "Validation", "cpu")
    good, caption = watch(model)
    assert caption == "Validation slice, Dice 1.00"
    assert good.dtype == np.uint8
    model.sign.data.neg_()
    bad, caption = watch(model)
    assert caption == "Validation slice, Dice 0.00"
    half = good.shape[1] // 2
    assert np.array_equal(good[:300, :half], bad[:300, :half])  # the scan stays
    assert not np.array_equal(good[:, half:], bad[:, half:])


def test_slices_that_are_not_square_keep_their_proportions():
    scan = np.zeros((20, 40), np.float32)
    scan[:, 20:] = 1
    mask = np.zeros((20, 40), np.uint8)
    pixels = draw_preview(scan, mask, mask)
    panel = pixels[36:336, :300]
    assert (panel[75:225, 150:] == 255).all()  # 40 × 20 in a square of 300: 150 rows in the middle
    assert (panel[:74] == 24).all()
