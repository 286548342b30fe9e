"""The segmenters by name."""

from __future__ import annotations

from typing import Protocol

from torch import nn

from napari_wsss.models.deeplab import DeepLabV3
from napari_wsss.models.fcn import FCN
from napari_wsss.models.initialise import initialise
from napari_wsss.models.mixed_unet import MixedUNet
from napari_wsss.models.settings import IN_3D, Network, SegmenterNet, VolumeSegmenterNet
from napari_wsss.models.unet import UNet
from napari_wsss.models.volume_unet import VolumeUNet


class _Build(Protocol):
    def __call__(self, in_channels: int, outputs: int, width: int) -> nn.Module: ...


_NETWORKS: dict[Network, _Build] = {
    "mixed-unet": MixedUNet,
    "unet": UNet,
    "deeplabv3": DeepLabV3,
    "fcn": FCN,
    "unet-3d": VolumeUNet,
}


def build_segmenter(net: SegmenterNet, in_channels: int, classes: int) -> nn.Module:
    """Build a segmenter with random weights.

    It takes images (B, in_channels, H, W) of any size and gives logits: for one class (B, 1, H, W), to go through a
    sigmoid (p_background = 1 − p); for C > 1 classes (B, C + 1, H, W), background first, to go through a softmax.
    ``unet-3d`` takes stacks of slices (B, in_channels, D, H, W), and its logits have that axis too.

    Args:
        net: network and width; its depth says what a 3-D network is shown, and changes no weight.
        in_channels: channels of the images, any number.
        classes: lesion classes C, at least 1.
    """
    network = _NETWORKS[net.network](in_channels=in_channels, outputs=_outputs(classes), width=net.width)
    if net.network != IN_3D:  # which comes initialised
        initialise(network)
    return network


def build_volume_segmenter(net: VolumeSegmenterNet, in_channels: int, classes: int) -> nn.Module:
    """Build a 3-D U-Net with random weights.

    It takes volumes (B, in_channels, D, H, W) of any size and gives logits (B, 1 or C + 1, D, H, W), to be read as
    those of :func:`build_segmenter`, which also has the arguments.
    """
    return VolumeUNet(in_channels, _outputs(classes), net.width)


def _outputs(classes: int) -> int:
    return 1 if classes == 1 else classes + 1
