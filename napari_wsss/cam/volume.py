"""Activation maps of a 3-D classifier over a whole volume, asked at once or block by block."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch

from napari_wsss.cam.capture import borrowed
from napari_wsss.cam.maps import place_of
from napari_wsss.errors import ModelError
from napari_wsss.models.volume_classifier import VolumeClassifier
from napari_wsss.progress import Progress, Work
from napari_wsss.types import Array, FloatArray


@dataclass(frozen=True, eq=False)
class VolumeMap:
    """Activation maps of one volume.

    Attributes:
        maps: (C, d, h, w) float32 in [0, 1]: what speaks for the class, the highest place of each class at 1.
        grid: (3, 2), where the cells lie in the volume: centre of cell 0 and distance between cells, as fractions of
            its sides.
        logits: (d, C) float32, the class scores of each plane of cells: those of the blocks it lies in, averaged.

    A plane of cells that is in no block (a rest at the far side, or outside the scan) is as the nearest one that is.
    """

    maps: FloatArray
    grid: FloatArray
    logits: FloatArray


def compute_volume_map(
    model: VolumeClassifier, volume: Array, places: Sequence[tuple[int, int]], device: str = "auto"
) -> Work[VolumeMap]:
    """Ask ``model`` where it sees each class (ACAM of Wu et al., section 2.1, or the plain CAM of its baselines).

    Values below zero speak against the class and count as none; what is left is normalised to make the highest value
    one, as the paper does. Where blocks overlap, their mean counts.

    Args:
        model: given back exactly as it came.
        volume: (channels, D, H, W), any real type.
        places: blocks of planes (first, last); first and last - first are multiples of the model's stride, unless a
            block is the whole volume.
        device: "auto" takes CUDA, then MPS, where there is one.

    Yields:
        Progress in blocks.

    Raises:
        ModelError: the maps are not finite, or the volume is too small.
    """
    place, stride = place_of(device), model.stride
    depth, height, width = (side // stride for side in volume.shape[1:])
    classes = model.head.out_features
    maps, logits = np.zeros((classes, depth, height, width), np.float32), np.zeros((depth, classes), np.float32)
    seen = np.zeros(depth, dtype=np.float32)
    with borrowed(model, place):
        for number, (first, last) in enumerate(places, start=1):
            block, score = _ask(model, volume[:, first:last], place)
            planes = slice(first // stride, first // stride + block.shape[1])
            maps[:, planes] += block
            logits[planes] += score
            seen[planes] += 1
            yield Progress("maps", number, len(places))
    nearest = _nearest(seen)
    mean = maps[:, nearest] / seen[nearest, None, None]
    scores = logits[nearest] / seen[nearest, None]
    return VolumeMap(_normalised(mean), cell_grid(volume.shape[1:], stride), scores)


def cell_grid(shape: Sequence[int], stride: int) -> FloatArray:
    """Give (3, 2): cell i covers voxels ``stride * i`` … ``stride * (i + 1)`` - 1; rests at the far sides have none."""
    return np.array([(stride / 2 / side, stride / side) for side in shape])


def _ask(model: VolumeClassifier, block: Array, place: torch.device) -> tuple[FloatArray, FloatArray]:
    """Give maps (C, d, h, w) and scores (C,) of one block."""
    image = torch.from_numpy(np.array(block, dtype=np.float32)[None]).to(place)
    with torch.inference_mode():
        maps = model.maps(model.features(image))
        scores = model.logits(maps)
    if not bool(torch.isfinite(maps).all()):
        raise ModelError("The classifier gives activation maps that are not finite: its training diverged. Train anew.")
    return maps[0].cpu().numpy(), scores[0].cpu().numpy()


def _normalised(maps: FloatArray) -> FloatArray:
    positive = maps.clip(min=0)
    highest = positive.max(axis=(1, 2, 3), keepdims=True)
    normalised: FloatArray = positive / np.where(highest > 0, highest, 1)
    return normalised


def _nearest(seen: FloatArray) -> Array:
    """Give, for each plane of cells, the nearest one that is in some block: itself if it is."""
    have = np.flatnonzero(seen)
    nearest: Array = have[np.abs(np.arange(len(seen))[:, None] - have).argmin(axis=1)]
    return nearest
