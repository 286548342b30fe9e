"""SmoothGrad-CAM++ against Grad-CAM++, torchcam and naive loops; noise that is always the same."""

import pytest
import torch
from torch import nn

from napari_wsss.cam.ask import activation_maps
from napari_wsss.cam.capture import borrowed
from napari_wsss.cam.gradients import EPSILON
from napari_wsss.cam.smooth import noises_for, smooth_grad_cam_pp
from napari_wsss.progress import drain

CPU = torch.device("cpu")


@pytest.mark.parametrize("axes", [2, 3])
@pytest.mark.parametrize("knobs", [{"noise": 0.0, "samples": 3}, {"noise": 0.5, "samples": 1}])
def test_without_noise_it_is_grad_cam_pp(plain, axes, knobs):
    images = torch.randn(2, 2, *(16,) * axes)
    layers = ["trunk.5", "trunk.2"]
    smooth = activation_maps(plain(axes), images, "smoothgrad-cam++", layers, **knobs)
    expected = activation_maps(plain(axes), images, "grad-cam++", layers)
    for layer in layers:
        torch.testing.assert_close(smooth.maps[layer], expected.maps[layer], atol=1e-6, rtol=1e-5)
    torch.testing.assert_close(smooth.logits, expected.logits)


@pytest.mark.parametrize("axes", [2, 3])
def test_equals_torchcam_at_the_same_noise(plain, monkeypatch, axes):
    methods = pytest.importorskip("torchcam.methods", reason="torchcam is not installed")
    # Behind an average the derivatives are the same in every place. Elsewhere torchcam departs from its formula: in
    # the denominator of α it takes Σ (A · d³), not ΣA · d³.
    model, images = plain(axes, pooling="average"), torch.randn(2, 2, *(16,) * axes)
    noises = [*noises_for(images, [5, 6], 0.5, 3), torch.zeros_like(images)]
    ours = drain(_asked(model, images, ["trunk.5"], noises[:3]))[0][0]
    quiet = drain(_asked(model, images, ["trunk.5"], []))[0][0]
    for index in range(3):
        with methods.SmoothGradCAMpp(model, "trunk.5", num_samples=4, input_shape=images.shape[1:]) as peer:
            # torchcam takes map and first derivative from its last sample: there it gets the image itself.
            drawn = iter(noises)
            monkeypatch.setattr(peer._distrib, "sample", lambda _size, drawn=drawn: next(drawn))
            model(images)
            theirs = peer(class_idx=index, normalized=False, eps=EPSILON)[0]
        assert theirs.max() > 0
        torch.testing.assert_close(ours[:, index], theirs, atol=1e-7, rtol=1e-4)
    assert (ours - quiet).abs().max() > 1e-3 * ours.max()  # the noise did matter


def _asked(model, images, layers, noises):
    with borrowed(model, CPU):
        return (yield from smooth_grad_cam_pp(model, images, layers, None, noises))


def test_against_naive_loops():
    torch.manual_seed(0)
    model = nn.Sequential(nn.Conv2d(1, 2, 3), nn.Tanh(), nn.Conv2d(2, 1, 2), nn.Flatten(), nn.Linear(4, 1))
    image = torch.randn(1, 1, 5, 5)
    noises = list(noises_for(image, [0], 0.4, 2))

    def features_and_slope(given):
        features = model[1](model[0](given)).detach().requires_grad_()
        return features[0].detach(), torch.autograd.grad(model[2:](features).sum(), features)[0][0]

    features, slope = features_and_slope(image)
    slopes = [slope, *(features_and_slope(image + noise)[1] for noise in noises)]
    expected = torch.zeros(3, 3)
    for channel in range(2):
        weight = 0.0
        for row in range(3):
            for column in range(3):
                second = sum(float(one[channel, row, column]) ** 2 for one in slopes) / 3
                third = sum(float(one[channel, row, column]) ** 3 for one in slopes) / 3
                alpha = second / (2 * second + float(features[channel].sum()) * third + EPSILON)
                weight += alpha * max(float(slope[channel, row, column]), 0)
        expected += weight * features[channel]
    ours = drain(_asked(model, image, ["1"], noises))[0][0]
    torch.testing.assert_close(ours[0, 0], expected.relu(), atol=1e-6, rtol=1e-4)


def test_noise_belongs_to_the_slice_and_follows_its_range():
    images = torch.stack([torch.linspace(0, 1, 900).reshape(1, 30, 30), torch.linspace(-2, 2, 900).reshape(1, 30, 30)])
    first, second = noises_for(images, [7, 8], 0.25, 2)
    assert not torch.equal(first, second)
    assert first[0].std() == pytest.approx(0.25, rel=0.1)
    assert first[1].std() == pytest.approx(1.0, rel=0.1)
    assert torch.equal(next(noises_for(images[1:], [8], 0.25, 1))[0], first[1])
    state = torch.random.get_rng_state()
    next(noises_for(images, [0, 1], 1.0, 1))
    assert torch.equal(state, torch.random.get_rng_state())
