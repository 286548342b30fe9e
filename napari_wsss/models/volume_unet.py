"""3-D U-Net (Çiçek et al. 2016) as MONAI builds it."""

from __future__ import annotations

from typing import cast

import torch.nn.functional as F
from torch import Tensor, nn

_MULTIPLE = 16
"""Four poolings: a side must be a multiple of this, and is padded to it."""


class VolumeUNet(nn.Module):
    """Five levels down, four up, for volumes of any size. 5,749,410 parameters with 1 channel, 2 outputs, width 32.

    Instance norm, so that an example is answered alike in training and afterwards, alone and in a batch: 3-D batches
    are of a few examples, too few for batch norm.

    Args:
        in_channels: channels of the volumes.
        outputs: channels of the answer.
        width: channels of the first two levels; the others have 2, 4 and 8 times as many.
    """

    def __init__(self, in_channels: int, outputs: int, width: int = 32) -> None:
        from monai.networks.nets.basic_unet import BasicUNet

        super().__init__()
        features = [width * times for times in (1, 1, 2, 4, 8, 1)]
        self.net = BasicUNet(3, in_channels, outputs, features, norm=("instance", {"affine": True}))

    def forward(self, volumes: Tensor) -> Tensor:
        """Give (B, outputs, D, H, W) for volumes (B, in_channels, D, H, W) of any size."""
        sides = volumes.shape[2:]
        more = [-side % _MULTIPLE for side in sides]
        if all(side <= _MULTIPLE for side in sides):
            more[-1] += _MULTIPLE  # a single voxel at the lowest level could not be normalised
        if any(more):
            ends = [end for extra in reversed(more) for end in (extra // 2, extra - extra // 2)]
            volumes = F.pad(volumes, ends, mode="replicate")
        depth, height, width = (slice(extra // 2, extra // 2 + side) for extra, side in zip(more, sides, strict=True))
        return cast("Tensor", self.net(volumes))[..., depth, height, width]
