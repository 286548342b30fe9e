import numpy as np
import torch

from napari_wsss.data.crop import CropMirror, Windows
from napari_wsss.engine.crop import cropper, cut_out


def test_windows_are_cut_and_mirrored_left_right():
    image = torch.arange(12.0).reshape(1, 1, 3, 4)
    windows = Windows(np.array([1, 0]), np.array([0, 1]), np.array([False, True]), 1)
    got = cut_out(image.repeat(2, 1, 1, 1), windows)
    assert got[0, 0].tolist() == [[4.0, 5.0, 6.0], [8.0, 9.0, 10.0]]
    assert got[1, 0].tolist() == [[3.0, 2.0, 1.0], [7.0, 6.0, 5.0]]


def test_labels_stay_and_the_same_generator_gives_the_same_windows():
    batch = {"image": torch.rand(4, 2, 12, 12), "label": torch.rand(4, 1)}
    augment = cropper(CropMirror(crop=4))
    one, two = (augment(batch, np.random.default_rng(3)) for _ in range(2))
    assert one["image"].shape == (4, 2, 8, 8)
    assert torch.equal(one["image"], two["image"])
    assert one["label"] is batch["label"]
