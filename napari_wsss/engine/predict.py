"""Asks a trained network about slices."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from napari_wsss.engine.asking import Asker
from napari_wsss.engine.device import choose
from napari_wsss.engine.memory import explained
from napari_wsss.engine.settings import Precision
from napari_wsss.errors import InputError
from napari_wsss.losses.probability import class_probabilities
from napari_wsss.progress import Progress, Work
from napari_wsss.types import Array, FloatArray, LabelMap

_TOO_LARGE = (
    "There is too little memory for this network: {there}. Close other programs, or use a machine with more memory."
)


def predict_logits(
    model: nn.Module,
    batches: Iterable[Array],
    *,
    device: str = "auto",
    precision: Precision = "auto",
    stage: str = "predict",
    total: int = 0,
) -> Work[FloatArray]:
    """Give the network's answers as they are, float32; in smaller batches, with a Note, when memory runs out.

    Args:
        model: any network; afterwards it is back in its mode and on its device.
        batches: inputs (B, C, H, W) of any real type.
        device: as for :func:`napari_wsss.engine.fit.fit`.
        precision: likewise.
        stage: name in the events, one per batch.
        total: number of inputs, for the events; 0 if unknown.

    Returns:
        (N, …): answers for all inputs in order.

    Raises:
        InputError: ``batches`` is empty.
        OutOfMemory: even one input does not fit.
        WsssError: the device is missing.
    """
    parts = yield from _ask(
        model, batches, lambda logits: logits, device=device, precision=precision, stage=stage, total=total
    )
    return np.concatenate(parts)


def predict_probabilities(
    model: nn.Module,
    slices: Array,
    *,
    device: str = "auto",
    batch_size: int = 8,
    precision: Precision = "auto",
    stage: str = "predict",
) -> Work[FloatArray]:
    """Give a segmenter's soft maps: the probability of each lesion class at each pixel.

    Args:
        model: gives logits (B, 1, H, W), read with a sigmoid, or (B, C + 1, H, W), background first, with a softmax.
        slices: (Z, channels, S, S), any real type, may be memory-mapped.
        device: as for :func:`predict_logits`, which also names what is raised.
        batch_size: slices asked about together.
        precision: likewise.
        stage: likewise.

    Returns:
        (Z, C, S, S) float32 in [0, 1].
    """
    batches = (slices[start : start + batch_size] for start in range(0, len(slices), batch_size))
    parts = yield from _ask(
        model, batches, class_probabilities, device=device, precision=precision, stage=stage, total=len(slices)
    )
    return np.concatenate(parts)


def predict_labels(
    model: nn.Module,
    batches: Iterable[Array],
    *,
    device: str = "auto",
    precision: Precision = "auto",
    stage: str = "predict",
    total: int = 0,
) -> Work[LabelMap]:
    """Give a segmenter's likeliest label at each pixel, (N, H, W) uint8; arguments as :func:`predict_logits`."""
    parts = yield from _ask(
        model, batches, likeliest_labels, device=device, precision=precision, stage=stage, total=total
    )
    return np.concatenate(parts)


def likeliest_labels(logits: Tensor) -> Tensor:
    """Turn segmenter logits (B, 1 or C + 1, …) into labels (B, …) uint8."""
    labels = logits[:, 0] > 0 if logits.shape[1] == 1 else logits.argmax(dim=1)
    return labels.to(torch.uint8)


def _ask(
    model: nn.Module,
    batches: Iterable[Array],
    read: Callable[[Tensor], Tensor],
    *,
    device: str,
    precision: Precision,
    stage: str,
    total: int,
) -> Work[list[Any]]:
    fabric, _ = choose(device, precision)
    answers: list[Any] = []
    done = 0
    with lent(model, fabric.device):
        asker = Asker(model, read, fabric)
        for batch in batches:
            answers += yield from asker.ask(batch)
            done += len(batch)
            yield Progress(stage, done, total)
    if not answers:
        raise InputError("There is no slice to predict.")
    return answers


@contextmanager
def lent(model: nn.Module, device: torch.device) -> Iterator[None]:
    """Put the model on ``device`` in evaluation mode; afterwards everything is as it was, also after an error."""
    modes = {module: module.training for module in model.modules()}
    home = next((parameter.device for parameter in model.parameters()), device)
    model.eval()
    try:
        with explained(_TOO_LARGE, device):
            model.to(device)
        yield
    finally:
        model.to(home)
        for module, training in modes.items():
            module.training = training
