"""Networks whose layers have names, and pytorch-grad-cam to compare with."""

import numpy as np
import pytest
import torch
from torch import nn

from napari_wsss import torchvision_ops


class Plain(nn.Module):
    """No network of ours: two linear layers with a bend between them, so that no score is linear in a map."""

    def __init__(self, axes: int, batch_norm: bool, pooling: str) -> None:
        super().__init__()
        convolution, pool, norm = (
            (nn.Conv2d, nn.MaxPool2d, nn.BatchNorm2d) if axes == 2 else (nn.Conv3d, nn.MaxPool3d, nn.BatchNorm3d)
        )
        self.pooling = pooling
        self.trunk = nn.Sequential(
            convolution(2, 6, 3, padding=1),
            norm(6) if batch_norm else nn.Identity(),
            nn.ReLU(),
            pool(2),
            convolution(6, 8, 3),
            nn.Tanh(),
        )
        self.top = nn.Sequential(nn.Linear(8, 5), nn.Softplus(), nn.Linear(5, 3))

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        places = self.trunk(images).flatten(2)
        return self.top(places.amax(2) if self.pooling == "max" else places.mean(2))


@pytest.fixture
def plain():
    """Make a network of 2 or 3 axes, always the same, whose gradients are not small."""

    def make(axes=2, *, batch_norm=False, pooling="max"):
        torch.manual_seed(1)
        model = Plain(axes, batch_norm, pooling).eval()
        if batch_norm:
            nn.init.uniform_(model.trunk[1].running_mean, -0.2, 0.2)
            nn.init.uniform_(model.trunk[1].running_var, 0.5, 2)
        return model

    return make


class Peer:
    """pytorch-grad-cam, class by class, and its normalisation for our maps."""

    def __init__(self, module):
        self._module = module

    def maps(self, method, model, layers, images, index):
        from pytorch_grad_cam.utils.model_targets import ClassifierOutputTarget

        targets = [ClassifierOutputTarget(index)] * len(images)
        with getattr(self._module, method)(model, [model.get_submodule(layer) for layer in layers]) as peer:
            return peer(images, targets)

    @staticmethod
    def normalised(maps, sides):
        """Min-max per image, resize (cubic in 3D), positive part, min-max again; twice, as for several layers."""
        from pytorch_grad_cam.utils.image import scale_cam_image

        return scale_cam_image(np.maximum(scale_cam_image(maps.numpy(), sides[::-1]), 0))


@pytest.fixture
def peer():
    torchvision_ops.declare()
    return Peer(pytest.importorskip("pytorch_grad_cam", reason="grad-cam is not installed"))
