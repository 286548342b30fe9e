"""Ask a trained classifier about a case with places blanked, for differential prediction. Runs in the worker."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, cast

import numpy as np

from napari_wsss.data.letterbox import Letterbox
from napari_wsss.engine.predict import predict_logits
from napari_wsss.models.card import weights_digest
from napari_wsss.pipeline.job import Job
from napari_wsss.pipeline.standing import unfinished
from napari_wsss.pipeline.step import Step
from napari_wsss.pipeline.trained import load_asked
from napari_wsss.progress import Work, drain
from napari_wsss.refine.differential import Ask
from napari_wsss.types import Array, BoolArray, FloatArray

if TYPE_CHECKING:
    from torch import nn

    from napari_wsss.data.preprocess import Preprocess

BATCH = 16
"""Slices classified together."""

_one_at_a_time = Lock()
"""A model changes device and mode while it is asked; threads wait for one another."""


def ask_model(job: Job, classifier: str, case_id: str) -> Ask:
    """Give the function that asks the classifier of step ``classifier`` about a case.

    Model and network inputs are loaded when it is first asked. It may be called by several threads.
    """

    def ask(regions: BoolArray, slices: Array) -> FloatArray:
        with _one_at_a_time:
            return drain(class_scores(job, classifier, case_id, regions, slices))

    return ask


def class_scores(job: Job, classifier: str, case_id: str, regions: BoolArray, slices: Array) -> Work[FloatArray]:
    """Classify slices of a case with places blanked.

    Args:
        job: of any step; it brings recipe, workspace, keys and device.
        classifier: step that trained the classifier.
        case_id: the case.
        regions: bool (N, Y, X) on the scan's grid.
        slices: int (N,), the slice each region belongs to.

    Returns:
        (N, C) float32: logits.

    Raises:
        ModelError: there is no such model, or it is damaged.
        InputError: no slice at all.
    """
    folder = job.model_folder(classifier)
    model = _load(folder, weights_digest(folder))
    inputs, letterbox = yield from _inputs(job, job.recipe.step(classifier), case_id)
    batches = blanked(inputs, regions, slices, letterbox)
    # Full precision: half of it rounds away the difference that a small region makes.
    work = predict_logits(model, batches, device=job.device, precision="32", stage="classify", total=len(slices))
    return (yield from work)


def blanked(inputs: Array, regions: BoolArray, slices: Array, letterbox: Letterbox) -> Iterator[FloatArray]:
    """Give network inputs with places set to the scan's darkest value, in batches.

    Args:
        inputs: (Z, channels, S, S), all slices of the case.
        regions: bool (N, Y, X) on the scan's grid; at the input's resolution a pixel is blanked by as much of it as the
            region covers.
        slices: int (N,).
        letterbox: how the scan's slices lie in the inputs.

    Yields:
        (B, channels, S, S) float32.
    """
    darkest = np.min(inputs, axis=(0, 2, 3)).astype(np.float32)[:, None, None]
    for start in range(0, len(slices), BATCH):
        chosen = slice(start, start + BATCH)
        images = inputs[slices[chosen]].astype(np.float32)
        cover = letterbox.apply(regions[chosen])[:, None]
        yield images + cover * (darkest - images)


@lru_cache(maxsize=1)
def _load(folder: Path, _digest: str) -> nn.Module:
    """Load a classifier; the one used last stays in memory until its weights change."""
    return load_asked(folder)


def _inputs(job: Job, classifier: Step, case_id: str) -> Work[tuple[Array, Letterbox]]:
    """Give the network inputs the classifier learnt from, brought up to date, and how slices lie in them."""
    (name,) = (name for name in classifier.links().values() if job.recipe.step(name).gives == "slices")
    prepare = job.of(name)
    if unfinished(prepare, [case_id]):
        yield from prepare.step.run(prepare, [case_id])  # type: ignore[attr-defined]
    letterbox = cast("Preprocess", prepare.step).letterbox(job.workspace.cases[case_id].geometry.shape[1:])
    return job.arrays(name, case_id)["slices"], letterbox
