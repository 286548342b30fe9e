"""The middle of images."""

from __future__ import annotations

from torch import Tensor


def middle(images: Tensor, crop: int) -> Tensor:
    """Cut ``crop`` rows and columns from (…, H, W), half on either side, the smaller half before."""
    height, width = (side - crop for side in images.shape[-2:])
    first = crop // 2
    return images[..., first : first + height, first : first + width]
