"""Step: train a segmenter on pseudo-masks, and on accepted masks where there are any."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Literal

import numpy as np

from napari_wsss.data.augment import Augment
from napari_wsss.engine.settings import Fit
from napari_wsss.errors import InputError
from napari_wsss.models.settings import SegmenterNet
from napari_wsss.params import knob
from napari_wsss.pipeline.sample import Sample, side_of
from napari_wsss.pipeline.step import Artefact, Stage, Step, link
from napari_wsss.progress import Note, Work

if TYPE_CHECKING:
    from torch import Tensor, nn

    from napari_wsss.engine.training import Validate
    from napari_wsss.pipeline.batches import MaskedSlices
    from napari_wsss.pipeline.job import Job


class TrainSegmenter(Augment, Fit, SegmenterNet, Step):
    """Learn masks from the pseudo-masks; on accepted slices the accepted mask takes their place."""

    kind: Literal["train-segmenter"] = "train-segmenter"
    slices: str = link("slices", help="network inputs")
    seeds: str = link("mask", help="mask behind the seeding loss")
    targets: str = link("mask", help="mask behind the cross-entropy")
    loss: Literal["seeding", "cross-entropy", "both"] = knob(
        "both", "Which loss teaches it: the seeding loss (eq. 8 of Liu et al.), the cross-entropy (eq. 9) or their sum."
    )
    negatives: float = knob(
        1.0, "Lesion-free slices taken for each slice with a pseudo-mask.", ge=0.0, le=10.0, step=0.1
    )
    stage: ClassVar[Stage] = "train-segmenter"
    gives: ClassVar[Artefact] = "segmenter"
    works_on: ClassVar[Literal["case", "cohort"]] = "cohort"
    uses_labels: ClassVar[bool] = True
    uses_accepted: ClassVar[bool] = True

    def train(self, job: Job, folder: Path) -> Work[dict[str, Any]]:
        """Train and save into ``folder``; give the model's card.

        Raises:
            InputError: no training slice has a pseudo-mask.
        """
        from napari_wsss.engine.augment import augmenter
        from napari_wsss.engine.fit import fit
        from napari_wsss.engine.randomness import seeded
        from napari_wsss.models.files import save_model
        from napari_wsss.models.segmenter import build_segmenter
        from napari_wsss.pipeline.batches import MaskedSlices

        train = MaskedSlices(job, self, job.workspace.subset("train"))
        val = MaskedSlices(job, self, job.workspace.subset("val"))
        if not train.positives:
            raise InputError(
                f"no slice of the training patients has a mask in '{self.targets}': lower the threshold, check the "
                "activation maps, or accept a few masks first."
            )
        classes = job.workspace.labels.classes
        network = {**self.model_dump(include=set(SegmenterNet.model_fields)), "in_channels": train.channels}
        with seeded(self.seed):
            model = build_segmenter(self, train.channels, len(classes))
        yield Note(f"{train.positives} slices with and {len(train) - train.positives} without a mask to learn from.")
        if not val.positives:
            yield Note("The validation patients have no mask to score against: the training loss decides.", "warning")
        result = yield from fit(
            model,
            train,
            self.objective(),
            self,
            stage=job.name,
            folder=folder,
            device=job.device,
            validate=_validation(val, len(classes), self.batch_size, job.device) if val.positives else None,
            monitor="dice_to_targets" if val.positives else "loss",
            augment=augmenter(self),
        )
        card = (
            job.provenance()
            | dict(job.workspace.stamp())
            | {
                "role": "segmenter",
                "network": network,
                "classes": list(classes),
                "accepted": sorted(case for case in train.case_ids if job.workspace.accepted.digest(case)),
                "best": result.best,
                "epochs": len(result.history),
                "seconds": round(result.seconds, 1),
            }
        )
        save_model(folder, model, card)
        return card

    def objective(self) -> Callable[[nn.Module, dict[str, Tensor]], Tensor]:
        """Give the loss of eq. 8, eq. 9 or eq. 10 (their sum) of Liu et al."""
        from napari_wsss.losses.seeding import seeding_loss
        from napari_wsss.losses.segmentation import segmentation_loss

        def loss(model: nn.Module, batch: dict[str, Tensor]) -> Tensor:
            logits = model(batch["image"])
            if self.loss == "seeding":
                return seeding_loss(logits, batch["seeds"])
            if self.loss == "cross-entropy":
                return segmentation_loss(logits, batch["targets"])
            return seeding_loss(logits, batch["seeds"]) + segmentation_loss(logits, batch["targets"])

        return loss

    def seconds(self, sample: Sample) -> float:
        """An epoch of all positive slices and the lesion-free ones beside them."""
        import torch

        from napari_wsss.models.segmenter import build_segmenter

        side = side_of(sample, self)
        masks = torch.zeros(self.batch_size, side, side, dtype=torch.int64)
        masks[:, : side // 4] = 1
        image = torch.zeros(self.batch_size, sample.channels, side, side)
        batch = {"image": image, "seeds": masks, "targets": masks}
        examples = min(round(sample.positive * (1 + self.negatives)), sample.slices)
        model = build_segmenter(self, sample.channels, sample.classes)
        return sample.seconds_per_epoch(self, examples, model, batch, self.objective())


def _validation(val: MaskedSlices, classes: int, batch_size: int, device: str) -> Validate:
    """Give the function that scores a segmenter against the targets of the validation patients."""

    def validate(model: nn.Module) -> Work[dict[str, float]]:
        from napari_wsss.engine.predict import predict_labels
        from napari_wsss.metrics.overlap import class_counts, confusion, dice

        predicted = yield from predict_labels(model, val.images(batch_size), device=device, total=len(val))
        matrix = confusion(predicted, val.target_masks(), classes)
        return {"dice_to_targets": float(np.mean([dice(class_counts(matrix, index)) for index in range(classes)]))}

    return validate
