"""Score-CAM by hand, by naive loops, and the choice of channels."""

import pytest
import torch
import torch.nn.functional as F

from napari_wsss.cam.score import masked, score_cam, strongest, varying
from napari_wsss.progress import drain


def _scores(images):
    """Two scores that are not linear in the images."""
    flat = images.flatten(1)
    return torch.stack([flat.square().mean(1), flat.sin().sum(1)], dim=1)


def test_by_hand():
    images = torch.tensor([[[2.0, 4.0, 6.0]]])
    features = torch.tensor([[[0.0, 1.0], [3.0, 3.0], [5.0, 1.0]]])  # 3 channels of 2 places
    total = lambda given: given.sum((1, 2))[:, None] / 4  # noqa: E731
    # Masks 0 ½ 1, nothing, 1 ½ 0: scores (2 + 6)/4 = 2, 0, (2 + 2)/4 = 1.
    weights = torch.tensor([2.0, 0.0, 1.0]).softmax(0)
    (maps,) = drain(score_cam(total, images, [features], None, 0, 16))
    torch.testing.assert_close(maps[0, 0], weights @ features[0])


@pytest.mark.parametrize("sides", [(9,), (8, 12), (4, 6, 5)])
@pytest.mark.parametrize("batch_size", [1, 3, 100])
def test_against_naive_loops(sides, batch_size):
    torch.manual_seed(0)
    images = torch.rand(2, 3, *sides)
    features = torch.randn(2, 4, *[max(side // 2, 2) for side in sides])
    features[1, 2] = 0.7
    mode = ["linear", "bilinear", "trilinear"][len(sides) - 1]
    (maps,) = drain(score_cam(_scores, images, [features], [1, 0], 0, batch_size))
    for image in range(2):
        answers = []
        for channel in range(4):
            mask = F.interpolate(features[image, channel][None, None], sides, mode=mode, align_corners=True)[0]
            spread = mask.max() - mask.min()
            answers.append(_scores((images[image] * (mask - mask.min()) / (spread + 1e-8) * (spread > 1e-6))[None])[0])
        weights = torch.stack(answers).softmax(0)
        for place, index in enumerate([1, 0]):
            expected = sum(weights[channel, index] * features[image, channel] for channel in range(4)).relu()
            torch.testing.assert_close(maps[image, place], expected, atol=1e-5, rtol=1e-5)


def test_channels_that_vary_most():
    features = torch.tensor([[[0.0, 1.0], [9.0, 9.0], [-4.0, 4.0], [0.0, 3.0]]])
    assert strongest(features, 2).tolist() == [[2, 3]]
    assert strongest(features, 0).tolist() == strongest(features, 4).tolist() == [[0, 1, 2, 3]]
    assert varying(features).tolist() == [[True, False, True, True]]


def test_only_chosen_channels_are_asked_about_and_constant_ones_once():
    asked = []

    def score(images):
        asked.append(len(images))
        return _scores(images)

    images, features = torch.rand(2, 1, 6, 6), torch.rand(2, 5, 3, 3)
    features[0, 0] = 1
    drain(score_cam(score, images, [features], None, 0, 4))
    assert asked == [1, 4, 4, 1]  # the empty image, then 9 of the 10 maps
    asked.clear()
    told = list(score_cam(score, images, [features, features], None, 2, 4))
    assert asked == [1, 4, 4]
    assert told == [0.5, 1.0]


def test_the_chosen_channels_alone_make_the_map():
    images, features = torch.rand(1, 1, 6, 6), torch.rand(1, 5, 3, 3)
    features[0, [0, 3]] *= 5
    (some,) = drain(score_cam(_scores, images, [features], None, 2, 4))
    (alone,) = drain(score_cam(_scores, images, [features[:, [0, 3]]], None, 0, 4))
    torch.testing.assert_close(some, alone)


def test_masks_reach_from_0_to_1():
    features = torch.randn(1, 2, 3, 3)
    found = masked(torch.ones(1, 2, 7, 7), features, torch.tensor([[0, 1], [0, 0]]))
    assert found.shape == (2, 2, 7, 7)
    assert found.amin() == 0
    torch.testing.assert_close(found.flatten(1).amax(1), torch.ones(2))
