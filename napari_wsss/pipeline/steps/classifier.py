"""Step: train a classifier on image-level labels."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Literal

import numpy as np

from napari_wsss.data.augment import Augment
from napari_wsss.engine.settings import Fit
from napari_wsss.errors import InputError
from napari_wsss.models.settings import ClassifierNet
from napari_wsss.pipeline.step import Artefact, Stage, Step, link
from napari_wsss.progress import Note, Work

if TYPE_CHECKING:
    from torch import nn

    from napari_wsss.engine.training import Validate
    from napari_wsss.pipeline.batches import LabelledSlices
    from napari_wsss.pipeline.job import Job


class TrainClassifier(Augment, Fit, ClassifierNet, Step):
    """Learn from the slices whose label is known; the best epoch on the validation patients is kept."""

    kind: Literal["train-classifier"] = "train-classifier"
    slices: str = link("slices", help="network inputs")
    stage: ClassVar[Stage] = "train-classifier"
    gives: ClassVar[Artefact] = "classifier"
    works_on: ClassVar[Literal["case", "cohort"]] = "cohort"
    uses_labels: ClassVar[bool] = True

    def train(self, job: Job, folder: Path) -> Work[dict[str, Any]]:
        """Train and save into ``folder``; give the model's card.

        Raises:
            InputError: no labelled slice, or only one kind of label.
        """
        from napari_wsss.engine.augment import augmenter
        from napari_wsss.engine.fit import fit
        from napari_wsss.engine.randomness import seeded
        from napari_wsss.losses.classification import classification_loss
        from napari_wsss.models.classifier import build_classifier
        from napari_wsss.models.files import save_model
        from napari_wsss.pipeline.batches import LabelledSlices

        train = LabelledSlices(job, self.slices, job.workspace.subset("train"))
        val = LabelledSlices(job, self.slices, job.workspace.subset("val"))
        _check(train, job.workspace.labels.classes)
        classes = job.workspace.labels.classes
        network = {**self.model_dump(include=set(ClassifierNet.model_fields)), "in_channels": train.channels}
        with seeded(self.seed):
            model, notes = build_classifier(self, train.channels, len(classes))
        for note in notes:
            yield Note(note, "warning")
        monitor = "auc" if val.decidable else "loss"
        if monitor == "loss":
            yield Note(
                "The validation patients lack labelled slices with and without lesion: the last epochs are "
                "judged by the training loss alone.",
                "warning",
            )
        result = yield from fit(
            model,
            train,
            lambda net, batch: classification_loss(net(batch["image"]), batch["label"]),
            self,
            stage=job.name,
            folder=folder,
            device=job.device,
            validate=_validation(val, self.batch_size, job.device) if val.decidable else None,
            monitor=monitor,
            augment=augmenter(self),
        )
        card = (
            job.provenance()
            | dict(job.workspace.stamp())
            | {
                "role": "classifier",
                "network": network,
                "classes": list(classes),
                "best": result.best,
                "monitor": monitor,
                "epochs": len(result.history),
                "seconds": round(result.seconds, 1),
            }
        )
        save_model(folder, model, card)
        return card


def _check(train: LabelledSlices, classes: tuple[str, ...]) -> None:
    """Refuse a training set from which nothing can be learnt."""
    for index, name in enumerate(classes):
        known = train.labels[:, index]
        with_lesion, without = int((known == 1).sum()), int((known == 0).sum())
        if not with_lesion or not without:
            raise InputError(
                f"class '{name}': {with_lesion} training slices with and {without} without it; a classifier needs "
                "both. Label more slices of the training patients (`napari-wsss label`, or the Project dock)."
            )


def _validation(val: LabelledSlices, batch_size: int, device: str) -> Validate:
    """Give the function that scores a classifier on the validation slices."""

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
