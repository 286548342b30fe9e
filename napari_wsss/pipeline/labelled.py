"""What trainings on image-level labels have in common, whatever an example is: checks, validation, the card."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, cast

import numpy as np
import numpy.typing as npt

from napari_wsss.errors import InputError
from napari_wsss.progress import Note, Work
from napari_wsss.types import Array

if TYPE_CHECKING:
    from torch import nn

    from napari_wsss.engine.augment import Augmenter
    from napari_wsss.engine.fit import FitResult
    from napari_wsss.engine.settings import Fit
    from napari_wsss.engine.stepper import Loss
    from napari_wsss.engine.training import Batches, Validate
    from napari_wsss.pipeline.job import Job


CONVINCING = 0.75
"""Area under the curve from which a classifier's maps are shown without a warning (ours)."""


class Labelled(Protocol):
    """Examples with labels.

    Attributes:
        labels: (N, C) int8: 1, 0, or -1 where unknown.
    """

    labels: npt.NDArray[np.int8]

    def __len__(self) -> int:
        """Give the number of examples."""
        ...

    def images(self, batch_size: int) -> Iterator[Array]:
        """Give all examples in order, in batches."""
        ...


def both_kinds(labels: npt.NDArray[np.int8]) -> bool:
    """Whether every class has examples with and without it."""
    return all({0, 1} <= set(column.tolist()) for column in labels.T)


def decidable(labels: npt.NDArray[np.int8]) -> bool:
    """Whether some class has examples with and without it, so that a ranking can be scored."""
    return any({0, 1} <= set(column.tolist()) for column in labels.T)


def check_labels(examples: Labelled, classes: tuple[str, ...], what: str) -> None:
    """Refuse a training set from which nothing can be learnt.

    Args:
        examples: of the training patients.
        classes: C names.
        what: an example in words, in the plural ("slices").

    Raises:
        InputError: a class has examples of one kind only.
    """
    for index, name in enumerate(classes):
        known = examples.labels[:, index]
        with_lesion, without = int((known == 1).sum()), int((known == 0).sum())
        if not with_lesion or not without:
            raise InputError(
                f"class '{name}': {with_lesion} training {what} with and {without} without it; a classifier needs "
                f"both. Label more {what} of the training patients (`napari-wsss label`, or the Project dock)."
            )


def ranking(val: Labelled, batch_size: int, device: str) -> tuple[str, Validate | None, list[Note]]:
    """Say how the epochs of a training are judged.

    Args:
        val: examples of the validation patients.
        batch_size: examples asked about together.
        device: as for :func:`napari_wsss.engine.fit.fit`.

    Returns:
        ``monitor`` and ``validate`` of :func:`napari_wsss.engine.fit.fit` (the area under the ROC curve, else the
        training loss), and what the person should know about it.
    """
    if decidable(val.labels):
        return "auc", _validation(val, batch_size, device), []
    text = (
        "The validation patients lack labelled examples with and without lesion: the last epochs are judged by the "
        "training loss alone."
    )
    return "loss", None, [Note(text, "warning")]


def fit_labelled(
    job: Job,
    model: nn.Module,
    examples: tuple[Batches, Labelled],
    loss: Loss,
    folder: Path,
    *,
    augment: Augmenter | None,
    judge: Callable[[Validate], Validate] = lambda validate: validate,
    at_last: Callable[[], Work[None]] | None = None,
) -> Work[tuple[FitResult, str]]:
    """Train ``model`` as the step of ``job`` says, its epochs judged as :func:`ranking` has it.

    Args:
        job: of the step.
        model: trained in place.
        examples: of the training and of the validation patients.
        loss: as :func:`napari_wsss.engine.fit.fit` takes it.
        folder: of this very training.
        augment: likewise.
        judge: what becomes of the function that scores the validation examples.
        at_last: what else is to be done with the best weights, while the training can still be taken up again.

    Returns:
        What came of it, and by which figure the epochs were judged.
    """
    from napari_wsss.engine.fit import fit

    step, (train, val) = cast("Fit", job.step), examples
    monitor, validate, remarks = ranking(val, step.batch_size, job.device)
    yield from remarks

    def finish(best: float) -> Work[None]:
        yield from doubts(best, monitor, len(val))
        if at_last is not None:
            yield from at_last()

    result = yield from fit(
        model,
        train,
        loss,
        step,
        stage=job.name,
        folder=folder,
        device=job.device,
        validate=judge(validate) if validate else None,
        monitor=monitor,
        augment=augment,
        at_last=finish,
    )
    return result, monitor


def doubts(best: float, monitor: str, judged: int) -> list[Note]:
    """Give a warning where a classifier hardly tells examples with a lesion from those without.

    Args:
        best: its figure on the validation patients.
        monitor: which figure that is; only "auc" can be doubted.
        judged: validation examples.
    """
    if monitor != "auc" or not best < CONVINCING:
        return []
    text = (
        f"On the validation patients it hardly knows which of {judged} examples show a lesion (area under the curve "
        f"{best:.2f}; guessing gives 0.50). Maps and masks made from it mean little: do not trust them unseen. More "
        "labelled scans help most."
    )
    return [Note(text, "warning")]


def card_of(job: Job, role: str, network: dict[str, Any], result: FitResult, monitor: str) -> dict[str, Any]:
    """Give the card of a model that was trained on image-level labels."""
    return {
        **job.provenance(),
        **job.workspace.stamp(),
        "role": role,
        "network": network,
        "classes": list(job.workspace.labels.classes),
        "best": result.best,
        "monitor": monitor,
        "epochs": len(result.history),
        "seconds": round(result.seconds, 1),
    }


def _validation(val: Labelled, batch_size: int, device: str) -> Validate:
    """Give the function that scores a classifier on the validation examples."""

    def validate(model: nn.Module) -> Work[dict[str, float]]:
        from napari_wsss.engine.predict import predict_logits
        from napari_wsss.metrics.ranking import accuracy, area_under_curve

        logits = yield from predict_logits(model, val.images(batch_size), device=device, total=len(val))
        probabilities = 1.0 / (1.0 + np.exp(-logits.astype(np.float64)))
        columns = list(zip(probabilities.T, val.labels.T, strict=True))
        return {
            "auc": float(np.nanmean([area_under_curve(*column) for column in columns])),
            "accuracy": float(np.nanmean([accuracy(*column) for column in columns])),
        }

    return validate
