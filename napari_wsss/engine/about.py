"""What a training works with, in words and figures for a badge."""

from __future__ import annotations

import os
from functools import lru_cache
from typing import Any

import psutil
import torch
from torch import nn

from napari_wsss.engine.device import name_of
from napari_wsss.progress import About

_PRECISIONS = {"32-true": "32 bit", "bf16-mixed": "bf16, weights 32 bit", "16-mixed": "16 bit, weights 32 bit"}


def about(stage: str, model: nn.Module, fabric: Any, examples: int) -> About:  # noqa: ANN401 (untyped)
    """Give the facts of a training.

    Args:
        stage: as in its events.
        model: what is trained.
        fabric: from :func:`napari_wsss.engine.device.choose`.
        examples: how many it learns from.

    Returns:
        With the facts "device", "precision", "threads", "examples" and "parameters" (numbers that are learnt).
    """
    precision = str(fabric.strategy.precision.precision)
    learnt = sum(parameter.numel() for parameter in model.parameters() if parameter.requires_grad)
    facts = {
        "device": name_of(fabric.device.type),
        "precision": _PRECISIONS.get(precision, precision),
        "threads": str(torch.get_num_threads()),
        "examples": str(examples),
        "parameters": str(learnt),
    }
    return About(stage, facts)


def memory_gib(device: torch.device) -> float:
    """Give the memory in use: on a CUDA device the most that was allocated so far, else that of the process."""
    if device.type == "cuda":
        return torch.cuda.max_memory_allocated(device) / 2**30
    return float(_process(os.getpid()).memory_info().rss / 2**30)


@lru_cache(maxsize=1)
def _process(number: int) -> psutil.Process:
    """Find a process once; that takes longer than to ask it."""
    return psutil.Process(number)
