"""Applies drawn windows to image tensors, on whatever device they lie."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from napari_wsss.data.crop import CropMirror, Windows, draw_windows
from napari_wsss.engine.augment import Augmenter


def cropper(params: CropMirror) -> Augmenter:
    """Give the function :func:`napari_wsss.engine.fit.fit` calls on each batch: it cuts and mirrors ``image`` alone."""

    def augment(batch: dict[str, Tensor], rng: np.random.Generator) -> dict[str, Tensor]:
        windows = draw_windows(params, len(batch["image"]), rng)
        return {**batch, "image": cut_out(batch["image"], windows)}

    return augment


def cut_out(images: Tensor, windows: Windows) -> Tensor:
    """Give (B, C, H − crop, W − crop) of ``images`` (B, C, H, W)."""
    height, width = (side - windows.crop for side in images.shape[-2:])
    cut = [
        image[:, top : top + height, left : left + width]
        for image, top, left in zip(images, windows.top, windows.left, strict=True)
    ]
    return torch.stack([image.flip(-1) if flip else image for image, flip in zip(cut, windows.mirrored, strict=True)])
