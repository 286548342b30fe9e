"""Asks a network about a volume that is too large to be seen at once: window by window, overlaps blended."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from napari_wsss.data.filled import filled_up
from napari_wsss.engine.device import choose
from napari_wsss.engine.memory import explained
from napari_wsss.engine.predict import lent
from napari_wsss.engine.settings import Precision
from napari_wsss.progress import Progress, Work
from napari_wsss.types import Array, FloatArray

_TOO_LARGE = (
    "There is too little memory for this volume and network: {there}. Use a model trained with a smaller patch, close "
    "other programs, or use a machine with more memory."
)
OVERLAP = 0.25
"""Share of a window's side that the next one overlaps, unless asked otherwise."""


def predict_windows(
    model: nn.Module,
    volume: Array,
    window: Sequence[int],
    *,
    read: Callable[[Tensor], Tensor] = lambda answer: answer,
    overlap: float = OVERLAP,
    device: str = "auto",
    precision: Precision = "auto",
    stage: str = "predict",
) -> Work[FloatArray]:
    """Give the answer at each voxel; where windows overlap, their mean, weighted by nearness to a window's centre.

    Only one window is on the device at a time; the answers are gathered in main memory.

    Args:
        model: gives (1, K, d, h, w) for (1, channels, d, h, w); afterwards it is back in its mode and on its device.
        volume: (channels, D, H, W) of any real type, may be memory-mapped.
        window: voxels of a window along D, H and W; a smaller volume is filled up to it, as in training.
        read: turns an answer into what is averaged, such as probabilities.
        overlap: share of a window's side that the next one overlaps, 0 … 0.9.
        device: as for :func:`napari_wsss.engine.fit.fit`.
        precision: likewise.
        stage: name in the events, one per window.

    Returns:
        (K, D, H, W) float32.

    Raises:
        OutOfMemory: a window, or the answers for the volume, do not fit.
        WsssError: the device is missing.
    """
    fabric, _ = choose(device, precision)
    depth, height, width = volume.shape[1:]
    volume = filled_up(volume, window)
    places = window_places(volume.shape[1:], window, overlap)
    weights = _weights(window)
    total = np.zeros(volume.shape[1:], dtype=np.float32)
    answers: FloatArray = np.empty(0)
    with lent(model, fabric.device):
        for number, place in enumerate(places, start=1):
            with explained(_TOO_LARGE, fabric.device):
                answer = _answer(model, volume[(slice(None), *place)], read, fabric)
                if number == 1:  # now it is known how many values a voxel has
                    answers = np.zeros((len(answer), *volume.shape[1:]), dtype=np.float32)
            answer *= weights
            answers[(slice(None), *place)] += answer
            total[place] += weights
            yield Progress(stage, number, len(places))
    answers /= total
    return answers[:, :depth, :height, :width]


def window_places(shape: Sequence[int], window: Sequence[int], overlap: float = OVERLAP) -> list[tuple[slice, ...]]:
    """Give where windows lie so that together they cover ``shape``; the last along an axis ends at its end."""
    from monai.data.utils import dense_patch_slices

    sides = [min(pair) for pair in zip(window, shape, strict=True)]
    steps = [max(1, round(side * (1 - overlap))) for side in sides]
    places: list[tuple[slice, ...]] = dense_patch_slices(shape, sides, steps)
    return places


def _weights(window: Sequence[int]) -> FloatArray:
    """Give what each voxel of a window counts, a Gaussian around its centre."""
    from monai.data.utils import compute_importance_map

    weights: FloatArray = compute_importance_map(tuple(window), mode="gaussian").numpy()
    return weights


def _answer(model: nn.Module, part: Array, read: Callable[[Tensor], Tensor], fabric: Any) -> FloatArray:  # noqa: ANN401
    """Ask about one window. The inference mode must not outlast a yield: it would reach into the caller's code."""
    image = torch.from_numpy(np.array(part, dtype=np.float32)[None]).to(fabric.device)
    with torch.inference_mode():
        with fabric.autocast():
            answer = model(image)
        result: FloatArray = read(answer.float())[0].cpu().numpy()
    return result
