"""Step: train a classifier on image-level labels."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from napari_wsss.data.augment import Augment
from napari_wsss.engine.settings import Fit
from napari_wsss.models.settings import ClassifierNet
from napari_wsss.pipeline.sample import Sample, side_of
from napari_wsss.pipeline.step import Artefact, Stage, Step, link
from napari_wsss.progress import Note, Work

if TYPE_CHECKING:
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
        from napari_wsss.engine.randomness import seeded
        from napari_wsss.losses.classification import label_loss
        from napari_wsss.models.classifier import build_classifier
        from napari_wsss.models.files import save_model
        from napari_wsss.pipeline.batches import LabelledSlices
        from napari_wsss.pipeline.labelled import card_of, check_labels, fit_labelled
        from napari_wsss.pipeline.lesion_free import lesion_free_levels

        train = LabelledSlices(job, self.slices, job.workspace.subset("train"))
        val = LabelledSlices(job, self.slices, job.workspace.subset("val"))
        classes = job.workspace.labels.classes
        check_labels(train, classes, "slices")
        network = {**self.model_dump(include=set(ClassifierNet.model_fields)), "in_channels": train.channels}
        with seeded(self.seed):
            model, notes = build_classifier(self, train.channels, len(classes))
        for note in notes:
            yield Note(note, "warning")
        levels: list[list[float]] = []

        def look_at_lesion_free() -> Work[None]:
            levels[:] = yield from lesion_free_levels(model, train, self.batch_size, job.device, job.name)

        result, monitor = yield from fit_labelled(
            job, model, (train, val), label_loss, folder, augment=augmenter(self), at_last=look_at_lesion_free
        )
        card = card_of(job, "classifier", network, result, monitor) | {"lesion_free_levels": levels}
        save_model(folder, model, card)
        return card

    def seconds(self, sample: Sample) -> float:
        """An epoch of all labelled slices."""
        import torch

        from napari_wsss.losses.classification import label_loss
        from napari_wsss.models.classifier import build_classifier

        model, _ = build_classifier(self.replace(weights="random"), sample.channels, sample.classes)
        side = side_of(sample, self)
        batch = {
            "image": torch.zeros(self.batch_size, sample.channels, side, side),
            "label": torch.zeros(self.batch_size, sample.classes),
        }
        return sample.seconds_per_epoch(self, sample.labelled, model, batch, label_loss)
