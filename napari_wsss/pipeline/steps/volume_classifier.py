"""Step: train a 3-D classifier on volume-level labels."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Literal, cast

from pydantic import field_validator

from napari_wsss.data.augment import Augment
from napari_wsss.data.blocks import LATTICE, block_places
from napari_wsss.engine.settings import Fit
from napari_wsss.models.volume_settings import VolumeClassifierNet
from napari_wsss.params import knob
from napari_wsss.pipeline.sample import Sample
from napari_wsss.pipeline.step import Artefact, Stage, Step, link
from napari_wsss.progress import Note, Work

if TYPE_CHECKING:
    from napari_wsss.pipeline.job import Job
    from napari_wsss.pipeline.steps.volumes import PrepareVolumes
    from napari_wsss.pipeline.volume_examples import VolumeExamples


class TrainVolumeClassifier(Augment, Fit, VolumeClassifierNet, Step):
    """Learn from whole volumes whose label is known; the best epoch on the validation patients is kept.

    Where every volume has a lesion, there is nothing to tell apart. Then blocks of planes are the examples, each
    labelled by the slices in it.
    """

    kind: Literal["train-volume-classifier"] = "train-volume-classifier"
    volumes: str = link("volumes", help="network inputs")
    examples: Literal["auto", "volumes", "blocks"] = knob(
        "auto",
        "What it learns from. volumes: whole scans by their volume-level label; blocks: pieces cut across the depth, "
        "labelled by their slices; auto: volumes where some have a lesion and some have none, else blocks.",
    )
    block_depth: int = knob(
        32,
        "Planes of a block, counted in the prepared volume. Thin blocks say more exactly where the lesion is, thick "
        "ones show more of the head.",
        ge=16,
        le=512,
        step=8,
        unit="planes",
    )
    stage: ClassVar[Stage] = "train-classifier"
    gives: ClassVar[Artefact] = "volume-classifier"
    works_on: ClassVar[Literal["case", "cohort"]] = "cohort"
    uses_labels: ClassVar[bool] = True

    @field_validator("block_depth")
    @classmethod
    def _on_lattice(cls, depth: int) -> int:
        if depth % LATTICE:
            raise ValueError(f"must be a multiple of {LATTICE} (the network halves it three times)")
        return depth

    def train(self, job: Job, folder: Path) -> Work[dict[str, Any]]:
        """Train and save into ``folder``; give the model's card, whose ``block_depth`` is 0 for whole volumes.

        Raises:
            InputError: no labelled volume or block, or only one kind of label.
        """
        from napari_wsss.engine.augment import augmenter
        from napari_wsss.engine.randomness import seeded
        from napari_wsss.losses.classification import label_loss
        from napari_wsss.models.files import save_model
        from napari_wsss.models.volume_classifier import VolumeClassifier
        from napari_wsss.pipeline.labelled import card_of, check_labels, fit_labelled

        depth = self._depth(job)
        if depth and self.examples == "auto":
            yield Note(_ON_BLOCKS.format(depth=depth))
        classes = job.workspace.labels.classes
        train, val = (self._examples(job, subset, depth) for subset in ("train", "val"))
        check_labels(train, classes, "blocks of slices" if depth else "volumes")
        network = {**self.model_dump(include=set(VolumeClassifierNet.model_fields)), "in_channels": train.channels}
        with seeded(self.seed):
            model = VolumeClassifier(self, train.channels, len(classes))
        learning = fit_labelled(job, model, (train, val), label_loss, folder, augment=augmenter(self))
        result, monitor = yield from learning
        card = card_of(job, "volume-classifier", network, result, monitor) | {"block_depth": depth}
        save_model(folder, model, card)
        return card

    def seconds(self, sample: Sample) -> float:
        """An epoch of all training patients, or of their blocks."""
        import torch

        from napari_wsss.losses.classification import label_loss
        from napari_wsss.models.volume_classifier import VolumeClassifier

        box = cast("PrepareVolumes", sample.step(self.volumes)).box(sample.case.geometry)
        places = block_places(box, 0 if self.examples == "volumes" else self.block_depth)
        model = VolumeClassifier(self, sample.channels, sample.classes)
        piece = (places[0][1] - places[0][0], *box.shape[1:])
        batch = {
            "image": torch.zeros(self.batch_size, sample.channels, *piece),
            "label": torch.zeros(self.batch_size, sample.classes),
        }
        examples = len(places) * len(sample.workspace.subset("train"))
        return sample.seconds_per_epoch(self, examples, model, batch, label_loss)

    def _depth(self, job: Job) -> int:
        """Give the planes of a block, 0 to learn from whole volumes."""
        from napari_wsss.pipeline.labelled import both_kinds
        from napari_wsss.pipeline.volume_examples import volume_labels

        whole = self.examples == "volumes" or (
            self.examples == "auto" and both_kinds(volume_labels(job, job.workspace.subset("train")))
        )
        return 0 if whole else self.block_depth

    def _examples(self, job: Job, subset: str, depth: int) -> VolumeExamples:
        from napari_wsss.pipeline.volume_examples import blocks, whole_volumes

        case_ids = job.workspace.subset(subset)
        if depth:
            return blocks(job, self.volumes, case_ids, depth)
        return whole_volumes(job, self.volumes, case_ids)


_ON_BLOCKS = (
    "The training volumes do not come with and without lesion: the network learns from blocks of {depth} planes, "
    "labelled by the slices in them."
)
