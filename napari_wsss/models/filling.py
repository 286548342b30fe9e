"""Images filled up until five poolings come out even."""

from __future__ import annotations

import torch.nn.functional as F
from torch import Tensor

from napari_wsss.models.tied_trunk import STRIDE


def missing(side: int) -> int:
    """Give the pixels by which an image of ``side`` pixels is filled up."""
    rest: int = -side % STRIDE
    return rest


def before(side: int) -> int:
    """Give how many of them lie above, or left of, the image: half, of an odd number the smaller half."""
    return missing(side) // 2


def filled(images: Tensor) -> Tensor:
    """Repeat the border of ``images`` (B, C, H, W) until both sides are multiples of 32."""
    height, width = images.shape[-2:]
    if not missing(height) and not missing(width):
        return images
    top, left = before(height), before(width)
    border = (left, missing(width) - left, top, missing(height) - top)
    return F.pad(images, border, mode="replicate")
